//! Universes and places: settings, publishing and the history of versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339, rfc3339_nanos};
use crate::failure::Failure;
use crate::mask;
use crate::state::State;

mod history;
mod publish;

use history::Version;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}", get),
    ("PATCH /cloud/v2/universes/{u}", update),
    ("GET /cloud/v2/universes/{u}/places/{p}", get_place),
    ("PATCH /cloud/v2/universes/{u}/places/{p}", update_place),
    ("POST /universes/v1/{u}/places/{p}/versions", publish::publish),
    ("GET /place-version-history-api/v1/{p}/history", history::list),
    ("POST /place-version-history-api/v1/{p}/version/{v}/notes", history::write_notes),
];

/// What does not exist beyond this number.
const LAST_ID: u64 = 999_999_999_999_999;
const MAX_UNIVERSES: usize = 100_000;
const MAX_PLACES: usize = 100_000;
/// A private server costs so much at least, if it costs anything (UN-03).
const LEAST_PRICE: i64 = 10;
/// A universe's first place is that many after it, so that the universe 2001 has the place 3001.
const ROOT_PLACE: u64 = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Universes {
    universes: BTreeMap<u64, Map<String, Value>>,
    places: BTreeMap<u64, Place>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    universe: u64,
    fields: Map<String, Value>,
    /// The first is number 1.
    versions: Vec<Version>,
    /// How often publishing was refused because somebody edits it.
    #[serde(default)]
    refusals: u32,
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
    pub(crate) fn place(&mut self, universe: u64, id: u64, now: Timestamp) -> Result<&mut Place, Failure> {
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
        Place {
            universe,
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            versions: vec![Version::new(created, true, None); 3],
            refusals: 0,
        }
    }

    /// The live service leaves out what a place is not (UN-06).
    fn json(&self, id: u64, call: &Call<'_>) -> Value {
        let live = call.shapes.is_live();
        let mut place = self.fields.clone();
        let universe = self.universe;
        let path = format!("universes/{universe}/places/{id}");
        place.insert("path".to_owned(), json!(path));
        let is_root = id == root_place(universe);
        if is_root || !live {
            place.insert("root".to_owned(), json!(is_root));
        }
        if !live {
            place.insert("universeRuntimeCreation".to_owned(), json!(false));
        }
        Value::Object(place)
    }

    pub(crate) fn universe(&self) -> u64 {
        self.universe
    }

    /// The number of its latest version.
    pub(crate) fn latest_version(&self) -> usize {
        self.versions.len()
    }

    /// Whether its name has these words, with which a test arranges something.
    pub(crate) fn is_called(&self, words: &str) -> bool {
        let name = text(&self.fields, "displayName").unwrap_or_default();
        name.to_ascii_lowercase().contains(words)
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
    // It belongs to one of them (UN-06).
    if universe.contains_key("group") {
        universe.remove("user");
    }
    Ok(Value::Object(universe))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Reply::json(universe_json(state, call)?))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let mut body = call.json()?;
    let id = call.number("universe_id")?;
    let is_read_only = |name: &str| mask::is_read_only(call.document, call.operation, name);
    let mut sent_mask = call.given("updateMask").map(str::to_owned);
    if call.shapes.is_live() {
        // What only the service sets is passed over without a word (UN-01).
        body.retain(|name, _| !is_read_only(name));
        sent_mask = sent_mask.map(|mask| {
            let field = |path: &str| mask::camel(path.split('.').next().unwrap_or_default());
            let kept = mask.split(',').filter(|path| !is_read_only(&field(path)));
            kept.collect::<Vec<_>>().join(",")
        });
        if sent_mask.as_deref() == Some("") || (sent_mask.is_none() && body.is_empty()) {
            return Ok(Reply::json(universe_json(state, call)?));
        }
    }
    check_price(state, call, id, &body, sent_mask.as_deref())?;
    let universe = state.universes.universe(id, call.now)?;
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templateRootPlace" | "group")
            && mask::is_writable(call.document, call.operation, name)
    };
    mask::apply(universe, &body, sent_mask.as_deref(), is_writable)?;
    universe.insert("updateTime".to_owned(), json!(rfc3339(call.now)));
    Ok(Reply::json(universe_json(state, call)?))
}

/// Who may not have private servers is told by a failure of the service, which does not pass (UN-03): a private
/// universe, and one whose first place has `no private servers` in its name.
fn check_price(
    state: &mut State,
    call: &Call<'_>,
    id: u64,
    body: &Map<String, Value>,
    mask: Option<&str>,
) -> Result<(), Failure> {
    let name = "privateServerPriceRobux";
    let is_meant = mask.is_none_or(|mask| {
        mask.split(',').any(|path| matches!(mask::camel(path).as_str(), "*" | "privateServerPriceRobux"))
    });
    let Some(price) = body.get(name).and_then(Value::as_i64).filter(|_| is_meant) else {
        return Ok(());
    };
    if (1..LEAST_PRICE).contains(&price) {
        return Err(Failure::invalid(format!("The {name} must be 0 or at least {LEAST_PRICE}.")));
    }
    let is_private = state.universes.universe(id, call.now)?.get("visibility") == Some(&json!("PRIVATE"));
    let is_barred = state.universes.place(id, root_place(id), call.now)?.is_called("no private servers");
    if is_private || is_barred {
        return Err(Failure::of_status(500, "The server cannot process the request."));
    }
    Ok(())
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
    Ok(Reply::json(place.json(id, call)))
}

fn update_place(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let (id, place) = place(state, call)?;
    if place.is_called(IN_TEAM_CREATE) {
        return Err(in_team_create());
    }
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templatePlace") && mask::is_writable(call.document, call.operation, name)
    };
    mask::apply(&mut place.fields, &body, call.given("updateMask"), is_writable)?;
    // With nine digits (PL-08).
    let now = if call.shapes.is_live() { rfc3339_nanos(call.now) } else { rfc3339(call.now) };
    place.fields.insert("updateTime".to_owned(), json!(now));
    Ok(Reply::json(place.json(id, call)))
}

/// A place of such a name is open in Team Create.
const IN_TEAM_CREATE: &str = "team create";

fn in_team_create() -> Failure {
    Failure::aborted("The place is open in an active Team Create session.")
}

/// Whether the place of a call has these words in its name.
pub(crate) fn is_called(state: &mut State, call: &Call<'_>, words: &str) -> Result<bool, Failure> {
    let (_, place) = place(state, call)?;
    Ok(place.is_called(words))
}

/// The number of a place's latest version.
pub(crate) fn latest_version(state: &mut State, call: &Call<'_>) -> Result<usize, Failure> {
    let (_, place) = place(state, call)?;
    Ok(place.latest_version())
}
