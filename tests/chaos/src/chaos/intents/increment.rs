use super::{Acting, Intent, Kind, Verifying, World, digits};
use serde_json::Value;

/// Adds to a number in a data store.
pub(super) struct Increment;

const STORE: &str = "counters";

impl Kind for Increment {
    fn name(&self) -> &'static str {
        "increment"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            world.store(STORE).increment(digits::counter(intent), digits::amount(intent)).await?;
            Ok(())
        })
    }

    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let entries = world.entries(STORE).await?;
            let sum = |counter: &str| {
                let value = entries.get(&("global".to_owned(), counter.to_owned()));
                value.and_then(Value::as_i64).unwrap_or(0)
            };
            Ok(Some(digits::counts(intents, sum)))
        })
    }
}
