use crate::Error;
use crate::wire::debug_fields;
use serde_json::Value;
use std::time::Duration;

/// What is known of an operation that is not done.
#[derive(Clone, Default)]
pub struct Progress {
    pub(super) polls: u32,
    pub(super) failures: u32,
    pub(super) elapsed: Duration,
    pub(super) status: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) error: Option<Error>,
}

// Without the metadata, which may be the service's whole response and hold anything.
debug_fields!(Progress { polls, failures, elapsed, status, error });

impl Progress {
    /// How many polls were made.
    pub fn polls(&self) -> u32 {
        self.polls
    }

    /// How many polls in a row have failed; 0 if the last one did not.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Why the last poll failed, if it did.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// How long the operation was waited for; zero for a single [`Operation::poll`](super::Operation::poll).
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The service's own word for the state, where it has one: `QUEUED`, `PROCESSING`, ...
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// What the service said last beside the state; see [`Operation::metadata`](super::Operation::metadata).
    pub fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }
}
