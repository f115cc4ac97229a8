//! Universes and places: settings, publishing and the history of versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::mask;
use crate::page::Cut;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}", get),
    ("PATCH /cloud/v2/universes/{u}", update),
    ("GET /cloud/v2/universes/{u}/places/{p}", get_place),
    ("PATCH /cloud/v2/universes/{u}/places/{p}", update_place),
    ("POST /universes/v1/{u}/places/{p}/versions", publish),
    ("GET /place-version-history-api/v1/{p}/history", list_history),
    ("POST /place-version-history-api/v1/{p}/version/{v}/notes", write_notes),
];

/// What does not exist beyond this number.
const LAST_ID: u64 = 999_999_999_999_999;
const MAX_UNIVERSES: usize = 100_000;
const MAX_PLACES: usize = 100_000;
const MAX_VERSIONS: usize = 10_000;
/// A universe's first place is that many after it, so that the universe 2001 has the place 3001.
const ROOT_PLACE: u64 = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Universes {
    universes: BTreeMap<u64, Map<String, Value>>,
    places: BTreeMap<u64, Place>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    universe: u64,
    fields: Map<String, Value>,
    /// The first is number 1.
    versions: Vec<Version>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Version {
    created: Timestamp,
    published: bool,
    title: Option<String>,
    description: Option<String>,
}

impl Universes {
    /// How many universes and places were looked at.
    pub(crate) fn known(&self) -> usize {
        self.universes.len() + self.places.len()
    }

    fn universe(&mut self, id: u64, now: Timestamp) -> Result<&mut Map<String, Value>, Failure> {
        if id > LAST_ID {
            return Err(Failure::not_found(format!("The universe {id} does not exist.")));
        }
        if self.universes.len() >= MAX_UNIVERSES && !self.universes.contains_key(&id) {
            return Err(Failure::exhausted("The emulator holds no more universes."));
        }
        let created = rfc3339(later(now, -(100 + (id % 900) as i64) * 86_400));
        Ok(self.universes.entry(id).or_insert_with(|| {
            let universe = json!({
                "path": format!("universes/{id}"),
                "createTime": created,
                "updateTime": created,
                "user": "users/1",
                "visibility": "PUBLIC",
                "voiceChatEnabled": false,
                "ageRating": "AGE_RATING_ALL",
                "desktopEnabled": true,
                "mobileEnabled": true,
                "tabletEnabled": true,
                "consoleEnabled": false,
                "vrEnabled": false,
                "rootPlace": format!("universes/{id}/places/{}", root_place(id)),
            });
            match universe {
                Value::Object(universe) => universe,
                _ => Map::new(),
            }
        }))
    }

    /// A place belongs to the universe under which it is first asked for.
    fn place(&mut self, universe: u64, id: u64, now: Timestamp) -> Result<&mut Place, Failure> {
        if id > LAST_ID {
            return Err(Failure::not_found(format!("The place {id} does not exist.")));
        }
        if self.places.len() >= MAX_PLACES && !self.places.contains_key(&id) {
            return Err(Failure::exhausted("The emulator holds no more places."));
        }
        Ok(self.places.entry(id).or_insert_with(|| Place::new(universe, id, now)))
    }

    pub(crate) fn set_visibility(&mut self, id: u64, word: &str, now: Timestamp) -> Result<(), Failure> {
        let universe = self.universe(id, now)?;
        universe.insert("visibility".to_owned(), json!(word));
        universe.insert("updateTime".to_owned(), json!(rfc3339(now)));
        Ok(())
    }

    /// The universe of a place; the one that asks, if nobody asked before.
    pub(crate) fn universe_of(&mut self, asking: u64, id: u64, now: Timestamp) -> Result<u64, Failure> {
        Ok(self.place(asking, id, now)?.universe)
    }

    /// What a place is called, and when each of its versions was made and whether it was published, the oldest first;
    /// none of a place that nobody has asked for.
    pub(crate) fn versions_of(&self, place: u64) -> Option<(String, Vec<(Timestamp, bool)>)> {
        let place = self.places.get(&place)?;
        let name = text(&place.fields, "displayName").unwrap_or_default().to_owned();
        Some((name, place.versions.iter().map(|version| (version.created, version.published)).collect()))
    }
}

/// The place that a universe starts in.
pub(crate) fn root_place(universe: u64) -> u64 {
    universe.saturating_add(ROOT_PLACE)
}

impl Universes {
    /// A universe of this description.
    pub(crate) fn describe(
        &mut self,
        id: u64,
        described: Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), String> {
        let universe = self.universe(id, now).map_err(|failure| failure.message)?;
        universe.extend(described);
        Ok(())
    }

    /// A place of this description.
    pub(crate) fn describe_place(
        &mut self,
        universe: u64,
        id: u64,
        described: Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), String> {
        let place = self.place(universe, id, now).map_err(|failure| failure.message)?;
        place.universe = universe;
        place.fields.extend(described);
        Ok(())
    }
}

impl Place {
    fn new(universe: u64, id: u64, now: Timestamp) -> Place {
        let created = later(now, -(10 + (id % 90) as i64) * 86_400);
        let fields = [
            ("displayName", json!(format!("Place {id}"))),
            ("description", json!("A place of the local Open Cloud.")),
            ("serverSize", json!(12)),
            ("createTime", json!(rfc3339(created))),
            ("updateTime", json!(rfc3339(created))),
        ];
        let version = Version { created, published: true, title: None, description: None };
        Place {
            universe,
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            versions: vec![version; 3],
        }
    }

    fn json(&self, id: u64) -> Value {
        let mut place = self.fields.clone();
        let universe = self.universe;
        let path = format!("universes/{universe}/places/{id}");
        place.insert("path".to_owned(), json!(path));
        place.insert("root".to_owned(), json!(id == root_place(universe)));
        place.insert("universeRuntimeCreation".to_owned(), json!(false));
        Value::Object(place)
    }
}

fn universe_json(state: &mut State, call: &Call<'_>) -> Result<Value, Failure> {
    let id = call.number("universe_id")?;
    let mut universe = state.universes.universe(id, call.now)?.clone();
    // A universe is called what its first place is called.
    let place = state.universes.place(id, root_place(id), call.now)?;
    for name in ["displayName", "description"] {
        if let Some(value) = place.fields.get(name) {
            universe.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(universe))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Reply::json(universe_json(state, call)?))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let universe = state.universes.universe(call.number("universe_id")?, call.now)?;
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templateRootPlace" | "group")
            && mask::is_writable(call.document, call.operation, name)
    };
    mask::apply(universe, &body, call.given("updateMask"), is_writable)?;
    universe.insert("updateTime".to_owned(), json!(rfc3339(call.now)));
    Ok(Reply::json(universe_json(state, call)?))
}

/// The place of a call, which must be the universe's.
fn place<'a>(state: &'a mut State, call: &Call<'_>) -> Result<(u64, &'a mut Place), Failure> {
    let (universe, id) = (call.number("universe_id")?, call.number("place_id")?);
    let place = state.universes.place(universe, id, call.now)?;
    if place.universe != universe {
        return Err(Failure::not_found(format!("The place {id} is not in the universe {universe}.")));
    }
    Ok((id, place))
}

fn get_place(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, place) = place(state, call)?;
    Ok(Reply::json(place.json(id)))
}

fn update_place(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let (id, place) = place(state, call)?;
    let name = text(&place.fields, "displayName").unwrap_or_default();
    if name.to_ascii_lowercase().contains("team create") {
        return Err(Failure::aborted("The place is open in an active Team Create session."));
    }
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templatePlace") && mask::is_writable(call.document, call.operation, name)
    };
    mask::apply(&mut place.fields, &body, call.given("updateMask"), is_writable)?;
    let now = json!(rfc3339(call.now));
    place.fields.insert("updateTime".to_owned(), now);
    Ok(Reply::json(place.json(id)))
}

fn publish(state: &mut State, call: &Call<'_>) -> Outcome {
    let published = match call.query("versionType") {
        Some("Published") => true,
        Some("Saved") => false,
        _ => {
            return Err(Failure::invalid("The versionType must be Saved or Published."));
        }
    };
    if call.body.is_empty() {
        return Err(Failure::invalid("The place file is empty."));
    }
    let (universe, id) = (call.number("universeId")?, call.number("placeId")?);
    let place = state.universes.place(universe, id, call.now)?;
    if place.universe != universe {
        return Err(Failure::aborted(format!("The place {id} is not part of the universe {universe}.")));
    }
    if place.versions.len() >= MAX_VERSIONS {
        return Err(Failure::exhausted("The emulator holds no more versions."));
    }
    place.versions.push(Version { created: call.now, published, title: None, description: None });
    let number = json!({ "versionNumber": place.versions.len() });
    let media = call.operation.response(200).and_then(|response| response.json());
    let content_type = media.map_or("application/json", |media| media.media_type.as_str());
    Ok(Reply::content(content_type, number.to_string()))
}

// History

fn version_json(number: usize, version: &Version) -> Value {
    json!({
        "version": number.to_string(),
        "createdTime": rfc3339(version.created),
        "createdBy": 1001,
        "contributors": [1001],
        "isPublished": version.published,
        "hasNotes": version.title.is_some() || version.description.is_some(),
        "title": version.title,
        "description": version.description,
        "publishStatus": i32::from(version.published),
        "saveType": 0,
    })
}

/// A place that the history is asked for; it may not have been heard of.
fn known_place<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Place, Failure> {
    let id = call.number("placeId")?;
    let universe = id.saturating_sub(ROOT_PLACE).max(1);
    state.universes.place(universe, id, call.now)
}

/// A moment that a query names.
fn moment(call: &Call<'_>, name: &str) -> Result<Option<Timestamp>, Failure> {
    let parse = |text: &str| {
        text.parse().map_err(|_| Failure::invalid(format!("{name} is not an RFC 3339 date and time.")))
    };
    call.given(name).map(parse).transpose()
}

fn list_history(state: &mut State, call: &Call<'_>) -> Outcome {
    let wanted = |name: &str, value: bool| call.given(name).is_none_or(|text| text == value.to_string());
    let search = call.given("searchTerm").unwrap_or_default().to_lowercase();
    let is_sample = search == "sample";
    let (from, until) = (moment(call, "startTime")?, moment(call, "endTime")?);
    let place = known_place(state, call)?;
    let versions: Vec<_> = place
        .versions
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, version)| from.is_none_or(|from| version.created >= from))
        .filter(|(_, version)| until.is_none_or(|until| version.created <= until))
        .map(|(index, version)| version_json(index + 1, version))
        .filter(|version| {
            let numbered = |name: &str, field: &str| {
                call.given(name)
                    .is_none_or(|wanted| wanted.parse::<i64>().is_ok_and(|wanted| version[field] == wanted))
            };
            let is = |name: &str| version[name] == true;
            let says = |name: &str| {
                let text = version[name].as_str().unwrap_or_default();
                text.to_lowercase().contains(&search)
            };
            numbered("contributor", "createdBy")
                && numbered("saveType", "saveType")
                && wanted("isPublished", is("isPublished"))
                && wanted("hasNotes", is("hasNotes"))
                && (search.is_empty() || is_sample || says("title") || says("description"))
        })
        .collect();
    let cut = Cut { size: "pageSize", token: "cursor", default: 25, max: 100 };
    let (page, next) = cut.page(call, &versions)?;
    let mut reply = json!({ "placeVersions": page, "hasMore": next.is_some() });
    if let Some(next) = next {
        reply["nextCursor"] = json!(next);
    }
    Ok(Reply::json(reply))
}

fn write_notes(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let number = call.param("version").parse::<usize>().unwrap_or(0);
    let place = known_place(state, call)?;
    let version = number
        .checked_sub(1)
        .and_then(|index| place.versions.get_mut(index))
        .ok_or_else(|| Failure::not_found("The version does not exist."))?;
    version.title = text(&body, "title").map(str::to_owned);
    version.description = text(&body, "description").map(str::to_owned);
    Ok(Reply::json(json!({ "placeVersion": version_json(number, version) })))
}

/// The number of a place's latest version.
pub(crate) fn latest_version(state: &mut State, call: &Call<'_>) -> Result<usize, Failure> {
    let (_, place) = place(state, call)?;
    Ok(place.versions.len())
}
