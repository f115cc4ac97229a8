use super::{Acting, Intent, Kind, Verifying, World, counted};

/// Adds the intent to a list in an entry, to which all workers add.
pub(super) struct Update;

const STORE: &str = "updated";
/// How many intents of a worker go into one entry.
const OF_A_WORKER: u64 = 20;

/// The list with the intent.
pub(super) fn with(ids: Option<Vec<u64>>, id: u64) -> Option<Vec<u64>> {
    let mut ids = ids.unwrap_or_default();
    ids.push(id);
    Some(ids)
}

impl Kind for Update {
    fn name(&self) -> &'static str {
        "update"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["data_stores.update_scoped_entry"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        let (key, id) = (format!("list-{}", intent.number / OF_A_WORKER), intent.id);
        Box::pin(async move {
            world.store(STORE).update(key, move |ids| with(ids, id)).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let entries = world.entries(STORE).await?;
            let lists = entries.into_values().map(serde_json::from_value::<Vec<u64>>);
            let lists: Vec<_> = lists.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
            Ok(Some(counted(lists.into_iter().flatten())))
        })
    }
}
