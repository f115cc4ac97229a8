//! Requests of servers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, later, list as list_of, push_bounded, rfc3339};
use crate::areas::routes::Routes;
use crate::areas::servers::fleet::{Fleet, Load};
use crate::areas::servers::model::{Phase, Restart, covered};
use crate::areas::universes::model::root_place;
use crate::document::text_of;
use crate::state::State;

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
/// The id of a restart of nothing (SV-09).
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

impl Restart {
    fn json(&self, call: &Call<'_>) -> Value {
        let phase = self.phase(call.now);
        let place = |(id, filter): (&u64, _)| (id.to_string(), self.place(call, phase, *id, filter));
        let places: Map<String, Value> = self.places.iter().map(place).collect();
        json!({
            "universeId": self.universe.to_string(),
            "scheduledTime": time(call, self.launched),
            "startTime": time(call, self.begins),
            "placeRestartStatuses": places,
        })
    }

    fn place(&self, call: &Call<'_>, phase: Phase, place: u64, filter: &Value) -> Value {
        let live = call.shapes.is_live();
        let covered = self.covered.get(&place).cloned().unwrap_or_default();
        let (word, halves_left) = match phase {
            Phase::Delaying => ("DELAYING", 2),
            Phase::Restarting => ("RESTARTING", 1),
            Phase::Succeeded => ("SUCCEEDED", 0),
        };
        let mut status = json!({
            "state": word,
            "startTime": time(call, self.begins),
            "totalInstances": covered.instances,
            "totalPlayers": covered.players,
            "remainingInstances": covered.instances * halves_left / 2,
            "remainingPlayers": covered.players * halves_left / 2,
        });
        if live {
            // Both sides of a filter are there, and a launch without places is remembered as the versions that it
            // chose (SV-08).
            let chosen =
                if filter.is_object() { filter["versions"].clone() } else { json!(covered.versions) };
            let excludes = filter["excludeCurrentVersion"].clone();
            status["filter"] = json!({ "versions": chosen, "excludeCurrentVersion": excludes });
            status["latestVersion"] = json!(covered.latest.to_string());
            status["endTime"] = Value::Null;
        } else if filter.is_object() {
            status["filter"] = filter.clone();
        }
        if phase == Phase::Succeeded {
            status["endTime"] = json!(time(call, self.ends()));
        }
        status
    }
}

/// The live service writes seven digits of a second (SV-08).
fn time(call: &Call<'_>, time: Timestamp) -> String {
    if call.shapes.is_live() { time.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string() } else { rfc3339(time) }
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
        Some(Value::Object(places)) => {
            let mut chosen = BTreeMap::new();
            for (name, filter) in places {
                let refused =
                    || Failure::invalid(format!("The place {name} is not in the universe {universe}."));
                let place = owned(state, call, universe, name)?.ok_or_else(refused)?;
                chosen.insert(place, filter.clone());
            }
            chosen
        }
        _ => BTreeMap::from([(root_place(universe), Value::Null)]),
    };
    refuse_if!(places.len() > MAX_PLACES, "There are more than {MAX_PLACES} places.");
    let is_named = body.get("places").is_some_and(Value::is_object);
    let (id, load) = begin(state, call, universe, minutes, places, is_named)?;
    Ok(Response::json(json!({
        "id": id,
        "instancesImpacted": load.instances,
        "playersImpacted": load.players,
    })))
}

/// A place that a body names, if it is the universe's.
fn owned(state: &mut State, call: &Call<'_>, universe: u64, name: &str) -> Result<Option<u64>, Failure> {
    let number = name.parse::<u64>();
    let number =
        number.map_err(|_| Failure::invalid(format!("The place '{name}' is not a whole number.")))?;
    let place = state.universes.place(universe, number, call.now)?;
    Ok((place.universe == universe).then_some(number))
}

/// The minutes in which nobody new joins; the two services differ in how many they allow.
fn bleed_off(body: &Map<String, Value>, most: i64) -> Result<i64, Failure> {
    match body.get("bleedOffDurationMinutes").and_then(Value::as_i64) {
        None => Ok(0),
        Some(minutes) if (1..=most).contains(&minutes) => Ok(minutes),
        Some(_) => Err(Failure::invalid(format!("bleedOffDurationMinutes must be between 1 and {most}."))),
    }
}

/// The servers of a place, as they are now.
pub(super) fn fleet(state: &mut State, universe: u64, id: u64, now: Timestamp) -> Result<Fleet, Failure> {
    let place = state.universes.place(universe, id, now)?;
    let (latest, called) = (place.latest_version(), |words: &str| place.is_called(words));
    let [hides_active, hides_ended] = ["active servers missing", "ended servers missing"].map(called);
    let has_none = called("no servers") || place.universe != universe;
    let fleet = if has_none {
        Fleet { latest, ..Fleet::default() }
    } else {
        let since = state.restarts.open(id, now);
        if since == now {
            state.touch();
        }
        Fleet::new(id, latest, since, state.restarts.succeeded(id, now))
    };
    Ok(Fleet { hides_active, hides_ended, ..fleet })
}

/// Begins a restart, unless there is no server that it would mean (SV-09): its id, and how much it means.
fn begin(
    state: &mut State,
    call: &Call<'_>,
    universe: u64,
    minutes: i64,
    places: BTreeMap<u64, Value>,
    is_named: bool,
) -> Result<(String, Load), Failure> {
    let mut all = BTreeMap::new();
    let mut load = Load::default();
    for (place, filter) in &places {
        let fleet = self::fleet(state, universe, *place, call.now)?;
        let covered = covered(&fleet, filter);
        // What the service fails at each time: a place that is named, without any server of an old version (SV-10).
        if is_named && filter["excludeCurrentVersion"] == true && covered.instances == 0 {
            return Err(Failure::of_status(500, "An unexpected error occurred."));
        }
        load = load.and(Load { instances: covered.instances, players: covered.players });
        all.insert(*place, covered);
    }
    if load == Load::default() {
        return Ok((NOTHING.to_owned(), load));
    }
    let id = state.ids.uuid();
    let restart = Restart {
        id: id.clone(),
        universe,
        launched: call.now,
        begins: later(call.now, minutes * 60),
        looks: 0,
        places,
        covered: all,
    };
    push_bounded(&mut state.restarts.launched, MAX_RESTARTS, restart);
    Ok((id, load))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let mut statuses = Map::new();
    for restart in state.restarts.launched.iter_mut().filter(|restart| restart.universe == universe) {
        restart.looks = restart.looks.saturating_add(1);
        statuses.insert(restart.id.clone(), restart.json(call));
    }
    state.touch();
    Ok(Response::json(json!({ "restartStatuses": statuses })))
}

fn forecast(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let mut places = Map::new();
    for place in state.universes.places_of(universe) {
        let fleet = self::fleet(state, universe, place, call.now)?;
        // A place without servers has no forecast.
        if fleet.active().next().is_some() {
            places.insert(place.to_string(), forecast_of(&fleet));
        }
    }
    Ok(Response::json(json!({ "placeForecasts": places })))
}

fn forecast_of(fleet: &Fleet) -> Value {
    let load = Load::of(fleet.active());
    let (mut instances, mut players) = (Map::new(), Map::new());
    for version in fleet.versions() {
        let load = Load::of(fleet.active().filter(|server| server.version == version));
        instances.insert(version.to_string(), json!(load.instances));
        players.insert(version.to_string(), json!(load.players));
    }
    json!({
        "isNotInUniverse": false,
        "instancesImpacted": load.instances,
        "playersImpacted": load.players,
        "totalInstances": load.instances,
        "totalPlayers": load.players,
        "instancesPerVersion": instances,
        "playersPerVersion": players,
        "latestPlaceVersion": fleet.latest.to_string(),
    })
}

/// The call of v2 says nothing about what it started, but the restart is in the list.
fn restart_all(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    let body = call.json()?;
    let is = |name: &str| body.get(name) == Some(&json!(true));
    let minutes = bleed_off(&body, 60)?;
    let minutes = if is("bleedOffServers") { minutes } else { 0 };
    let mut places = BTreeMap::new();
    // Servers of the latest version go on unless all are to close.
    let filter = if is("closeAllVersions") { Value::Null } else { json!({ "excludeCurrentVersion": true }) };
    for name in list_of(&body, "placeIds").iter().map(text_of) {
        let number = owned(state, call, universe, &name)?;
        // Here it is not found, other than where a restart is launched (SV-11).
        let missing = || Failure::not_found(format!("The place {name} is not in the universe {universe}."));
        places.insert(number.ok_or_else(missing)?, filter.clone());
    }
    let is_named = !places.is_empty();
    if !is_named {
        places.insert(root_place(universe), filter);
    }
    begin(state, call, universe, minutes, places, is_named)?;
    Ok(Response::nothing())
}
