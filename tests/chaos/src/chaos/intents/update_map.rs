use super::super::fixture::TTL;
use super::super::world::UNIVERSE;
use super::update::with;
use super::{Acting, Intent, Kind, Verifying, World, counted};
use opencloud::memory_stores::SortedMap;

/// Adds the intent to a list in the intent's own item of a sorted map. Nobody else adds to it: no condition is
/// documented for this write, and the emulator heeds none, so that what others write in between can be lost.
pub(super) struct UpdateMap;

fn map(world: &World) -> SortedMap {
    world.client.memory_stores().sorted_map(UNIVERSE, "updated")
}

impl Kind for UpdateMap {
    fn name(&self) -> &'static str {
        "update_map"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["memory_stores.create_sorted_map_item", "memory_stores.update_sorted_map_item"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        let (item, id) = (format!("list-{}", intent.id), intent.id);
        Box::pin(async move {
            map(world).update(item, move |ids| with(ids, id)).ttl(TTL).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let items = map(world).items::<Vec<u64>>().items().collect().await;
            let items = items.and_then(|items| items.into_iter().collect::<Result<Vec<_>, _>>());
            let items = items.map_err(|error| error.to_string())?;
            Ok(Some(counted(items.into_iter().flat_map(|item| item.value))))
        })
    }
}
