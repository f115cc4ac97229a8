//! Scripts of Luau tasks whose outcome a test decides: see [`Builder::luau`](crate::Builder::luau).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// A task that is to be run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LuauTask<'a> {
    pub universe: u64,
    pub place: u64,
    /// The version of the place that the script runs in.
    pub version: u64,
    pub script: &'a str,
    pub timeout: Duration,
    /// What was uploaded for the task, if anything was.
    pub binary_input: Option<&'a [u8]>,
}

/// What comes of a task: logs, and then results or an error.
///
/// ```
/// use opencloud_emulator::{LuauError, LuauLog, LuauRun};
///
/// let run = LuauRun::returns([42.into()]).log(LuauLog::Output, "counted");
/// let failed = LuauRun::fails(LuauError::DeadlineExceeded, "It took too long.");
/// # let _ = (run, failed);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LuauRun {
    pub(crate) logs: Vec<(LuauLog, String)>,
    pub(crate) end: Result<Vec<Value>, (LuauError, String)>,
    pub(crate) binary_output: Option<Vec<u8>>,
}

/// What kind of message a script logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LuauLog {
    Output,
    Info,
    Warning,
    Error,
}

/// Why a script fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LuauError {
    ScriptError,
    DeadlineExceeded,
    OutputSizeLimitExceeded,
    InternalError,
}

impl LuauRun {
    /// A script that ends with these results. More than 4 MB of them, as JSON, fail the task, as they do at Roblox.
    pub fn returns(results: impl IntoIterator<Item = Value>) -> LuauRun {
        let results = results.into_iter().collect();
        LuauRun { logs: Vec::new(), end: Ok(results), binary_output: None }
    }

    /// A script that fails.
    pub fn fails(error: LuauError, message: impl Into<String>) -> LuauRun {
        LuauRun { logs: Vec::new(), end: Err((error, message.into())), binary_output: None }
    }

    /// Adds a message after those that were logged before.
    #[must_use]
    pub fn log(mut self, kind: LuauLog, message: impl Into<String>) -> LuauRun {
        self.logs.push((kind, message.into()));
        self
    }

    /// The file that the script leaves behind, for a task that asks for one. Otherwise its input comes out again.
    #[must_use]
    pub fn binary_output(mut self, content: impl Into<Vec<u8>>) -> LuauRun {
        self.binary_output = Some(content.into());
        self
    }
}

impl LuauLog {
    pub(crate) fn name(self) -> &'static str {
        match self {
            LuauLog::Output => "OUTPUT",
            LuauLog::Info => "INFO",
            LuauLog::Warning => "WARNING",
            LuauLog::Error => "ERROR",
        }
    }
}

impl LuauError {
    pub(crate) const ALL: [LuauError; 4] = [
        LuauError::ScriptError,
        LuauError::DeadlineExceeded,
        LuauError::OutputSizeLimitExceeded,
        LuauError::InternalError,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            LuauError::ScriptError => "SCRIPT_ERROR",
            LuauError::DeadlineExceeded => "DEADLINE_EXCEEDED",
            LuauError::OutputSizeLimitExceeded => "OUTPUT_SIZE_LIMIT_EXCEEDED",
            LuauError::InternalError => "INTERNAL_ERROR",
        }
    }
}

/// Decides what comes of scripts; none for those that it does not know.
#[derive(Clone)]
pub(crate) struct Scripts(Arc<Decide>);

type Decide = dyn Fn(&LuauTask<'_>) -> Option<LuauRun> + Send + Sync;

impl Scripts {
    pub(crate) fn new(decide: impl Fn(&LuauTask<'_>) -> Option<LuauRun> + Send + Sync + 'static) -> Scripts {
        Scripts(Arc::new(decide))
    }

    pub(crate) fn run(&self, task: &LuauTask<'_>) -> Option<LuauRun> {
        (self.0)(task)
    }
}

impl Default for Scripts {
    fn default() -> Scripts {
        Scripts::new(|_| None)
    }
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripts")
    }
}
