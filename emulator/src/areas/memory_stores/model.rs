//! State and rules of memory stores.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::Failure;
use crate::document::read_duration;

pub(super) const MAX_TTL: i64 = 3_888_000;
pub(super) const MAX_ITEMS: usize = 1_000_000;
/// Of all values together, and 256 bytes for each item.
pub(super) const MAX_BYTES: usize = 1024 * 1024 * 1024;
/// How many queues and maps without items are remembered, as after somebody looked into one.
pub(super) const MAX_EMPTY: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct MemoryStores {
    #[serde(with = "crate::pairs")]
    pub(super) queues: BTreeMap<(u64, String), Queue>,
    #[serde(with = "crate::pairs")]
    pub(super) maps: BTreeMap<(u64, String), BTreeMap<String, Item>>,
    pub(super) items: usize,
    /// No less than what there is. What is gone is still counted, until there seems to be no room.
    #[serde(default)]
    pub(super) bytes: usize,
}

/// The front of the queue comes first.
pub(super) type Queue = Vec<Queued>;

#[derive(Serialize, Deserialize)]
pub(super) struct Queued {
    pub(super) id: String,
    pub(super) data: Value,
    pub(super) priority: f64,
    pub(super) expires: Timestamp,
    pub(super) hidden_until: Option<Timestamp>,
    /// Under which id it was read last.
    pub(super) read: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) expires: Timestamp,
    /// Whether who wrote it said how long it lives.
    #[serde(default)]
    pub(super) has_ttl: bool,
    /// Counts the writes.
    pub(super) etag: String,
    pub(super) sort_key: SortKey,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum SortKey {
    Number(f64),
    Text(String),
    None,
}

impl Ord for SortKey {
    /// Numbers come before texts, and items without a key last.
    fn cmp(&self, other: &SortKey) -> Ordering {
        let rank = |key: &SortKey| match key {
            SortKey::Number(_) => 0,
            SortKey::Text(_) => 1,
            SortKey::None => 2,
        };
        match (self, other) {
            (SortKey::Number(one), SortKey::Number(two)) => one.total_cmp(two),
            (SortKey::Text(one), SortKey::Text(two)) => one.cmp(two),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &SortKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &SortKey) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortKey {}

impl MemoryStores {
    /// An item in a queue and one in a map, which sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> MemoryStores {
        let item = Item {
            value: json!({ "key": "value" }),
            expires: ttl(None, now).unwrap_or(now),
            has_ttl: false,
            etag: "1".to_owned(),
            sort_key: SortKey::None,
        };
        let map = BTreeMap::from([("sample".to_owned(), item)]);
        let queued = Queued {
            id: "sample".to_owned(),
            data: json!({ "key": "value" }),
            priority: 0.0,
            expires: ttl(None, now).unwrap_or(now),
            hidden_until: None,
            read: None,
        };
        MemoryStores {
            queues: BTreeMap::from([((2001, "sample".to_owned()), vec![queued])]),
            maps: BTreeMap::from([((2001, "sample".to_owned()), map)]),
            items: 2,
            bytes: 0,
        }
    }

    /// Counts what is about to be kept, if there is room for it.
    pub(super) fn make_room(&mut self, value: &Value, is_new: bool, now: Timestamp) -> Result<(), Failure> {
        let (items, bytes) = (usize::from(is_new), size(value));
        let is_full = |stores: &Self| stores.items + items > MAX_ITEMS || stores.bytes + bytes > MAX_BYTES;
        if is_full(self) {
            self.forget_expired(now);
        }
        refuse_if!(is_full(self), Failure::exhausted("TotalMemoryOverLimit"));
        self.items += items;
        self.bytes += bytes;
        Ok(())
    }

    /// Forgets what has expired, also where nobody looked, and counts what is left.
    fn forget_expired(&mut self, now: Timestamp) {
        self.queues.values_mut().for_each(|queue| queue.retain(|item| item.expires > now));
        self.maps.values_mut().for_each(|map| map.retain(|_, item| item.expires > now));
        let queued = self.queues.values().flatten().map(|item| size(&item.data));
        let sorted = self.maps.values().flat_map(BTreeMap::values).map(|item| size(&item.value));
        (self.items, self.bytes) =
            queued.chain(sorted).fold((0, 0), |(items, bytes), size| (items + 1, bytes + size));
    }

    /// Queues and maps that somebody only looked into are not kept for ever.
    pub(super) fn forget_empty(&mut self) {
        if self.queues.len() + self.maps.len() > self.items + MAX_EMPTY {
            self.queues.retain(|_, queue| !queue.is_empty());
            self.maps.retain(|_, map| !map.is_empty());
        }
    }
}

/// When something expires that lives that long.
pub(super) fn ttl(text: Option<&str>, now: Timestamp) -> Result<Timestamp, Failure> {
    let ttl = match text {
        None => SignedDuration::from_secs(MAX_TTL),
        Some(text) => read_duration(text).ok_or_else(|| Failure::invalid("The ttl is not a duration."))?,
    };
    if ttl < SignedDuration::ZERO || ttl > SignedDuration::from_secs(MAX_TTL) {
        return Err(Failure::invalid(format!("The ttl must be between 0s and {MAX_TTL}s.")));
    }
    now.checked_add(ttl).map_err(|_| Failure::invalid("The ttl is too long."))
}

/// Bytes in memory, about.
pub(super) fn size(value: &Value) -> usize {
    value.to_string().len() + 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys_have_an_order() {
        let text = |text: &str| SortKey::Text(text.to_owned());
        let mut keys = vec![SortKey::None, text("b"), SortKey::Number(2.0), text("a"), SortKey::Number(-1.0)];
        keys.sort();
        let expected = [SortKey::Number(-1.0), SortKey::Number(2.0), text("a"), text("b"), SortKey::None];
        assert_eq!(keys, expected);
    }

    fn item(seconds: i64) -> Item {
        let expires = Timestamp::from_second(seconds).expect("a time");
        Item { value: json!("value"), expires, has_ttl: true, etag: String::new(), sort_key: SortKey::None }
    }

    #[test]
    fn what_expired_where_nobody_looks_makes_room() {
        let mut stores = MemoryStores::default();
        let map = BTreeMap::from([("short".to_owned(), item(1)), ("long".to_owned(), item(100))]);
        stores.maps.insert((1, "m".to_owned()), map);
        (stores.items, stores.bytes) = (MAX_ITEMS, MAX_BYTES);
        let now = Timestamp::from_second(10).expect("a time");
        stores.make_room(&json!("new"), true, now).expect("room");
        assert_eq!((stores.items, stores.bytes), (2, size(&json!("value")) + size(&json!("new"))));
    }

    #[test]
    fn a_look_into_nothing_leaves_nothing_behind_for_ever() {
        let mut stores = MemoryStores::default();
        stores.maps.insert((1, "kept".to_owned()), BTreeMap::from([("i".to_owned(), item(1))]));
        stores.items = 1;
        for universe in 0..10 * MAX_EMPTY as u64 {
            stores.forget_empty();
            stores.queues.entry((universe, "q".to_owned())).or_default();
            assert!(stores.queues.len() <= MAX_EMPTY + 2);
        }
        assert_eq!(stores.maps.len(), 1);
    }

    #[test]
    fn a_time_to_live_has_limits() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(ttl(Some("3s"), now).expect("fine").as_second(), 3);
        assert_eq!(ttl(None, now).expect("fine").as_second(), MAX_TTL);
        assert!(ttl(Some("3888001s"), now).is_err());
        assert!(ttl(Some("-1s"), now).is_err());
        assert!(ttl(Some("3"), now).is_err());
    }
}
