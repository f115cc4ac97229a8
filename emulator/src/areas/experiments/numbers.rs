//! What experiments say in numbers: statistics of a running one, and the smallest effect that one could show.

use serde_json::{Value, json};

use crate::api::{Call, Outcome, Response, later, push_bounded, rfc3339};
use crate::areas::experiments::experiment::{Problem, Stage};
use crate::areas::experiments::handlers::experiment;
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}/stats", stats),
    ("POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments:calculateMde", mde),
];

/// There are no statistics before an experiment has run that long.
const DAY: i64 = 86_400;
const MAX_CALCULATIONS: usize = 1_000;

/// Statistics are asked for again until they are there; there is no operation to poll.
fn stats(state: &mut State, call: &Call<'_>) -> Outcome {
    state.touch();
    let (_, experiment) = experiment(state, call)?;
    experiment.looks = experiment.looks.saturating_add(1);
    let ran_long_enough = experiment.started.is_some_and(|started| later(started, DAY) <= call.now)
        && matches!(experiment.state, Stage::Running | Stage::Completed);
    let done = experiment.looks > 1 || !ran_long_enough;
    let mut operation = json!({
        "done": done,
        "experimentId": experiment.id.parse::<u64>().unwrap_or_default(),
        "lastModifiedTime": rfc3339(call.now),
    });
    if !ran_long_enough {
        let message = "There are no results before the experiment has run for 24 hours.";
        operation["error"] = Problem::new("EXPERIMENT_RESULTS_NOT_FOUND", message).json();
    } else if done {
        operation["experimentStats"] = json!({ "isSrmDetected": false });
    }
    Ok(Response::json(json!({ "operation": operation })))
}

/// Where to poll a calculation, Roblox does not say: here the same request finds it done the second time.
fn mde(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    let seconds = body.get("durationSeconds").and_then(Value::as_i64).unwrap_or(DAY);
    refuse_if!(seconds <= 0 || seconds % DAY != 0, "durationSeconds must be a positive multiple of {DAY}.");
    let variants = body.get("variantWeights").and_then(Value::as_array).map_or(1, Vec::len);
    let asked = format!("{universe} {}", Value::Object(body));
    let calculations = &mut state.experiments.calculations;
    let known = calculations.iter().position(|known| *known == asked);
    let mut operation = json!({ "lastModifiedTime": rfc3339(call.now), "done": known.is_some() });
    if let Some(position) = known {
        calculations.remove(position);
        operation["mde"] = json!({
            "mdeRelativePercentages": vec![2.5; variants],
            "minimumSampleSizeThreshold": 1_000,
            "totalSampleSize": 10_000,
        });
    } else {
        push_bounded(calculations, MAX_CALCULATIONS, asked);
    }
    operation["operationId"] = json!(state.ids.uuid());
    Ok(Response::json(json!({ "operation": operation })))
}
