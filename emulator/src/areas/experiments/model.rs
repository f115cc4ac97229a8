//! State and rules of experiments.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{later, object, rfc3339};
use crate::areas::experiments::experiment::{Change, Experiment, Problem, Stage};

/// How many experiments the universe 2001 has from the beginning, so that its list has pages.
const SEEDED: i64 = 25;
/// An operation is done when it is polled that often, or after this many seconds.
const POLLS: u32 = 2;
const OPERATION_SECONDS: i64 = 10;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Experiments {
    pub(super) universes: BTreeMap<u64, BTreeMap<String, Experiment>>,
    /// The oldest first.
    pub(super) operations: VecDeque<Operation>,
    /// Calculations that were asked for once already, as they were asked for.
    pub(super) calculations: VecDeque<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) universe: u64,
    pub(super) experiment: String,
    pub(super) created: Timestamp,
    pub(super) polls: u32,
    pub(super) change: Change,
    pub(super) outcome: Option<Result<Option<Value>, Problem>>,
}

/// What has happened meanwhile.
pub(super) struct Settled {
    pub(super) is_changed: bool,
    pub(super) rolled_out: Vec<RolledOut>,
}

/// The config value of a variant that everybody gets.
pub(super) struct RolledOut {
    pub(super) universe: u64,
    pub(super) key: String,
    pub(super) value: Value,
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

    /// Lets happen what was to happen by now: operations that took their time, and scheduled starts.
    pub(super) fn settle(&mut self, now: Timestamp) -> Settled {
        let is_due = |operation: &Operation| {
            let waited = later(operation.created, OPERATION_SECONDS) <= now;
            operation.outcome.is_none() && (operation.polls >= POLLS || waited)
        };
        let due = (0..self.operations.len()).filter(|index| is_due(&self.operations[*index]));
        let due: Vec<_> = due.collect();
        let mut settled = Settled { is_changed: !due.is_empty(), rolled_out: Vec::new() };
        for index in due {
            let operation = self.operations[index].clone();
            let outcome = self.apply(&operation, now);
            if outcome.is_ok() {
                settled.rolled_out.extend(self.rolled_out(&operation));
            }
            self.operations[index].outcome = Some(outcome);
        }
        for experiment in self.universes.values_mut().flat_map(BTreeMap::values_mut) {
            if let Some(time) = experiment.scheduled.filter(|time| *time <= now)
                && experiment.state == Stage::Scheduled
            {
                experiment.run(time);
                settled.is_changed = true;
            }
        }
        settled
    }

    /// What everybody gets from now on, if the operation has rolled a variant out.
    fn rolled_out(&self, operation: &Operation) -> Option<RolledOut> {
        let Change::RollOut(variant) = &operation.change else { return None };
        let experiment = self.universes.get(&operation.universe)?.get(&operation.experiment)?;
        let (key, value) = experiment.config_entry(variant)?;
        Some(RolledOut { universe: operation.universe, key, value })
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
            Change::Complete | Change::RollOut(_) => {
                changed.state = Stage::Completed;
                changed.stopped = Some(now);
            }
        }
        changed.check()?;
        changed.updated = now;
        // A discarded experiment is not in the response, although it is kept.
        let is_gone = changed.state == Stage::Deleted;
        let json = changed.json("OPERATIONAL_STATUS_READY");
        experiments.insert(changed.id.clone(), changed);
        Ok((!is_gone).then_some(json))
    }

    /// What is being done to an experiment at the moment.
    pub(super) fn status(&self, experiment: &str) -> &'static str {
        let mut running = self.operations.iter().filter(|operation| operation.outcome.is_none());
        let of_it = running.find(|operation| operation.experiment == experiment);
        of_it.map_or("OPERATIONAL_STATUS_READY", |operation| operation.change.status())
    }
}

impl Operation {
    pub(super) fn json(&self) -> Value {
        let is_done = self.outcome.is_some();
        let status = if is_done { "OPERATIONAL_STATUS_READY" } else { self.change.status() };
        let mut operation = json!({
            "operationId": self.id,
            "status": status,
            "createdTime": rfc3339(self.created),
            "done": is_done,
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
    object(json!({
        "name": "Sample experiment",
        "description": "There from the beginning.",
        "durationSeconds": 1_209_600,
        "experimentConfiguration": {
            "productType": "EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS",
            "inGameConfigExperimentConfiguration": { "variants": variants },
        },
    }))
}
