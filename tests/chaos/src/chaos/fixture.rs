//! What is there before a run begins, and does not change: what lists and exports must find whole.

use super::world::{UNIVERSE, World};
use crate::Outcome;
use serde_json::json;
use std::time::Duration;

/// The name of the data store, of the ordered data store and of the sorted map.
pub(crate) const NAME: &str = "fixed";
/// How many entries each of them has. Pages are smaller.
pub(crate) const ENTRIES: u64 = 50;
/// How many of them a page has.
pub(crate) const PAGE: u64 = 12;
/// Longer than any run. The clock of a run is moved ahead by hours.
pub(crate) const TTL: Duration = Duration::from_secs(44 * 24 * 3600);

/// The key of an entry, whose value is its number. In the order of keys they are in the order of numbers.
pub(crate) fn key(number: u64) -> String {
    format!("key-{number:05}")
}

pub(crate) async fn fill(world: &World) -> Outcome<()> {
    let line = |number| json!({ "scope": "global", "key": key(number), "value": number });
    let lines: String = (0..ENTRIES).map(|number| format!("{}\n", line(number))).collect();
    let import = world.store(NAME).import().read_from(lines.as_bytes(), |_| Ok(()));
    import.await.map_err(|error| error.to_string())?;
    let ordered = world.client.ordered_data_stores().store(UNIVERSE, NAME);
    let map = world.client.memory_stores().sorted_map(UNIVERSE, NAME);
    for number in 0..ENTRIES {
        let value = i64::try_from(number).map_err(|error| error.to_string())?;
        ordered.set(key(number), value).await.map_err(|error| error.to_string())?;
        map.set(key(number), &number).ttl(TTL).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
