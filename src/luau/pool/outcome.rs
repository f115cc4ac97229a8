use crate::Error;
use crate::luau::{Failure, Finished, LuauLogMessage, TaskPath};
use std::time::Duration;

/// What became of a script of a [pool](super::Pool).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolOutcome {
    /// The name of the script.
    pub name: String,
    /// What the script has returned, or why it has not come to its end: see [`Run`](crate::luau::Run), and
    /// [`failure`](Self::failure).
    pub result: Result<Finished, Error>,
    /// What the script has logged, if the pool [reads logs](super::Pool::read_logs).
    pub logs: Vec<LuauLogMessage>,
    /// Why the logs could not be read.
    pub log_error: Option<Error>,
    /// The task that ran last; `None` if no task is known.
    pub task: Option<TaskPath>,
    /// How often the script was started; 0 if its task was made by an earlier run, or not at all.
    pub starts: u32,
    /// How long the last task was waited for.
    pub elapsed: Duration,
}

impl PoolOutcome {
    /// How the script has failed; `None` if it has succeeded, or if the failure is not the script's.
    pub fn failure(&self) -> Option<Failure> {
        self.result.as_ref().err().and_then(Failure::of)
    }
}

/// What is known of a script besides its result.
#[derive(Debug, Default)]
pub(super) struct Details {
    pub(super) logs: Vec<LuauLogMessage>,
    pub(super) log_error: Option<Error>,
    pub(super) task: Option<TaskPath>,
    pub(super) starts: u32,
    pub(super) elapsed: Duration,
}

impl Details {
    pub(super) fn outcome(self, name: String, result: Result<Finished, Error>) -> PoolOutcome {
        let Self { logs, log_error, task, starts, elapsed } = self;
        PoolOutcome { name, result, logs, log_error, task, starts, elapsed }
    }
}
