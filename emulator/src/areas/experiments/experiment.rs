//! One experiment: what it consists of, what is wrong with it, and what may become of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{object, rfc3339};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Experiment {
    pub(super) id: String,
    /// The body of the latest create or update.
    pub(super) definition: Map<String, Value>,
    pub(super) state: Stage,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) scheduled: Option<Timestamp>,
    pub(super) started: Option<Timestamp>,
    pub(super) stopped: Option<Timestamp>,
    /// How often its statistics were asked for.
    pub(super) looks: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    #[default]
    Draft,
    Scheduled,
    Running,
    Completed,
    Deleted,
}

/// A change that takes effect when its operation is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Change {
    Create(Map<String, Value>),
    Update(Map<String, Value>),
    Discard,
    Start,
    Schedule(Timestamp),
    Complete,
}

/// Why an operation failed: the end of the service's word for it, and a sentence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Problem {
    kind: String,
    message: String,
}

impl Stage {
    pub(super) fn word(self) -> &'static str {
        match self {
            Stage::Draft => "EXPERIMENT_STATE_DRAFT",
            Stage::Scheduled => "EXPERIMENT_STATE_SCHEDULED",
            Stage::Running => "EXPERIMENT_STATE_RUNNING",
            Stage::Completed => "EXPERIMENT_STATE_COMPLETED",
            Stage::Deleted => "EXPERIMENT_STATE_DELETED",
        }
    }
}

impl Change {
    /// What the service says while it is at it.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Change::Create(_) => "OPERATIONAL_STATUS_CREATING",
            Change::Update(_) => "OPERATIONAL_STATUS_UPDATING",
            Change::Discard => "OPERATIONAL_STATUS_DELETING",
            Change::Start => "OPERATIONAL_STATUS_STARTING",
            Change::Schedule(_) => "OPERATIONAL_STATUS_SCHEDULING",
            Change::Complete => "OPERATIONAL_STATUS_STOPPING",
        }
    }

    /// Whether an experiment in this state can be changed so. Roblox does not say; this is what the words suggest.
    pub(super) fn suits(&self, stage: Stage) -> bool {
        match self {
            Change::Create(_) => true,
            Change::Update(_) | Change::Start => matches!(stage, Stage::Draft | Stage::Scheduled),
            Change::Schedule(_) => stage == Stage::Draft,
            Change::Complete => stage == Stage::Running,
            Change::Discard => !matches!(stage, Stage::Running | Stage::Deleted),
        }
    }
}

impl Problem {
    pub(super) fn new(kind: &str, message: impl Into<String>) -> Problem {
        Problem { kind: kind.to_owned(), message: message.into() }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "errorType": format!("EXPERIMENT_API_ERROR_TYPE_{}", self.kind),
            "errorCode": self.kind,
            "errorMessage": self.message,
        })
    }
}

impl Experiment {
    pub(super) fn new(id: String, definition: Map<String, Value>, now: Timestamp) -> Experiment {
        Experiment { id, definition, created: now, updated: now, ..Experiment::default() }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.definition.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn configuration(&self) -> Value {
        self.definition.get("experimentConfiguration").cloned().unwrap_or_default()
    }

    pub(super) fn product_type(&self) -> String {
        let configuration = self.configuration();
        let named = configuration["productType"].as_str();
        named.unwrap_or("EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS").to_owned()
    }

    fn variants(&self) -> Vec<Value> {
        let configuration = self.configuration();
        let of = |name: &str| configuration[name]["variants"].as_array().cloned().unwrap_or_default();
        if self.product_type().ends_with("MATCHMAKING") {
            of("matchmakingExperimentConfiguration")
        } else {
            of("inGameConfigExperimentConfiguration")
        }
    }

    /// The key whose value the experiment varies.
    pub(super) fn config_key(&self) -> Option<String> {
        let keys = self.variants();
        keys.iter().find_map(|variant| variant["configEntry"]["key"].as_str().map(str::to_owned))
    }

    pub(super) fn has_variant(&self, id: &str) -> bool {
        self.variants().iter().any(|variant| variant["variantMeta"]["variantId"] == id)
    }

    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<Problem> {
        if self.text("name").trim().is_empty() {
            return Some(Problem::new("INVALID_EXPERIMENT_NAME", "The experiment has no name."));
        }
        if self.definition.get("durationSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds <= 0)
        {
            return Some(Problem::new("INVALID_DURATION", "The duration must be positive."));
        }
        let variants = self.variants();
        let baselines =
            variants.iter().filter(|variant| variant["variantMeta"]["isBaseline"] == true).count();
        if baselines != 1 {
            let message = format!("Exactly one variant must be the baseline, not {baselines}.");
            return Some(Problem::new("MUST_HAVE_EXACTLY_ONE_BASELINE_VARIANT", message));
        }
        if self.product_type().ends_with("IN_GAME_CONFIGS") {
            let others = variants.iter().filter(|variant| variant["variantMeta"]["isBaseline"] != true);
            for variant in others {
                if variant["configEntry"]["key"].as_str().is_none_or(str::is_empty) {
                    return Some(Problem::new("CONFIGS_VARIANT_MISSING_KEY", "A variant names no key."));
                }
            }
        }
        None
    }

    pub(super) fn summary(&self) -> Value {
        let mut summary = self.common();
        summary.insert("productType".to_owned(), json!(self.product_type()));
        summary.insert("experimentConfigKey".to_owned(), json!(self.config_key().unwrap_or_default()));
        Value::Object(summary)
    }

    pub(super) fn json(&self, status: &str) -> Value {
        let mut json = self.common();
        for name in ["experimentConfiguration", "exposurePercent", "targetingCriteria"] {
            if let Some(value) = self.definition.get(name).filter(|value| !value.is_null()) {
                json.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(metric) = self.definition.get("universeGoalMetric").filter(|metric| !metric.is_null()) {
            let metrics = json!({ "goalMetric": metric, "learningMetrics": [] });
            json.insert("universeMetricConfiguration".to_owned(), metrics);
        }
        json.insert("operationalStatus".to_owned(), json!(status));
        Value::Object(json)
    }

    fn common(&self) -> Map<String, Value> {
        let time = |time: Option<Timestamp>| time.map(rfc3339);
        let mut common = object(json!({
            "id": self.id,
            "name": self.text("name"),
            "description": self.text("description"),
            "state": self.state.word(),
            "createdBy": "1001",
            "createdTime": rfc3339(self.created),
            "lastUpdatedTime": rfc3339(self.updated),
            "scheduledTime": time(self.scheduled),
            "startedTime": time(self.started),
            "stoppedTime": time(self.stopped),
        }));
        if let Some(seconds) = self.definition.get("durationSeconds").filter(|seconds| !seconds.is_null()) {
            common.insert("durationSeconds".to_owned(), seconds.clone());
        }
        common
    }
}
