//! Experiments. Each change is an operation of its own dialect and takes effect when the operation is done.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::experiment::{Change, Experiment, Problem, Stage};
use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::state::State;

mod experiment;
mod numbers;

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
    (
        "GET /creator-configs-public-api/v1/experimentation/universes/{u}/experiments/{e}/stats",
        numbers::stats,
    ),
    (
        "POST /creator-configs-public-api/v1/experimentation/universes/{u}/experiments:calculateMde",
        numbers::mde,
    ),
];

const MAX_EXPERIMENTS: usize = 10_000;
const MAX_OPERATIONS: usize = 10_000;
/// How many experiments the universe 2001 has from the beginning, so that its list has pages.
const SEEDED: i64 = 25;
/// An operation is done when it is polled that often, or after this many seconds.
const POLLS: u32 = 2;
const OPERATION_SECONDS: i64 = 10;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Experiments {
    universes: BTreeMap<u64, BTreeMap<String, Experiment>>,
    /// The oldest first.
    operations: VecDeque<Operation>,
    /// Calculations that were asked for once already, as they were asked for.
    calculations: VecDeque<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Operation {
    id: String,
    universe: u64,
    experiment: String,
    created: Timestamp,
    polls: u32,
    change: Change,
    outcome: Option<Result<Option<Value>, Problem>>,
}

impl Experiments {
    /// A draft and a running experiment, for sample requests, and more drafts.
    pub(crate) fn seeded(now: Timestamp) -> Experiments {
        let new = |id: String, age: i64, key: &str| {
            let created = later(now, -age * 86_400);
            (id.clone(), Experiment::new(id, sample(key), created))
        };
        let mut experiments: BTreeMap<_, _> =
            (3..=SEEDED).map(|number| new((9_500 + number).to_string(), number, "drafted-key")).collect();
        experiments.extend([new("sample".to_owned(), 1, "drafted-key")]);
        let (id, mut running) = new("sample-running".to_owned(), 3, "running-key");
        running.run(later(now, -2 * 86_400));
        experiments.insert(id, running);
        let done = Operation {
            id: "sample".to_owned(),
            universe: 2001,
            experiment: "sample".to_owned(),
            created: now,
            polls: POLLS,
            change: Change::Discard,
            outcome: Some(Ok(None)),
        };
        Experiments {
            universes: BTreeMap::from([(2001, experiments)]),
            operations: VecDeque::from([done]),
            calculations: VecDeque::new(),
        }
    }

    /// Lets happen what was to happen by now: operations that took their time, and scheduled starts. Says whether
    /// anything was.
    fn settle(&mut self, now: Timestamp) -> bool {
        let due: Vec<usize> = (0..self.operations.len())
            .filter(|index| {
                let operation = &self.operations[*index];
                let waited = later(operation.created, OPERATION_SECONDS) <= now;
                operation.outcome.is_none() && (operation.polls >= POLLS || waited)
            })
            .collect();
        let mut changed = !due.is_empty();
        for index in due {
            let operation = self.operations[index].clone();
            self.operations[index].outcome = Some(self.apply(&operation, now));
        }
        for experiment in self.universes.values_mut().flat_map(BTreeMap::values_mut) {
            if let Some(time) = experiment.scheduled.filter(|time| *time <= now)
                && experiment.state == Stage::Scheduled
            {
                experiment.run(time);
                changed = true;
            }
        }
        changed
    }

    fn apply(&mut self, operation: &Operation, now: Timestamp) -> Result<Option<Value>, Problem> {
        let experiments = self.universes.entry(operation.universe).or_default();
        let mut changed = match &operation.change {
            Change::Create(definition) => {
                Experiment::new(operation.experiment.clone(), definition.clone(), now)
            }
            _ => experiments
                .get(&operation.experiment)
                .filter(|experiment| operation.change.suits(experiment.state))
                .cloned()
                .ok_or_else(|| Problem::new("SYSTEM_ERROR", "The experiment has changed in the meantime."))?,
        };
        match &operation.change {
            Change::Create(_) => {}
            Change::Update(definition) => changed.definition = definition.clone(),
            Change::Discard => changed.state = Stage::Deleted,
            Change::Start => {
                let running = || {
                    let others = experiments.values().filter(|other| other.id != changed.id);
                    others.filter(|other| other.state == Stage::Running)
                };
                let key = changed.config_key();
                if key.is_some() && running().any(|other| other.config_key() == key) {
                    let message = "Another experiment runs with the same key.";
                    return Err(Problem::new("CONFIGS_KEY_ALREADY_IN_USE", message));
                }
                if changed.is_matchmaking() && running().any(Experiment::is_matchmaking) {
                    let message = "Another matchmaking experiment runs in the universe.";
                    return Err(Problem::new("MATCHMAKING_OVERLAPPING_RUNTIME", message));
                }
                changed.run(now);
            }
            Change::Schedule(time) => {
                changed.state = Stage::Scheduled;
                changed.scheduled = Some(*time);
            }
            Change::Complete => {
                changed.state = Stage::Completed;
                changed.stopped = Some(now);
            }
        }
        if let Some(problem) = changed.problem() {
            return Err(problem);
        }
        changed.updated = now;
        // A discarded experiment is not in the answer, although it is kept.
        let is_gone = changed.state == Stage::Deleted;
        let json = changed.json("OPERATIONAL_STATUS_READY");
        experiments.insert(changed.id.clone(), changed);
        Ok((!is_gone).then_some(json))
    }

    /// What is being done to an experiment at the moment.
    fn status(&self, experiment: &str) -> &'static str {
        self.operations
            .iter()
            .find(|operation| operation.experiment == experiment && operation.outcome.is_none())
            .map_or("OPERATIONAL_STATUS_READY", |operation| operation.change.status())
    }
}

impl Operation {
    fn json(&self) -> Value {
        let status = match self.outcome {
            None => self.change.status(),
            Some(_) => "OPERATIONAL_STATUS_READY",
        };
        let mut operation = json!({
            "operationId": self.id,
            "status": status,
            "createdTime": rfc3339(self.created),
            "done": self.outcome.is_some(),
        });
        match &self.outcome {
            Some(Ok(Some(experiment))) => operation["experiment"] = experiment.clone(),
            Some(Err(problem)) => operation["error"] = problem.json(),
            Some(Ok(None)) | None => {}
        }
        json!({ "operation": operation })
    }
}

/// The definition of an experiment that is there from the beginning.
fn sample(key: &str) -> Map<String, Value> {
    let variant = |id: &str, is_baseline: bool, value: i32| {
        json!({
            "variantMeta": { "variantId": id, "isBaseline": is_baseline, "weight": 50 },
            "configEntry": { "key": key, "entryValue": value },
        })
    };
    let variants = [variant("control", true, 1), variant("sample", false, 2)];
    let definition = json!({
        "name": "Sample experiment",
        "description": "There from the beginning.",
        "durationSeconds": 1_209_600,
        "experimentConfiguration": {
            "productType": "EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS",
            "inGameConfigExperimentConfiguration": { "variants": variants },
        },
    });
    definition.as_object().cloned().unwrap_or_default()
}

fn settle(state: &mut State, now: Timestamp) {
    if state.experiments.settle(now) {
        state.touch();
    }
}

/// The universe and the experiment of a call, as they are now.
fn experiment<'a>(state: &'a mut State, call: &Call<'_>) -> Result<(u64, &'a mut Experiment), Failure> {
    let universe = call.number("universeId")?;
    settle(state, call.now);
    let id = call.param("experimentId");
    let experiments = state.experiments.universes.get_mut(&universe);
    experiments
        .and_then(|experiments| experiments.get_mut(id))
        .map(|experiment| (universe, experiment))
        .ok_or_else(|| Failure::not_found(format!("The experiment '{id}' does not exist.")))
}

fn begin(state: &mut State, call: &Call<'_>, universe: u64, experiment: String, change: Change) -> Outcome {
    let operation = Operation {
        id: state.uuid(),
        universe,
        experiment,
        created: call.now,
        polls: 0,
        change,
        outcome: None,
    };
    let operations = &mut state.experiments.operations;
    if operations.len() >= MAX_OPERATIONS {
        operations.pop_front();
    }
    let reply = operation.json();
    operations.push_back(operation);
    Ok(Reply::json(reply))
}

/// Begins to change an experiment that there is.
fn change(state: &mut State, call: &Call<'_>, change: Change) -> Outcome {
    let (universe, experiment) = experiment(state, call)?;
    if !change.suits(experiment.state) {
        return Err(Failure::invalid(format!(
            "The experiment is in the state {}, in which this cannot be done.",
            experiment.state.word()
        )));
    }
    let id = experiment.id.clone();
    begin(state, call, universe, id, change)
}

/// What is wrong with an experiment shows in the operation, not in this answer.
fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let definition = definition(call)?;
    let count: usize = state.experiments.universes.values().map(BTreeMap::len).sum();
    if count >= MAX_EXPERIMENTS {
        return Err(Failure::exhausted("The emulator holds no more experiments."));
    }
    let id = state.new_id().to_string();
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

fn discard(state: &mut State, call: &Call<'_>) -> Outcome {
    change(state, call, Change::Discard)
}

fn start(state: &mut State, call: &Call<'_>) -> Outcome {
    change(state, call, Change::Start)
}

fn schedule(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let time = text(&body, "scheduledStartTime").and_then(|text| text.parse::<Timestamp>().ok()).ok_or_else(
        || Failure::invalid("The scheduledStartTime must be a time such as 2026-01-02T03:04:05Z."),
    )?;
    if time <= call.now {
        return Err(Failure::invalid("The scheduledStartTime must be in the future."));
    }
    change(state, call, Change::Schedule(time))
}

fn complete(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = if call.body.is_empty() { Map::new() } else { call.json()? };
    if let Some(variant) = text(&body, "variantId") {
        let (_, experiment) = experiment(state, call)?;
        if !experiment.has_variant(variant) {
            return Err(Failure::invalid(format!("The experiment has no variant '{variant}'.")));
        }
    }
    change(state, call, Change::Complete)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let experiment = experiment(state, call)?.1.clone();
    let status = state.experiments.status(&experiment.id);
    Ok(Reply::json(json!({ "experiment": experiment.json(status) })))
}

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let id = call.param("operationId");
    state.touch();
    let experiments = &mut state.experiments;
    let missing = || Failure::not_found(format!("The operation '{id}' does not exist."));
    let of_call = |operation: &&mut Operation| operation.id == id && operation.universe == universe;
    let operation = experiments.operations.iter_mut().find(of_call).ok_or_else(missing)?;
    operation.polls = operation.polls.saturating_add(1);
    experiments.settle(call.now);
    let operation = experiments.operations.iter().find(|operation| operation.id == id);
    Ok(Reply::json(operation.ok_or_else(missing)?.json()))
}

/// The latest first, unless asked otherwise. What was discarded is only in it if it is asked for.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    settle(state, call.now);
    let number = |name: &str, unless: usize| match call.given(name) {
        None => Ok(unless),
        Some(text) => text
            .parse()
            .map_err(|_| Failure::invalid(format!("{name} must be a number that is not negative."))),
    };
    let (skip, size) = (number("skip", 0)?, number("maxPageSize", 10)?.clamp(1, 100));
    let states: Vec<&str> = call
        .query
        .iter()
        .filter(|(name, _)| name == "stateFilters")
        .flat_map(|(_, value)| value.split(','))
        .filter(|word| !word.is_empty())
        .collect();
    let search = call.given("searchKey").unwrap_or_default().to_lowercase();
    let product = call.given("productTypeFilter");
    let mut found: Vec<&Experiment> = state
        .experiments
        .universes
        .get(&universe)
        .into_iter()
        .flat_map(BTreeMap::values)
        .filter(|experiment| match states.is_empty() {
            true => experiment.state != Stage::Deleted,
            false => states.contains(&experiment.state.word()),
        })
        .filter(|experiment| experiment.text("name").to_lowercase().contains(&search))
        .filter(|experiment| product.is_none_or(|product| experiment.product_type() == product))
        .collect();
    match call.given("sortKey") {
        Some("LIST_EXPERIMENT_SORT_KEY_NAME") => {
            found.sort_by_key(|experiment| experiment.text("name").to_owned())
        }
        Some("LIST_EXPERIMENT_SORT_KEY_START_TIME") => found.sort_by_key(|experiment| experiment.started),
        _ => found.sort_by_key(|experiment| experiment.updated),
    }
    if call.given("sortOrder") != Some("SORT_ORDER_ASCENDING") {
        found.reverse();
    }
    let total = found.len();
    let page: Vec<_> = found.into_iter().skip(skip).take(size).map(Experiment::summary).collect();
    Ok(Reply::json(json!({ "experiments": page, "total": total })))
}
