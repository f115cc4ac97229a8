//! What the service holds at first, and what is imported.

use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const ENTRIES: u64 = 40;
/// A data store of this name is in each of these universes, each for a job of its own.
pub(super) const STORE: &str = "Players";
pub(super) const EXPORTED: u64 = 8;
pub(super) const MIGRATED: u64 = 9;
pub(super) const COPIED: u64 = 10;
pub(super) const ERASED: u64 = 12;
pub(super) const TEMPLATES: u64 = 13;

/// Scope and key.
pub(super) type Place = (String, String);

pub(super) fn place(number: u64) -> Place {
    (format!("s{}", number % 3), format!("Player_{}", user(number)) + &format!("_{number}"))
}

/// Several entries are of the same user.
pub(super) fn user(number: u64) -> u64 {
    number % 9 + 1
}

pub(super) fn value(number: u64) -> Value {
    json!({ "n": number, "old": true })
}

pub(super) fn values() -> BTreeMap<Place, Value> {
    (0..ENTRIES).map(|number| (place(number), value(number))).collect()
}

/// The lines of an export that holds the entries.
pub(super) fn lines() -> Vec<String> {
    let line = |number| {
        let (scope, key) = place(number);
        let users = [format!("users/{}", user(number))];
        json!({ "scope": scope, "key": key, "value": value(number), "users": users }).to_string() + "\n"
    };
    (0..ENTRIES).map(line).collect()
}

/// As the emulator reads it.
pub(super) fn seed() -> Value {
    let entries = [EXPORTED, MIGRATED, COPIED, ERASED, TEMPLATES].into_iter().flat_map(|universe| {
        (0..ENTRIES).map(move |number| {
            let (scope, key) = place(number);
            json!({
                "universe": universe, "store": STORE, "scope": scope, "key": key, "value": value(number),
                "users": [user(number)],
            })
        })
    });
    json!({ "dataStores": entries.collect::<Vec<_>>() })
}
