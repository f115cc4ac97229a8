//! Events of an experience: planned, changed field by field, listed in both directions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::behaviour::universes::root_place;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::document::Document;
use crate::failure::Failure;
use crate::page::Cut;
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
/// How many events the universe 2001 has from the beginning, so that its list has pages.
const SEEDED: u64 = 25;
/// What a request gives, and the answer has under the same name.
const FIELDS: [&str; 10] = [
    "title",
    "subtitle",
    "description",
    "tagline",
    "startTime",
    "endTime",
    "visibility",
    "featuringStatus",
    "categories",
    "thumbnails",
];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Events {
    events: BTreeMap<u64, Event>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Event {
    universe: u64,
    place: u64,
    group: Option<u64>,
    starts: Timestamp,
    ends: Timestamp,
    fields: Map<String, Value>,
    config: Map<String, Value>,
    created: Timestamp,
    updated: Timestamp,
}

impl Events {
    pub(crate) fn seeded(now: Timestamp) -> Events {
        let event = |number: u64| {
            let starts = later(now, number as i64 * 86_400);
            let ends = later(starts, 3_600);
            let fields = json!({
                "title": format!("Sample event {number}"),
                "subtitle": "There from the beginning",
                "startTime": rfc3339(starts),
                "endTime": rfc3339(ends),
                "visibility": "public",
            });
            Event {
                universe: 2001,
                place: root_place(2001),
                group: None,
                starts,
                ends,
                fields: fields.as_object().cloned().unwrap_or_default(),
                config: Map::new(),
                created: now,
                updated: now,
            }
        };
        Events { events: (0..SEEDED).map(|number| (1001 + number, event(number + 1))).collect() }
    }

    fn get(&mut self, call: &Call<'_>) -> Result<(u64, &mut Event), Failure> {
        let id = call.number("eventId")?;
        let event = self.events.get_mut(&id);
        event
            .map(|event| (id, event))
            .ok_or_else(|| Failure::not_found(format!("The event {id} does not exist.")))
    }
}

impl Event {
    fn json(&self, id: u64) -> Map<String, Value> {
        let host = match self.group {
            Some(group) => {
                json!({ "hostType": "group", "hostId": group, "hostName": format!("Group {group}") })
            }
            None => json!({ "hostType": "user", "hostId": 1001, "hostName": "User 1001" }),
        };
        let of = |name: &str| self.fields.get(name).cloned().unwrap_or_default();
        let json = json!({
            "id": id.to_string(),
            "universeId": self.universe,
            "placeId": self.place,
            "host": host,
            "displayTitle": of("title"),
            "displaySubtitle": of("subtitle"),
            "displayDescription": of("description"),
            "categories": [],
            "thumbnails": [],
            "allThumbnailsCreated": true,
            "visibility": "private",
            "featuringStatus": "disabled",
            "userRsvpStatus": "none",
            "createTime": rfc3339(self.created),
            "updateTime": rfc3339(self.updated),
        });
        let mut json = json.as_object().cloned().unwrap_or_default();
        json.extend(self.fields.clone());
        let mut config = self.config.clone();
        config.entry("notificationAudience").or_insert_with(|| json!("all"));
        json.insert("config".to_owned(), Value::Object(config));
        json
    }

    /// Takes over what a body has; what it lacks, or has as null, stays as it is.
    fn change(&mut self, body: &Map<String, Value>) -> Result<(), Failure> {
        for name in FIELDS {
            if let Some(value) = body.get(name).filter(|value| !value.is_null()) {
                self.fields.insert(name.to_owned(), value.clone());
            }
        }
        for (name, value) in body.get("config").and_then(Value::as_object).into_iter().flatten() {
            if !value.is_null() {
                self.config.insert(name.clone(), value.clone());
            }
        }
        if let Some(place) = body.get("placeId").and_then(Value::as_u64) {
            self.place = place;
        }
        for name in ["title", "subtitle"] {
            if text(&self.fields, name).is_none_or(|text| text.trim().is_empty()) {
                return Err(Failure::invalid(format!("The {name} must not be empty.")));
            }
        }
        if text(&self.fields, "visibility") == Some("moderated") {
            return Err(Failure::invalid("The visibility must be public or private."));
        }
        let time = |name: &str| {
            let text = text(&self.fields, name).unwrap_or_default();
            text.parse::<Timestamp>().map_err(|_| Failure::invalid(format!("The {name} is not a time.")))
        };
        (self.starts, self.ends) = (time("startTime")?, time("endTime")?);
        if self.ends <= self.starts {
            return Err(Failure::invalid("The endTime must be after the startTime."));
        }
        Ok(())
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
    let mut event = Event {
        universe,
        place: root_place(universe),
        group: body.get("groupId").and_then(Value::as_u64),
        starts: call.now,
        ends: call.now,
        fields: Map::new(),
        config: Map::new(),
        created: call.now,
        updated: call.now,
    };
    event.change(&body)?;
    if state.events.events.len() >= MAX_EVENTS {
        return Err(Failure::exhausted("The emulator holds no more events."));
    }
    let id = FIRST_ID + state.number();
    let reply = Value::Object(event.json(id));
    state.events.events.insert(id, event);
    Ok(Reply::json(reply))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, event) = state.events.get(call)?;
    Ok(Reply::json(masked(call, event.json(id))?))
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
    Ok(Reply::json(Value::Object(event.json(id))))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, _) = state.events.get(call)?;
    state.events.events.remove(&id);
    Ok(Reply::empty(204))
}

/// By the time of the start. A universe that nobody has heard of has no events.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let bound = |name: &str| match call.given(name) {
        None => Ok(None),
        Some(text) => {
            let time = text.parse::<Timestamp>();
            time.map(Some).map_err(|_| Failure::invalid(format!("{name} is not a time.")))
        }
    };
    let (starts_after, starts_before) = (bound("startsAfter")?, bound("startsBefore")?);
    let (mut ends_after, ends_before) = (bound("endsAfter")?, bound("endsBefore")?);
    // Unless the end is asked about, what is over is not in the list.
    if ends_after.is_none() && ends_before.is_none() {
        ends_after = Some(call.now);
    }
    let visibility = call.given("visibility");
    let mut found: Vec<(u64, &Event)> = state
        .events
        .events
        .iter()
        .filter(|(_, event)| event.universe == universe)
        .filter(|(_, event)| starts_after.is_none_or(|time| event.starts >= time))
        .filter(|(_, event)| starts_before.is_none_or(|time| event.starts <= time))
        .filter(|(_, event)| ends_after.is_none_or(|time| event.ends >= time))
        .filter(|(_, event)| ends_before.is_none_or(|time| event.ends <= time))
        .filter(|(id, event)| visibility.is_none_or(|word| event.json(**id)["visibility"] == word))
        .map(|(id, event)| (*id, event))
        .collect();
    found.sort_by_key(|(id, event)| (event.starts, *id));

    // A token says where the page begins; in the other direction, where it ends.
    let others: Vec<_> = call.query.iter().filter(|(name, _)| name != "reverse").cloned().collect();
    let plain = Call { query: &others, ..*call };
    let cut = Cut { size: "pageSize", token: "pageToken", default: 10, max: 100 };
    let size = cut.size(&plain)?;
    let place = cut.start(&plain)?.min(found.len());
    let backwards = call.flag("reverse") && call.given("pageToken").is_some();
    let (start, end) = match backwards {
        true => (place.saturating_sub(size), place),
        false => (place, (place + size).min(found.len())),
    };
    let page: Result<Vec<_>, _> =
        found[start..end].iter().map(|(id, event)| masked(call, event.json(*id))).collect();
    Ok(Reply::json(json!({
        "gameEvents": page?,
        "nextPageToken": (end < found.len()).then(|| cut.token_at(&plain, end)),
        "previousPageToken": (start > 0).then(|| cut.token_at(&plain, start)),
    })))
}
