//! Restarts of game servers: launched for places of a universe, and followed place by place.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::behaviour::universes::root_place;
use crate::call::{Call, Outcome, Reply};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::state::{State, mix};

pub(crate) const ROUTES: Routes = &[
    ("POST /server-management/v1/universes/{u}/restarts", launch),
    ("GET /server-management/v1/universes/{u}/restarts", list),
    ("GET /server-management/v1/universes/{u}/restarts:forecast", forecast),
    ("POST /cloud/v2/universes/{u}:restartServers", restart_all),
];

const MAX_RESTARTS: usize = 1_000;
const MAX_PLACES: usize = 1_000;
/// How large the attributes are at most, as JSON.
const MAX_ATTRIBUTES: usize = 500;
/// How long servers take to restart once they begin to, in seconds.
const RESTART_SECONDS: i64 = 60;

/// The latest restarts, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Restarts {
    launched: VecDeque<Restart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Restart {
    id: String,
    universe: u64,
    launched: Timestamp,
    /// When the time in which nobody new joins is over.
    begins: Timestamp,
    /// How often somebody looked.
    looks: u32,
    places: BTreeMap<u64, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Delaying,
    Restarting,
    Succeeded,
}

impl Restart {
    /// Each look finds the restart one step further, so that nobody has to wait out the bleed-off; time that is
    /// moved ahead does the same.
    fn phase(&self, now: Timestamp) -> Phase {
        let by_looks = match self.looks {
            0 | 1 => Phase::Delaying,
            2 => Phase::Restarting,
            _ => Phase::Succeeded,
        };
        let by_time = if now < self.begins {
            Phase::Delaying
        } else if now < self.ends() {
            Phase::Restarting
        } else {
            Phase::Succeeded
        };
        by_looks.max(by_time)
    }

    fn ends(&self) -> Timestamp {
        later(self.begins, RESTART_SECONDS)
    }

    fn json(&self, now: Timestamp) -> Value {
        let phase = self.phase(now);
        let places: Map<String, Value> = self
            .places
            .iter()
            .map(|(place, filter)| (place.to_string(), self.place(phase, *place, filter)))
            .collect();
        json!({
            "universeId": self.universe.to_string(),
            "scheduledTime": rfc3339(self.launched),
            "startTime": rfc3339(self.begins),
            "placeRestartStatuses": places,
        })
    }

    fn place(&self, phase: Phase, place: u64, filter: &Value) -> Value {
        let load = Load::of(place);
        let left = |all: u64| match phase {
            Phase::Delaying => all,
            Phase::Restarting => all / 2,
            Phase::Succeeded => 0,
        };
        let word = match phase {
            Phase::Delaying => "DELAYING",
            Phase::Restarting => "RESTARTING",
            Phase::Succeeded => "SUCCEEDED",
        };
        let mut status = json!({
            "state": word,
            "startTime": rfc3339(self.begins),
            "totalInstances": load.instances,
            "totalPlayers": load.players,
            "remainingInstances": left(load.instances),
            "remainingPlayers": left(load.players),
        });
        if filter.is_object() {
            status["filter"] = filter.clone();
        }
        if phase == Phase::Succeeded {
            status["endTime"] = json!(rfc3339(self.ends()));
        }
        status
    }
}

/// How many servers and players a place has: always the same for the same place.
#[derive(Debug, Clone, Copy)]
struct Load {
    instances: u64,
    players: u64,
}

impl Load {
    fn of(place: u64) -> Load {
        let instances = 2 + mix(place) % 7;
        Load { instances, players: instances * (1 + mix(!place) % 11) }
    }

    fn all<'a>(places: impl Iterator<Item = &'a u64>) -> Load {
        let nothing = Load { instances: 0, players: 0 };
        places.map(|place| Load::of(*place)).fold(nothing, |sum, load| Load {
            instances: sum.instances + load.instances,
            players: sum.players + load.players,
        })
    }
}

fn launch(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    if let Some(attributes) = body.get("attributes").filter(|attributes| !attributes.is_null())
        && attributes.to_string().len() > MAX_ATTRIBUTES
    {
        return Err(Failure::invalid(format!("The attributes are longer than {MAX_ATTRIBUTES} bytes.")));
    }
    let minutes = bleed_off(&body, 240)?;
    let places = match body.get("places") {
        Some(Value::Object(places)) => chosen(state, call, universe, places)?,
        _ => BTreeMap::from([(root_place(universe), Value::Null)]),
    };
    let load = Load::all(places.keys());
    let id = begin(state, call, universe, minutes, places);
    Ok(Reply::json(json!({
        "id": id,
        "instancesImpacted": load.instances,
        "playersImpacted": load.players,
    })))
}

/// The places that a body names, each of which must be the universe's.
fn chosen(
    state: &mut State,
    call: &Call<'_>,
    universe: u64,
    places: &Map<String, Value>,
) -> Result<BTreeMap<u64, Value>, Failure> {
    if places.len() > MAX_PLACES {
        return Err(Failure::invalid(format!("There are more than {MAX_PLACES} places.")));
    }
    let mut chosen = BTreeMap::new();
    for (place, filter) in places {
        let number = place
            .parse::<u64>()
            .map_err(|_| Failure::invalid(format!("The place '{place}' is not a number.")))?;
        if state.universes.universe_of(universe, number, call.now)? != universe {
            return Err(Failure::invalid(format!("The place {place} is not in the universe {universe}.")));
        }
        chosen.insert(number, filter.clone());
    }
    Ok(chosen)
}

/// The minutes in which nobody new joins; the two services differ in how many they allow.
fn bleed_off(body: &Map<String, Value>, most: i64) -> Result<i64, Failure> {
    match body.get("bleedOffDurationMinutes").and_then(Value::as_i64) {
        None => Ok(0),
        Some(minutes) if (1..=most).contains(&minutes) => Ok(minutes),
        Some(_) => Err(Failure::invalid(format!("bleedOffDurationMinutes must be between 1 and {most}."))),
    }
}

fn begin(
    state: &mut State,
    call: &Call<'_>,
    universe: u64,
    minutes: i64,
    places: BTreeMap<u64, Value>,
) -> String {
    let id = state.uuid();
    let restart = Restart {
        id: id.clone(),
        universe,
        launched: call.now,
        begins: later(call.now, minutes * 60),
        looks: 0,
        places,
    };
    let launched = &mut state.restarts.launched;
    if launched.len() >= MAX_RESTARTS {
        launched.pop_front();
    }
    launched.push_back(restart);
    id
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let mut statuses = Map::new();
    for restart in state.restarts.launched.iter_mut().filter(|restart| restart.universe == universe) {
        restart.looks = restart.looks.saturating_add(1);
        statuses.insert(restart.id.clone(), restart.json(call.now));
    }
    state.touch();
    Ok(Reply::json(json!({ "restartStatuses": statuses })))
}

fn forecast(_: &mut State, call: &Call<'_>) -> Outcome {
    let place = root_place(call.number("universeId")?);
    let load = Load::of(place);
    Ok(Reply::json(json!({ "placeForecasts": { place.to_string(): {
        "isNotInUniverse": false,
        "instancesImpacted": load.instances,
        "playersImpacted": load.players,
        "totalInstances": load.instances,
        "totalPlayers": load.players,
    } } })))
}

/// The call of v2 says nothing about what it started, but the restart is in the list.
fn restart_all(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    let body = call.json()?;
    let minutes = bleed_off(&body, 60)?;
    let minutes = if body.get("bleedOffServers") == Some(&json!(true)) { minutes } else { 0 };
    let mut places = BTreeMap::new();
    for place in body.get("placeIds").and_then(Value::as_array).into_iter().flatten() {
        let number = place.as_u64().or_else(|| place.as_str()?.parse().ok());
        let number = number.ok_or_else(|| Failure::invalid(format!("The place {place} is not a number.")))?;
        if state.universes.universe_of(universe, number, call.now)? != universe {
            return Err(Failure::invalid(format!("The place {place} is not in the universe {universe}.")));
        }
        places.insert(number, Value::Null);
    }
    if places.is_empty() {
        places.insert(root_place(universe), Value::Null);
    }
    begin(state, call, universe, minutes, places);
    Ok(Reply::nothing())
}
