use super::{Acting, Intent, Kind, Verifying, World, counted};
use serde_json::json;

/// Creates an entry whose value is the intent.
pub(super) struct Create;

const STORE: &str = "created";

fn key(intent: &Intent) -> String {
    format!("entry-{}", intent.id)
}

impl Kind for Create {
    fn name(&self) -> &'static str {
        "create"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["data_stores.create_scoped_entry"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            world.store(STORE).create(key(intent), &intent.id).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let entries = world.entries(STORE).await?;
            let is_there = |intent: &&&Intent| {
                entries.get(&("global".to_owned(), key(intent))) == Some(&json!(intent.id))
            };
            Ok(Some(counted(intents.iter().filter(is_there).map(|intent| intent.id))))
        })
    }
}
