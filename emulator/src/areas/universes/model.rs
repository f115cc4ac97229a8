//! State and rules of universes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, later, object, rfc3339, text};

/// What does not exist beyond this number.
const LAST_ID: u64 = 999_999_999_999_999;
const MAX_UNIVERSES: usize = 100_000;
const MAX_PLACES: usize = 100_000;
/// A universe's first place is that many after it, so that the universe 2001 has the place 3001.
pub(super) const ROOT_PLACE: u64 = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Universes {
    pub(super) universes: BTreeMap<u64, Map<String, Value>>,
    places: BTreeMap<u64, Place>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) universe: u64,
    pub(crate) fields: Map<String, Value>,
    /// The first is number 1.
    pub(super) versions: Vec<Version>,
    /// How often publishing was refused because somebody edits it.
    #[serde(default)]
    pub(super) refusals: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) created: Timestamp,
    pub(super) published: bool,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    /// Of its bytes, if it was uploaded.
    #[serde(default)]
    pub(super) hash: Option<String>,
}

impl Version {
    pub(super) fn new(created: Timestamp, published: bool, hash: Option<String>) -> Version {
        Version { created, published, title: None, description: None, hash }
    }
}

impl Universes {
    /// Whether a universe was described or looked at.
    pub(crate) fn is_known(&self, universe: u64) -> bool {
        self.universes.contains_key(&universe)
    }

    /// How many universes and places were looked at.
    pub(crate) fn known(&self) -> usize {
        self.universes.len() + self.places.len()
    }

    pub(crate) fn universe(&mut self, id: u64, now: Timestamp) -> Result<&mut Map<String, Value>, Failure> {
        refuse_if!(id > LAST_ID, Failure::missing(format_args!("universe {id}")));
        Failure::if_full_for(&self.universes, &id, MAX_UNIVERSES, "universes")?;
        let created = rfc3339(later(now, -(100 + (id % 900) as i64) * 86_400));
        Ok(self.universes.entry(id).or_insert_with(|| {
            object(json!({
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
            }))
        }))
    }

    /// A place belongs to the universe under which it is first asked for.
    pub(crate) fn place(&mut self, universe: u64, id: u64, now: Timestamp) -> Result<&mut Place, Failure> {
        refuse_if!(id > LAST_ID, Failure::missing(format_args!("place {id}")));
        Failure::if_full_for(&self.places, &id, MAX_PLACES, "places")?;
        Ok(self.places.entry(id).or_insert_with(|| Place::new(universe, id, now)))
    }

    pub(crate) fn set_visibility(&mut self, id: u64, word: &str, now: Timestamp) -> Result<(), Failure> {
        let universe = self.universe(id, now)?;
        universe.insert("visibility".to_owned(), json!(word));
        universe.insert("updateTime".to_owned(), json!(rfc3339(now)));
        Ok(())
    }

    /// A place that must be the universe's.
    pub(crate) fn own_place(
        &mut self,
        universe: u64,
        id: u64,
        now: Timestamp,
    ) -> Result<&mut Place, Failure> {
        let place = self.place(universe, id, now)?;
        let refused = || Failure::not_found(format!("The place {id} is not in the universe {universe}."));
        if place.universe == universe { Ok(place) } else { Err(refused()) }
    }

    /// The universe of a place; the one that asks, if nobody asked before.
    pub(crate) fn universe_of(&mut self, asking: u64, id: u64, now: Timestamp) -> Result<u64, Failure> {
        Ok(self.place(asking, id, now)?.universe)
    }

    /// The places of a universe that somebody has asked for, and the one that it starts in.
    pub(crate) fn places_of(&self, universe: u64) -> BTreeSet<u64> {
        let own = self.places.iter().filter(|(_, place)| place.universe == universe).map(|(id, _)| *id);
        own.chain([root_place(universe)]).collect()
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
    /// The number of the version that players get.
    pub(super) fn current(&self) -> Option<usize> {
        self.versions.iter().rposition(|version| version.published).map(|index| index + 1)
    }

    fn new(universe: u64, id: u64, now: Timestamp) -> Place {
        let created = later(now, -(10 + (id % 90) as i64) * 86_400);
        let fields = object(json!({
            "displayName": format!("Place {id}"),
            "description": "A place of the local Open Cloud.",
            "serverSize": 12,
            "createTime": rfc3339(created),
            "updateTime": rfc3339(created),
        }));
        Place { universe, fields, versions: vec![Version::new(created, true, None); 3], refusals: 0 }
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

/// Under which name the content of a version is kept, to be delivered.
pub(crate) fn content_of(place: u64, version: usize) -> String {
    format!("assets/{place}/versions/{version}")
}

/// A place of such a name is open in Team Create.
pub(super) const IN_TEAM_CREATE: &str = "team create";

pub(super) fn in_team_create() -> Failure {
    Failure::aborted("The place is open in an active Team Create session.")
}
