//! Requests of events.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response};
use crate::areas::events::model::{Event, Events};
use crate::areas::routes::Routes;
use crate::document::Document;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /virtual-events/v3/universes/{u}/game-events", list),
    ("POST /virtual-events/v3/universes/{u}/game-events", create),
    ("GET /virtual-events/v3/game-events/{e}", get),
    ("PATCH /virtual-events/v3/game-events/{e}", update),
    ("DELETE /virtual-events/v3/game-events/{e}", delete),
];

const MAX_EVENTS: usize = 10_000;
/// Ids of new events are larger: so large that a double cannot hold them, as those of Roblox are.
const FIRST_ID: u64 = 4_600_000_000_000_000_000;

impl Events {
    fn get(&mut self, call: &Call<'_>) -> Result<(u64, &mut Event), Failure> {
        let id = call.number("eventId")?;
        let event = self.events.get_mut(&id);
        event.map(|event| (id, event)).ok_or_else(|| Failure::missing(format_args!("event {id}")))
    }
}

/// Leaves what the parameter `fields` names: names with commas, or `*` for all.
fn masked(call: &Call<'_>, mut event: Map<String, Value>) -> Result<Value, Failure> {
    let Some(fields) = call.given("fields").filter(|fields| *fields != "*") else {
        return Ok(Value::Object(event));
    };
    let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
    let known = field_names(call.document);
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        return Err(Failure::invalid(format!("The fields name '{unknown}', which events do not have.")));
    }
    event.retain(|name, _| wanted.contains(&name.as_str()));
    Ok(Value::Object(event))
}

fn field_names(document: &Document) -> Vec<&str> {
    let properties = document.schema("GameEvent").and_then(|schema| schema.get("properties")?.as_object());
    properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    let mut event = Event::new(universe, body.get("groupId").and_then(Value::as_u64), call.now);
    event.change(&body)?;
    Failure::if_full(state.events.events.len(), MAX_EVENTS, "events")?;
    let id = FIRST_ID + state.ids.number();
    let response = Value::Object(event.json(id));
    state.events.events.insert(id, event);
    Ok(Response::json(response))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, event) = state.events.get(call)?;
    Ok(Response::json(masked(call, event.json(id))?))
}

/// An empty body changes nothing, not even the time of the last update.
fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let (id, event) = state.events.get(call)?;
    if body.values().any(|value| !value.is_null()) {
        let mut changed = event.clone();
        changed.change(&body)?;
        changed.updated = call.now;
        *event = changed;
    }
    Ok(Response::json(Value::Object(event.json(id))))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, _) = state.events.get(call)?;
    state.events.events.remove(&id);
    Ok(Response::empty(204))
}

/// By the time of the start. A universe that nobody has heard of has no events.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let (starts_after, starts_before) = (call.query_time("startsAfter")?, call.query_time("startsBefore")?);
    let (mut ends_after, ends_before) = (call.query_time("endsAfter")?, call.query_time("endsBefore")?);
    // Unless the end is asked about, what is over is not in the list.
    if ends_after.is_none() && ends_before.is_none() {
        ends_after = Some(call.now);
    }
    let visibility = call.given("visibility");
    let is_asked_for = |(id, event): &(u64, &Event)| {
        event.universe == universe
            && starts_after.is_none_or(|time| event.starts >= time)
            && starts_before.is_none_or(|time| event.starts <= time)
            && ends_after.is_none_or(|time| event.ends >= time)
            && ends_before.is_none_or(|time| event.ends <= time)
            && visibility.is_none_or(|word| event.json(*id)["visibility"] == word)
    };
    let events = state.events.events.iter().map(|(id, event)| (*id, event));
    let mut found: Vec<_> = events.filter(is_asked_for).collect();
    found.sort_by_key(|(id, event)| (event.starts, *id));

    // A token says where the page begins; in the other direction, where it ends.
    let others: Vec<_> = call.query.iter().filter(|(name, _)| name != "reverse").cloned().collect();
    let plain = Call { query: &others, ..*call };
    let cut = Pagination { size: "pageSize", token: "pageToken", default: 10, max: 100 };
    let size = cut.size(&plain)?;
    let place = cut.start(&plain)?.min(found.len());
    let backwards = call.flag("reverse") && call.given("pageToken").is_some();
    let (start, end) = match backwards {
        true => (place.saturating_sub(size), place),
        false => (place, (place + size).min(found.len())),
    };
    let page: Result<Vec<_>, _> =
        found[start..end].iter().map(|(id, event)| masked(call, event.json(*id))).collect();
    Ok(Response::json(json!({
        "gameEvents": page?,
        "nextPageToken": (end < found.len()).then(|| cut.token_at(&plain, end)),
        "previousPageToken": (start > 0).then(|| cut.token_at(&plain, start)),
    })))
}
