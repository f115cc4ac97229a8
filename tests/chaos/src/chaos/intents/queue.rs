use super::super::fixture::TTL;
use super::super::world::UNIVERSE;
use super::{Acting, Intent, Kind, Verifying, World, counted};
use opencloud::memory_stores::Queue;

/// Adds the intent to a queue.
pub(super) struct AddToQueue;

/// How many items a read gives at most.
const BATCH: u32 = 200;

fn queue(world: &World) -> Queue {
    world.client.memory_stores().queue(UNIVERSE, "intents")
}

impl Kind for AddToQueue {
    fn name(&self) -> &'static str {
        "queue_item"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            queue(world).add(&intent.id).ttl(TTL).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let mut ids = Vec::new();
            loop {
                let batch = queue(world).read::<u64>(BATCH).await.map_err(|error| error.to_string())?;
                if batch.items.is_empty() {
                    return Ok(Some(counted(ids)));
                }
                for item in &batch.items {
                    ids.push(*item.value.as_ref().map_err(ToString::to_string)?);
                }
                batch.discard().await.map_err(|error| error.to_string())?;
            }
        })
    }
}
