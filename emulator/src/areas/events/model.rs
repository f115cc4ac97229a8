//! State and rules of events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, later, object, rfc3339, text, time};
use crate::areas::universes::model::root_place;

/// How many events the universe 2001 has from the beginning, so that its list has pages.
const SEEDED: u64 = 25;

/// What a request gives, and the response has under the same name.
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
    pub(super) events: BTreeMap<u64, Event>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) universe: u64,
    pub(super) place: u64,
    pub(super) group: Option<u64>,
    pub(super) starts: Timestamp,
    pub(super) ends: Timestamp,
    pub(super) fields: Map<String, Value>,
    pub(super) config: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
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
            Event { starts, ends, fields: object(fields), ..Event::new(2001, None, now) }
        };
        Events { events: (0..SEEDED).map(|number| (1001 + number, event(number + 1))).collect() }
    }
}

impl Event {
    pub(super) fn new(universe: u64, group: Option<u64>, now: Timestamp) -> Event {
        let place = root_place(universe);
        Event { universe, place, group, created: now, updated: now, ..Event::default() }
    }

    pub(super) fn json(&self, id: u64) -> Map<String, Value> {
        let host = match self.group {
            Some(id) => json!({ "hostType": "group", "hostId": id, "hostName": format!("Group {id}") }),
            None => json!({ "hostType": "user", "hostId": 1001, "hostName": "User 1001" }),
        };
        let of = |name: &str| self.fields.get(name).cloned().unwrap_or_default();
        let mut json = object(json!({
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
        }));
        json.extend(self.fields.clone());
        let mut config = self.config.clone();
        config.entry("notificationAudience").or_insert_with(|| json!("all"));
        json.insert("config".to_owned(), Value::Object(config));
        json
    }

    /// Takes over what a body has; what it lacks, or has as null, stays as it is.
    pub(super) fn change(&mut self, body: &Map<String, Value>) -> Result<(), Failure> {
        let given = |object: &Map<String, Value>| {
            let mut given = object.clone();
            given.retain(|_, value| !value.is_null());
            given
        };
        self.fields.extend(given(body).into_iter().filter(|(name, _)| FIELDS.contains(&name.as_str())));
        self.config.extend(body.get("config").and_then(Value::as_object).map(given).unwrap_or_default());
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
        let time = |name: &str| time(name, text(&self.fields, name).unwrap_or_default());
        (self.starts, self.ends) = (time("startTime")?, time("endTime")?);
        refuse_if!(self.ends <= self.starts, "The endTime must be after the startTime.");
        Ok(())
    }
}
