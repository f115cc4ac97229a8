//! Luau: scripts run, and what they return, log, read and write.

mod binary;
mod emulator;
mod logs;
mod outcomes;
#[cfg(feature = "places")]
mod pool;
mod runs;

use opencloud::testing::MockResponse;
use serde_json::{Value, json};

pub(crate) const CREATE: &str = "/cloud/v2/universes/1/places/2/luau-execution-session-tasks";
pub(crate) const TASK: &str = "universes/1/places/2/versions/3/luau-execution-sessions/s/tasks/t";

/// Where the task is asked about.
pub(crate) fn task_url() -> String {
    format!("/cloud/v2/{TASK}")
}

pub(crate) fn logs_url() -> String {
    format!("/cloud/v2/{TASK}/logs")
}

/// The task in a state.
pub(crate) fn task(state: &str) -> MockResponse {
    MockResponse::json(json!({ "path": TASK, "state": state }))
}

/// The task, complete.
pub(crate) fn complete(results: Value) -> MockResponse {
    MockResponse::json(json!({ "path": TASK, "state": "COMPLETE", "output": { "results": results } }))
}

pub(crate) fn failed(error: Value) -> MockResponse {
    MockResponse::json(json!({ "path": TASK, "state": "FAILED", "error": error }))
}
