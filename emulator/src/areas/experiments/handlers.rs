//! Requests of experiments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, push_bounded, text, time};
use crate::areas::experiments::experiment::{Change, Experiment, Stage};
use crate::areas::experiments::model::{Operation, RolledOut};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /creator-configs-public-api/v1/experimentation/universes/{u}/experiments", list),
    ("POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments", create),
    ("GET /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}", get),
    ("PATCH /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}", update),
    ("DELETE /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}", discard),
    ("POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}:start", start),
    ("POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}:schedule", schedule),
    ("POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}:complete", complete),
    ("GET /creator-configs-public-api/v1/experimentation/universes/{u}/operations/{o}", get_operation),
];

const MAX_EXPERIMENTS: usize = 10_000;
const MAX_OPERATIONS: usize = 10_000;

/// A variant that is rolled out is published with the configs of the universe: Roblox says no more than that it is
/// rolled out, so the way is our reading.
fn settle(state: &mut State, now: Timestamp) {
    let settled = state.experiments.settle(now);
    if settled.is_changed {
        state.touch();
    }
    for RolledOut { universe, key, value } in settled.rolled_out {
        let revision = state.ids.uuid();
        state.configs.roll_out(universe, key, value, revision, now);
    }
}

/// The universe and the experiment of a call, as they are now.
pub(super) fn experiment<'a>(
    state: &'a mut State,
    call: &Call<'_>,
) -> Result<(u64, &'a mut Experiment), Failure> {
    let universe = call.number("universeId")?;
    settle(state, call.now);
    let id = call.param("experimentId");
    let experiments = state.experiments.universes.get_mut(&universe);
    let experiment = experiments.and_then(|experiments| experiments.get_mut(id));
    let experiment = experiment.ok_or_else(|| Failure::missing(format_args!("experiment '{id}'")))?;
    Ok((universe, experiment))
}

fn begin(state: &mut State, call: &Call<'_>, universe: u64, experiment: String, change: Change) -> Outcome {
    let operation = Operation {
        id: state.ids.uuid(),
        universe,
        experiment,
        created: call.now,
        polls: 0,
        change,
        outcome: None,
    };
    let response = operation.json();
    push_bounded(&mut state.experiments.operations, MAX_OPERATIONS, operation);
    Ok(Response::json(response))
}

/// Begins to change an experiment that there is.
fn change(state: &mut State, call: &Call<'_>, change: Change) -> Outcome {
    let (universe, experiment) = experiment(state, call)?;
    if !change.suits(experiment.state) {
        let now = experiment.state.word();
        let message = format!("The experiment is in the state {now}, in which this cannot be done.");
        return Err(Failure::invalid(message));
    }
    let id = experiment.id.clone();
    begin(state, call, universe, id, change)
}

fn discard(state: &mut State, call: &Call<'_>) -> Outcome {
    change(state, call, Change::Discard)
}

fn start(state: &mut State, call: &Call<'_>) -> Outcome {
    change(state, call, Change::Start)
}

/// What is wrong with an experiment shows in the operation, not in this response.
fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let definition = definition(call)?;
    let count: usize = state.experiments.universes.values().map(BTreeMap::len).sum();
    Failure::if_full(count, MAX_EXPERIMENTS, "experiments")?;
    let id = state.ids.new_id().to_string();
    begin(state, call, universe, id, Change::Create(definition))
}

/// Replaces everything that can be changed: what is left out is gone.
fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let definition = definition(call)?;
    change(state, call, Change::Update(definition))
}

fn definition(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    let body = call.json()?;
    let set = |name: &str| {
        body.get("experimentConfiguration").and_then(|all| all.get(name)).is_some_and(Value::is_object)
    };
    if set("inGameConfigExperimentConfiguration") && set("matchmakingExperimentConfiguration") {
        return Err(Failure::invalid("experimentConfiguration has the configurations of two products."));
    }
    if !(0..=100).contains(&body.get("exposurePercent").and_then(Value::as_i64).unwrap_or(0)) {
        return Err(Failure::invalid("exposurePercent must be between 0 and 100."));
    }
    Ok(body)
}

fn schedule(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let time = time("scheduledStartTime", text(&body, "scheduledStartTime").unwrap_or_default())?;
    refuse_if!(time <= call.now, "The scheduledStartTime must be in the future.");
    change(state, call, Change::Schedule(time))
}

fn complete(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = if call.body.is_empty() { Map::new() } else { call.json()? };
    let Some(variant) = text(&body, "variantId") else { return change(state, call, Change::Complete) };
    let (_, experiment) = experiment(state, call)?;
    refuse_if!(!experiment.has_variant(variant), "The experiment has no variant '{variant}'.");
    change(state, call, Change::RollOut(variant.to_owned()))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let experiment = experiment(state, call)?.1.clone();
    let status = state.experiments.status(&experiment.id);
    Ok(Response::json(json!({ "experiment": experiment.json(status) })))
}

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let id = call.param("operationId");
    state.touch();
    let experiments = &mut state.experiments;
    let missing = || Failure::missing(format_args!("operation '{id}'"));
    let of_call = |operation: &&mut Operation| operation.id == id && operation.universe == universe;
    let operation = experiments.operations.iter_mut().find(of_call).ok_or_else(missing)?;
    operation.polls = operation.polls.saturating_add(1);
    settle(state, call.now);
    let operation = state.experiments.operations.iter().find(|operation| operation.id == id);
    Ok(Response::json(operation.ok_or_else(missing)?.json()))
}

/// The latest first, unless asked otherwise. What was discarded is only in it if it is asked for.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    settle(state, call.now);
    let skip = call.query_number("skip", 0)?;
    let size = call.query_number("maxPageSize", 10)?.clamp(1, 100);
    let states: Vec<&str> = call.query_list("stateFilters").collect();
    let search = call.given("searchKey").unwrap_or_default().to_lowercase();
    let product = call.given("productTypeFilter");
    let is_asked_for = |experiment: &&Experiment| {
        let stage = experiment.state;
        (if states.is_empty() { stage != Stage::Deleted } else { states.contains(&stage.word()) })
            && experiment.text("name").to_lowercase().contains(&search)
            && product.is_none_or(|product| experiment.product_type() == product)
    };
    let all = state.experiments.universes.get(&universe).into_iter().flat_map(BTreeMap::values);
    let mut found: Vec<&Experiment> = all.filter(is_asked_for).collect();
    match call.given("sortKey") {
        Some("LIST_EXPERIMENT_SORT_KEY_NAME") => found.sort_by(|a, b| a.text("name").cmp(b.text("name"))),
        Some("LIST_EXPERIMENT_SORT_KEY_START_TIME") => found.sort_by_key(|experiment| experiment.started),
        _ => found.sort_by_key(|experiment| experiment.updated),
    }
    if call.given("sortOrder") != Some("SORT_ORDER_ASCENDING") {
        found.reverse();
    }
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(skip).take(size).map(Experiment::summary).collect();
    Ok(Response::json(json!({ "experiments": page, "total": total })))
}
