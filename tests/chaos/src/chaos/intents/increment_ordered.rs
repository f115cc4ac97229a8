use super::super::world::UNIVERSE;
use super::{Acting, Intent, Kind, Verifying, World, digits};
use opencloud::ordered_data_stores::OrderedDataStore;
use std::collections::BTreeMap;

/// Adds to a number in an ordered data store.
pub(super) struct IncrementOrdered;

fn store(world: &World) -> OrderedDataStore {
    world.client.ordered_data_stores().store(UNIVERSE, "counters")
}

impl Kind for IncrementOrdered {
    fn name(&self) -> &'static str {
        "increment_ordered"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            store(world).increment(digits::counter(intent), digits::amount(intent)).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let entries = store(world).ranked().items().collect().await.map_err(|error| error.to_string())?;
            let sums: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
            Ok(Some(digits::counts(intents, |counter| sums.get(counter).copied().unwrap_or(0))))
        })
    }
}
