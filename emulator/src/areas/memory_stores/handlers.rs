//! Memory stores: queues and sorted maps, whose items expire.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::cel::{Comparison, Grammar, Operator};
use crate::clock::seconds;
use crate::failure::Failure;
use crate::page::Cut;
use crate::state::State;

mod shape;

use shape::To;

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/universes/{u}/memory-store/queues/{q}/items", add),
    ("GET /cloud/v2/universes/{u}/memory-store/queues/{q}/items:read", read),
    ("POST /cloud/v2/universes/{u}/memory-store/queues/{q}/items:discard", discard),
    ("GET /cloud/v2/universes/{u}/memory-store/sorted-maps/{m}/items", list),
    ("POST /cloud/v2/universes/{u}/memory-store/sorted-maps/{m}/items", create),
    ("GET /cloud/v2/universes/{u}/memory-store/sorted-maps/{m}/items/{i}", get),
    ("PATCH /cloud/v2/universes/{u}/memory-store/sorted-maps/{m}/items/{i}", update),
    ("DELETE /cloud/v2/universes/{u}/memory-store/sorted-maps/{m}/items/{i}", delete),
    ("POST /cloud/v2/universes/{u}/memory-store:flush", flush),
    ("GET /cloud/v2/universes/{u}/memory-store/operations/{o}", poll_flush),
];

const MAX_TTL: i64 = 3_888_000;
const MAX_VALUE: usize = 32 * 1024;
const MAX_ID: usize = 127;
const MAX_SORT_KEY: usize = 128;
const MAX_READ: usize = 200;
const MAX_ITEMS: usize = 1_000_000;
/// Of all values together, and 256 bytes for each item.
const MAX_BYTES: usize = 1024 * 1024 * 1024;
/// How many queues and maps without items are remembered, as after somebody looked into one.
const MAX_EMPTY: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct MemoryStores {
    #[serde(with = "crate::state::pairs")]
    queues: BTreeMap<(u64, String), Queue>,
    #[serde(with = "crate::state::pairs")]
    maps: BTreeMap<(u64, String), BTreeMap<String, Item>>,
    items: usize,
    /// No less than what there is. What is gone is still counted, until there seems to be no room.
    #[serde(default)]
    bytes: usize,
}

/// The front of the queue comes first.
type Queue = Vec<Queued>;

#[derive(Serialize, Deserialize)]
struct Queued {
    id: String,
    data: Value,
    priority: f64,
    expires: Timestamp,
    hidden_until: Option<Timestamp>,
    /// Under which id it was read last.
    read: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Item {
    value: Value,
    expires: Timestamp,
    /// Whether who wrote it said how long it lives.
    #[serde(default)]
    has_ttl: bool,
    /// Counts the writes.
    etag: String,
    sort_key: SortKey,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum SortKey {
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
    fn make_room(&mut self, value: &Value, is_new: bool, now: Timestamp) -> Result<(), Failure> {
        let (items, bytes) = (usize::from(is_new), size(value));
        let is_full = |stores: &Self| stores.items + items > MAX_ITEMS || stores.bytes + bytes > MAX_BYTES;
        if is_full(self) {
            self.forget_expired(now);
        }
        if is_full(self) {
            return Err(Failure::exhausted("TotalMemoryOverLimit"));
        }
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
    fn forget_empty(&mut self) {
        if self.queues.len() + self.maps.len() > self.items + MAX_EMPTY {
            self.queues.retain(|_, queue| !queue.is_empty());
            self.maps.retain(|_, map| !map.is_empty());
        }
    }
}

/// When something expires that lives that long.
fn ttl(text: Option<&str>, now: Timestamp) -> Result<Timestamp, Failure> {
    let ttl = match text {
        None => SignedDuration::from_secs(MAX_TTL),
        Some(text) => seconds(text).ok_or_else(|| Failure::invalid("The ttl is no duration."))?,
    };
    if ttl < SignedDuration::ZERO || ttl > SignedDuration::from_secs(MAX_TTL) {
        return Err(Failure::invalid(format!("The ttl must be between 0s and {MAX_TTL}s.")));
    }
    now.checked_add(ttl).map_err(|_| Failure::invalid("The ttl is too long."))
}

/// Bytes in memory, about.
fn size(value: &Value) -> usize {
    value.to_string().len() + 256
}

fn check_value(value: &Value) -> Result<(), Failure> {
    if value.to_string().len() > MAX_VALUE {
        return Err(Failure::invalid("ItemValueSizeTooLarge"));
    }
    Ok(())
}

fn place(call: &Call<'_>, name: &str) -> Result<(u64, String), Failure> {
    Ok((call.number("universe_id")?, call.param(name).to_owned()))
}

// Queues

fn queue<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Queue, Failure> {
    let stores = &mut state.memory_stores;
    stores.forget_empty();
    let queue = stores.queues.entry(place(call, "queue_id")?).or_default();
    let before = queue.len();
    queue.retain(|item| item.expires > call.now);
    stores.items = stores.items.saturating_sub(before - queue.len());
    Ok(queue)
}

fn add(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    // Null counts as nothing at all (MS-04); within a value it stays.
    let data = body.get("data").filter(|data| !data.is_null()).cloned();
    let data = data.ok_or_else(|| Failure::invalid("The data is required."))?;
    check_value(&data)?;
    let item = Queued {
        id: state.uuid().replace('-', ""),
        data,
        priority: body.get("priority").and_then(Value::as_f64).unwrap_or(0.0),
        expires: ttl(text(&body, "ttl"), call.now)?,
        hidden_until: None,
        read: None,
    };
    let reply = shape::queued(call, &item);
    state.memory_stores.make_room(&item.data, true, call.now)?;
    let queue = queue(state, call)?;
    // After all that are at least as important.
    let position = queue.partition_point(|other| other.priority >= item.priority);
    queue.insert(position, item);
    Ok(Reply::json(reply))
}

fn read(state: &mut State, call: &Call<'_>) -> Outcome {
    let count = match call.given("count").map(str::parse::<i64>) {
        None => 1,
        Some(Ok(count)) if count > 0 => usize::try_from(count).unwrap_or(MAX_READ).min(MAX_READ),
        Some(_) => return Err(Failure::invalid("The count must be positive.")),
    };
    let window = match call.given("invisibilityWindow") {
        None => SignedDuration::from_secs(30),
        Some(text) => seconds(text)
            .filter(|window| *window > SignedDuration::ZERO)
            .ok_or_else(|| Failure::invalid("The invisibilityWindow must be more than 0s."))?,
    };
    let now = call.now;
    let until = now.checked_add(window).unwrap_or(Timestamp::MAX);
    let id = state.uuid();
    let queue = queue(state, call)?;
    let is_visible = |item: &Queued| item.hidden_until.is_none_or(|until| until <= now);
    let visible = queue.iter().filter(|item| is_visible(item)).count();
    if call.flag("allOrNothing") && visible < count {
        return Err(Failure::not_found(format!("The queue has {visible} items to read, not {count}.")));
    }
    let mut items = Vec::new();
    for item in queue.iter_mut().filter(|item| is_visible(item)).take(count) {
        item.hidden_until = Some(until);
        item.read = Some(id.clone());
        items.push(shape::queued(call, item));
    }
    Ok(Reply::json(shape::read(call, &id, &items)))
}

fn discard(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = text(&body, "readId").unwrap_or_default().to_owned();
    let now = call.now;
    let queue = queue(state, call)?;
    let before = queue.len();
    // What became visible again belongs to nobody.
    queue.retain(|item| {
        let is_hidden = item.hidden_until.is_some_and(|until| until > now);
        !(is_hidden && item.read.as_deref() == Some(&id))
    });
    let removed = before - queue.len();
    state.memory_stores.items = state.memory_stores.items.saturating_sub(removed);
    Ok(crate::synth::no_content(call))
}

// Sorted maps

fn map<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut BTreeMap<String, Item>, Failure> {
    let stores = &mut state.memory_stores;
    stores.forget_empty();
    let map = stores.maps.entry(place(call, "sorted_map_id")?).or_default();
    let before = map.len();
    map.retain(|_, item| item.expires > call.now);
    stores.items = stores.items.saturating_sub(before - map.len());
    Ok(map)
}

fn missing(id: &str) -> Failure {
    Failure::not_found(format!("The item '{id}' does not exist."))
}

/// The sort key of a body, if it has one.
fn sort_key(body: &Map<String, Value>) -> Result<Option<SortKey>, Failure> {
    let number = body.get("numericSortKey").and_then(Value::as_f64);
    let word = text(body, "stringSortKey");
    match (number, word) {
        (Some(_), Some(_)) => {
            Err(Failure::invalid("An item has either a stringSortKey or a numericSortKey."))
        }
        (Some(number), None) => Ok(Some(SortKey::Number(number))),
        (None, Some(word)) if word.chars().count() > MAX_SORT_KEY => {
            Err(Failure::invalid(format!("The stringSortKey has more than {MAX_SORT_KEY} characters.")))
        }
        (None, Some(word)) => Ok(Some(SortKey::Text(word.to_owned()))),
        (None, None) => Ok(None),
    }
}

/// Writes an item over what there was of it: a sort key that is not repeated is gone (MS-14).
fn put(state: &mut State, call: &Call<'_>, id: &str, before: Option<Item>, to: To) -> Outcome {
    let body = call.json()?;
    let length = id.chars().count();
    if length == 0 || length > MAX_ID {
        return Err(Failure::invalid(format!("The id must have 1 to {MAX_ID} characters.")));
    }
    let value = body.get("value").cloned();
    let value = value
        .or_else(|| before.as_ref().map(|item| item.value.clone()))
        .ok_or_else(|| Failure::invalid("The value is required."))?;
    check_value(&value)?;
    let given = text(&body, "ttl");
    let (expires, has_ttl) = match (&before, given) {
        (Some(item), None) => (item.expires, item.has_ttl),
        _ => (ttl(given, call.now)?, given.is_some()),
    };
    let writes = before.as_ref().map_or(0, |item| item.etag.parse().unwrap_or(0_u64));
    let etag = writes.saturating_add(1).to_string();
    let sort_key = sort_key(&body)?.unwrap_or(SortKey::None);
    let item = Item { value, expires, has_ttl, etag, sort_key };
    state.memory_stores.make_room(&item.value, before.is_none(), call.now)?;
    let reply = shape::item(call, id, &item, to);
    map(state, call)?.insert(id.to_owned(), item);
    Ok(Reply::json(reply))
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    // One in the body does not count (MS-12).
    let id = call.given("id").ok_or_else(|| Failure::invalid("The id field is required."))?;
    if map(state, call)?.contains_key(id) {
        return shape::exists(call, id);
    }
    put(state, call, id, None, To::Create)
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    let before = map(state, call)?.get(id).cloned();
    if before.is_none() && !call.flag("allowMissing") {
        return Err(missing(id));
    }
    put(state, call, id, before, To::Update)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    let map = map(state, call)?;
    let item = map.get(id).ok_or_else(|| missing(id))?;
    Ok(Reply::json(shape::item(call, id, item, To::Read)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    if map(state, call)?.remove(id).is_none() {
        return Err(missing(id));
    }
    state.memory_stores.items = state.memory_stores.items.saturating_sub(1);
    Ok(crate::synth::no_content(call))
}

const FILTER: Grammar<'_> =
    Grammar { fields: &["id", "sortKey"], operators: &[Operator::Less, Operator::Greater], and: true };

fn admits(part: &Comparison, id: &str, item: &Item) -> bool {
    let value = &part.values[0];
    if part.field == "id" {
        return part.operator.holds(&id, &value.text.as_str());
    }
    match &item.sort_key {
        SortKey::Text(text) if value.quoted => part.operator.holds(text, &value.text),
        SortKey::Number(number) if !value.quoted => {
            value.text.parse().is_ok_and(|bound| part.operator.holds(number, &bound))
        }
        _ => false,
    }
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let filter = match call.given("filter") {
        Some(filter) => FILTER.parse(filter)?,
        None => Vec::new(),
    };
    let order = call.given("orderBy");
    let mut items: Vec<_> = map(state, call)?
        .iter()
        .filter(|(id, item)| filter.iter().all(|part| admits(part, id, item)))
        .map(|(id, item)| (id.clone(), item.clone()))
        .collect();
    let cut = Cut::v2(100).with_default(1);
    let place = |(id, item): &(String, Item)| (item.sort_key.clone(), id.clone());
    let (page, next) = match order {
        // Clients in use send an order without a field, or the field of another service (MS-17).
        None | Some("asc" | "value" | "value asc") => {
            items.sort_by_cached_key(place);
            cut.page_by(call, &items, place)?
        }
        Some("desc" | "value desc") => {
            items.sort_by_cached_key(|item| Reverse(place(item)));
            cut.page_by(call, &items, |item| Reverse(place(item)))?
        }
        Some("id" | "id asc") => cut.page_by(call, &items, |(id, _)| id.clone())?,
        Some("id desc") => {
            items.reverse();
            cut.page_by(call, &items, |(id, _)| Reverse(id.clone()))?
        }
        Some(_) => return Err(Failure::invalid("The order must be 'id' or 'id desc'.")),
    };
    let page: Vec<_> = page.iter().map(|(id, item)| shape::item(call, id, item, To::List)).collect();
    Ok(Reply::json(shape::page(call, page, next)))
}

/// Empties everything that a universe has; the operation is done later. What the other routes reach is the scope
/// `LIVE`: in `TEST` there is nothing to empty.
fn flush(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    if call.query("scope") != Some("TEST") {
        let stores = &mut state.memory_stores;
        stores.queues.retain(|(of, _), _| *of != universe);
        stores.maps.retain(|(of, _), _| *of != universe);
        let queued: usize = stores.queues.values().map(Vec::len).sum();
        let mapped: usize = stores.maps.values().map(BTreeMap::len).sum();
        stores.items = queued + mapped;
    }
    Ok(shape::flush(call, crate::synth::answer(state, call)?))
}

fn poll_flush(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(shape::flush(call, crate::synth::answer(state, call)?))
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
