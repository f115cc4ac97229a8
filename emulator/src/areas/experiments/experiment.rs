//! One experiment: what it consists of, what is wrong with it, and what may become of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{object, rfc3339};

const DAY: i64 = 86_400;
/// How long an experiment may run, in seconds, as Roblox's guide says.
const DURATION: std::ops::RangeInclusive<i64> = 14 * DAY..=60 * DAY;
/// How many variants an experiment with configs has at most, as Roblox's guide says.
const MAX_VARIANTS: usize = 3;

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
    /// Completes it, and gives everybody the variant that is named.
    RollOut(String),
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
            Change::Complete | Change::RollOut(_) => "OPERATIONAL_STATUS_STOPPING",
        }
    }

    /// Whether an experiment in this state can be changed so. Roblox's guide says that nothing but the time of its
    /// start can change once it is scheduled; the rest is what the words suggest.
    pub(super) fn suits(&self, stage: Stage) -> bool {
        match self {
            Change::Create(_) => true,
            Change::Update(_) => stage == Stage::Draft,
            Change::Start | Change::Schedule(_) => matches!(stage, Stage::Draft | Stage::Scheduled),
            Change::Complete | Change::RollOut(_) => stage == Stage::Running,
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

    pub(super) fn is_matchmaking(&self) -> bool {
        self.product_type().ends_with("MATCHMAKING")
    }

    /// The property of the configuration that holds the variants.
    fn product(&self) -> &'static str {
        match self.is_matchmaking() {
            true => "matchmakingExperimentConfiguration",
            false => "inGameConfigExperimentConfiguration",
        }
    }

    fn variants(&self) -> Vec<Value> {
        let configuration = self.configuration();
        configuration[self.product()]["variants"].as_array().cloned().unwrap_or_default()
    }

    /// Begins to run. From then on variants have ids, says Roblox's guide; those that the definition gives stay.
    pub(super) fn run(&mut self, at: Timestamp) {
        self.state = Stage::Running;
        self.started = Some(at);
        let product = self.product();
        let configuration = self.definition.get_mut("experimentConfiguration");
        let variants =
            configuration.and_then(|configuration| configuration[product]["variants"].as_array_mut());
        for (number, variant) in variants.into_iter().flatten().enumerate() {
            let meta = &mut variant["variantMeta"];
            if meta["variantId"].as_str().is_none_or(str::is_empty) {
                meta["variantId"] = json!(format!("{}-{number}", self.id));
            }
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

    /// The key and the value that a variant gives the config.
    pub(super) fn config_entry(&self, variant: &str) -> Option<(String, Value)> {
        let variants = self.variants();
        let variant = variants.iter().find(|known| known["variantMeta"]["variantId"] == variant)?;
        let entry = &variant["configEntry"];
        Some((entry["key"].as_str()?.to_owned(), entry.get("entryValue")?.clone()))
    }

    /// Says what is wrong with it, if anything is.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let nameless = self.text("name").trim().is_empty();
        refuse_if!(nameless, Problem::new("INVALID_EXPERIMENT_NAME", "The experiment has no name."));
        let seconds = self.definition.get("durationSeconds").and_then(Value::as_i64);
        let has_wrong_length = seconds.is_some_and(|seconds| !DURATION.contains(&seconds));
        refuse_if!(has_wrong_length, Problem::new("INVALID_DURATION", "The duration must be 14 to 60 days."));
        let variants = self.variants();
        let (baselines, others): (Vec<_>, Vec<_>) =
            variants.iter().partition(|variant| variant["variantMeta"]["isBaseline"] == true);
        let message = format!("Exactly one variant must be the baseline, not {}.", baselines.len());
        refuse_if!(baselines.len() != 1, Problem::new("MUST_HAVE_EXACTLY_ONE_BASELINE_VARIANT", message));
        let has_too_many = !self.is_matchmaking() && variants.len() > MAX_VARIANTS;
        let message = format!("There must be at most {MAX_VARIANTS} variants, the baseline included.");
        refuse_if!(has_too_many, Problem::new("INVALID_VARIANT_CONFIGURATION", message));
        let has_no_key = |variant: &&Value| variant["configEntry"]["key"].as_str().is_none_or(str::is_empty);
        let lacks_key = self.product_type().ends_with("IN_GAME_CONFIGS") && others.iter().any(has_no_key);
        refuse_if!(lacks_key, Problem::new("CONFIGS_VARIANT_MISSING_KEY", "A variant names no key."));
        Ok(())
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
