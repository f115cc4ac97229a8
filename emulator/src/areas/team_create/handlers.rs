//! What the development services know of a universe: whether it is open to players, and whether teams build it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /legacy-develop/v1/universes/{u}/activate", activate),
    ("POST /legacy-develop/v1/universes/{u}/deactivate", deactivate),
    ("GET /legacy-develop/v1/universes/{u}/teamcreate", get_settings),
    ("PATCH /legacy-develop/v1/universes/{u}/teamcreate", update_settings),
    ("GET /legacy-develop/v1/universes/multiget/teamcreate", batch_get_settings),
];

const MAX_UNIVERSES: usize = 100_000;

/// The universes in which Team Create is on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct TeamCreate {
    enabled: BTreeSet<u64>,
}

fn activate(state: &mut State, call: &Call<'_>) -> Outcome {
    set_visibility(state, call, "PUBLIC")
}

fn deactivate(state: &mut State, call: &Call<'_>) -> Outcome {
    set_visibility(state, call, "PRIVATE")
}

/// What this changes, the universe shows as its visibility.
fn set_visibility(state: &mut State, call: &Call<'_>, visibility: &str) -> Outcome {
    state.universes.set_visibility(call.number("universeId")?, visibility, call.now)?;
    Ok(Reply::nothing())
}

fn get_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let enabled = state.team_create.enabled.contains(&call.number("universeId")?);
    Ok(Reply::json(json!({ "isEnabled": enabled })))
}

fn update_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let enabled = call.json()?.get("isEnabled").and_then(Value::as_bool).unwrap_or(false);
    let universes = &mut state.team_create.enabled;
    if !enabled {
        universes.remove(&universe);
    } else if universes.len() < MAX_UNIVERSES {
        universes.insert(universe);
    } else {
        return Err(Failure::exhausted("The emulator holds no more settings."));
    }
    Ok(Reply::nothing())
}

fn batch_get_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let ids = call.query.iter().filter(|(name, _)| name == "ids").flat_map(|(_, value)| value.split(','));
    let setting = |id: u64| json!({ "id": id, "isEnabled": state.team_create.enabled.contains(&id) });
    let settings: Vec<_> = ids.filter_map(|id| id.parse().ok()).map(setting).collect();
    Ok(Reply::json(json!({ "data": settings })))
}
