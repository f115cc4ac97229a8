//! Requests of memory stores.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::api::{Call, Comparison, Failure, Grammar, Operator, Outcome, Pagination, Response, synth, text};
use crate::areas::memory_stores::model::{Item, Queue, Queued, SortKey, ttl};
use crate::areas::memory_stores::representation::{self, To};
use crate::areas::routes::Routes;
use crate::document::read_duration;
use crate::state::State;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

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

const MAX_VALUE: usize = 32 * 1024;
const MAX_ID: usize = 127;
const MAX_SORT_KEY: usize = 128;
const MAX_READ: usize = 200;

fn check_value(value: &Value) -> Result<(), Failure> {
    refuse_if!(value.to_string().len() > MAX_VALUE, "ItemValueSizeTooLarge");
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
        id: state.ids.uuid().replace('-', ""),
        data,
        priority: body.get("priority").and_then(Value::as_f64).unwrap_or(0.0),
        expires: ttl(text(&body, "ttl"), call.now)?,
        hidden_until: None,
        read: None,
    };
    let response = representation::queued(call, &item);
    state.memory_stores.make_room(&item.data, true, call.now)?;
    let queue = queue(state, call)?;
    // After all that are at least as important.
    let position = queue.partition_point(|other| other.priority >= item.priority);
    queue.insert(position, item);
    Ok(Response::json(response))
}

fn read(state: &mut State, call: &Call<'_>) -> Outcome {
    let count = match call.given("count").map(str::parse::<i64>) {
        None => 1,
        Some(Ok(count)) if count > 0 => usize::try_from(count).unwrap_or(MAX_READ).min(MAX_READ),
        Some(_) => return Err(Failure::invalid("The count must be positive.")),
    };
    let window = call.given("invisibilityWindow");
    let window = window.map_or(Some(SignedDuration::from_secs(30)), read_duration);
    let window = window.filter(|window| *window > SignedDuration::ZERO);
    let window = window.ok_or_else(|| Failure::invalid("The invisibilityWindow must be more than 0s."))?;
    let now = call.now;
    let until = now.checked_add(window).unwrap_or(Timestamp::MAX);
    let id = state.ids.uuid();
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
        items.push(representation::queued(call, item));
    }
    Ok(Response::json(representation::read(call, &id, &items)))
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
    Ok(synth::no_content(call))
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
    Failure::missing(format_args!("item '{id}'"))
}

/// The sort key of a body, if it has one.
fn sort_key(body: &Map<String, Value>) -> Result<Option<SortKey>, Failure> {
    let number = body.get("numericSortKey").and_then(Value::as_f64);
    let word = text(body, "stringSortKey");
    let has_both = number.is_some() && word.is_some();
    refuse_if!(has_both, "An item has either a stringSortKey or a numericSortKey.");
    refuse_if!(
        word.is_some_and(|word| word.chars().count() > MAX_SORT_KEY),
        "The stringSortKey has more than {MAX_SORT_KEY} characters."
    );
    Ok(number.map(SortKey::Number).or_else(|| word.map(|word| SortKey::Text(word.to_owned()))))
}

/// Writes an item over what there was of it: a sort key that is not repeated is gone (MS-14).
fn put(state: &mut State, call: &Call<'_>, id: &str, before: Option<Item>, to: To) -> Outcome {
    let body = call.json()?;
    let length = id.chars().count();
    refuse_if!(length == 0 || length > MAX_ID, "The id must have 1 to {MAX_ID} characters.");
    let value = body.get("value").or(before.as_ref().map(|item| &item.value)).cloned();
    let value = value.ok_or_else(|| Failure::invalid("The value is required."))?;
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
    let response = representation::item(call, id, &item, to);
    map(state, call)?.insert(id.to_owned(), item);
    Ok(Response::json(response))
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    // One in the body does not count (MS-12).
    let id = call.given("id").ok_or_else(|| Failure::invalid("The id field is required."))?;
    if map(state, call)?.contains_key(id) {
        return representation::exists(call, id);
    }
    put(state, call, id, None, To::Create)
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    let before = map(state, call)?.get(id).cloned();
    refuse_if!(before.is_none() && !call.flag("allowMissing"), missing(id));
    put(state, call, id, before, To::Update)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    let map = map(state, call)?;
    let item = map.get(id).ok_or_else(|| missing(id))?;
    Ok(Response::json(representation::item(call, id, item, To::Read)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("item_id");
    refuse_if!(map(state, call)?.remove(id).is_none(), missing(id));
    state.memory_stores.items = state.memory_stores.items.saturating_sub(1);
    Ok(synth::no_content(call))
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
    let filter = call.filter(&FILTER)?;
    let order = call.given("orderBy");
    let is_asked_for = |id: &str, item: &Item| filter.iter().all(|part| admits(part, id, item));
    let items = map(state, call)?.iter().filter(|(id, item)| is_asked_for(id, item));
    let mut items: Vec<_> = items.map(|(id, item)| (id.clone(), item.clone())).collect();
    let cut = Pagination::v2(100).with_default(1);
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
    let page: Vec<_> = page.iter().map(|(id, item)| representation::item(call, id, item, To::List)).collect();
    Ok(Response::json(representation::page(call, page, next)))
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
    Ok(representation::flush(call, synth::respond(&mut state.operations, &mut state.ids, call)?))
}

fn poll_flush(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(representation::flush(call, synth::respond(&mut state.operations, &mut state.ids, call)?))
}
