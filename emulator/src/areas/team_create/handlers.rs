//! Requests of team create.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Response};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /legacy-develop/v1/universes/{u}/activate", |state, call| set_visibility(state, call, "PUBLIC")),
    ("POST /legacy-develop/v1/universes/{u}/deactivate", |state, call| {
        set_visibility(state, call, "PRIVATE")
    }),
    ("GET /legacy-develop/v1/universes/{u}/teamcreate", get_settings),
    ("PATCH /legacy-develop/v1/universes/{u}/teamcreate", update_settings),
    ("GET /legacy-develop/v1/universes/multiget/teamcreate", batch_get_settings),
];

const MAX_UNIVERSES: usize = 100_000;

/// What this changes, the universe shows as its visibility.
fn set_visibility(state: &mut State, call: &Call<'_>, visibility: &str) -> Outcome {
    state.universes.set_visibility(call.number("universeId")?, visibility, call.now)?;
    Ok(Response::nothing())
}

fn get_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let enabled = state.team_create.enabled.contains(&call.number("universeId")?);
    Ok(Response::json(json!({ "isEnabled": enabled })))
}

fn update_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let enabled = call.json()?.get("isEnabled").and_then(Value::as_bool).unwrap_or(false);
    let universes = &mut state.team_create.enabled;
    if enabled {
        Failure::if_full(universes.len(), MAX_UNIVERSES, "settings")?;
        universes.insert(universe);
    } else {
        universes.remove(&universe);
    }
    Ok(Response::nothing())
}

fn batch_get_settings(state: &mut State, call: &Call<'_>) -> Outcome {
    let setting = |id: u64| json!({ "id": id, "isEnabled": state.team_create.enabled.contains(&id) });
    let settings: Vec<_> = call.query_list("ids").filter_map(|id| id.parse().ok()).map(setting).collect();
    Ok(Response::json(json!({ "data": settings })))
}
