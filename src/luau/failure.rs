//! Why a script did not come to its end.

use super::{LuauTaskErrorCode as Code, guard};
use crate::error::OneLine;
use crate::{Error, ErrorKind};
use std::fmt::{self, Write};

/// Why a task has ended without a result: what the error of a [`Run`](super::Run) or
/// [`Task`](super::Task) says, typed.
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// use opencloud::luau::Failure;
///
/// match client.luau().run("error('no spawn location')").at(42, 43).await {
///     Ok(finished) => println!("{:?}", finished.results()),
///     Err(error) => match Failure::of(&error) {
///         Some(Failure::Script { message, .. }) => println!("the script failed: {message}"),
///         Some(failure) => println!("{failure}"),
///         None => return Err(error), // the service was not reached, the key may not do this, ...
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The script raised an error, or is not a Luau.
    #[non_exhaustive]
    Script {
        /// What the service says of it.
        message: String,
    },
    /// The script ran longer than its timeout.
    #[non_exhaustive]
    TimedOut {
        /// What the service says of it.
        message: String,
    },
    /// What the script returned is larger than 4 MB.
    #[non_exhaustive]
    OutputTooLarge {
        /// What the service says of it.
        message: String,
    },
    /// The service failed; the script may be run again. If it fails the same way, it may return too much (LX-19).
    #[non_exhaustive]
    Internal {
        /// What the service says of it.
        message: String,
    },
    /// The place runs another version than [`Run::expect_version`](super::Run::expect_version) asks for;
    /// nothing of the script was run.
    #[non_exhaustive]
    OtherVersion {
        /// The version that runs.
        found: u64,
        /// The version that was asked for.
        expected: u64,
        /// What the service says of it.
        message: String,
    },
    /// The task was cancelled.
    Cancelled,
    /// Something that this version of the crate does not know.
    #[non_exhaustive]
    Other {
        /// The service's code, if it gave one.
        code: Option<String>,
        /// What the service says of it.
        message: String,
    },
}

const CANCELLED: &str = "CANCELLED";

impl Failure {
    /// The failure of the task that an error is about; `None` if the error is another: of a request, or
    /// because the task was not waited for long enough.
    pub fn of(error: &Error) -> Option<Self> {
        let is_task = error.operation().is_some_and(|operation| operation.area == "luau");
        if !is_task || error.kind() != ErrorKind::Operation {
            return None;
        }
        let message = error.message().to_owned();
        let Some(code) = error.code() else { return Some(Self::Other { code: None, message }) };
        Some(match Code::from(code) {
            Code::ScriptError => match guard::found(&message) {
                Some((found, expected)) => Self::OtherVersion { found, expected, message },
                None => Self::Script { message },
            },
            Code::DeadlineExceeded => Self::TimedOut { message },
            Code::OutputSizeLimitExceeded => Self::OutputTooLarge { message },
            Code::InternalError => Self::Internal { message },
            _ if code == CANCELLED => Self::Cancelled,
            _ => Self::Other { code: Some(code.to_owned()), message },
        })
    }

    /// What the service says of it.
    pub fn message(&self) -> &str {
        match self {
            Self::Script { message }
            | Self::TimedOut { message }
            | Self::OutputTooLarge { message }
            | Self::Internal { message }
            | Self::OtherVersion { message, .. }
            | Self::Other { message, .. } => message,
            Self::Cancelled => "the task was cancelled",
        }
    }
}

impl fmt::Display for Failure {
    /// On one line, whatever the script has thrown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        let what = match self {
            Self::Script { .. } => "the script failed",
            Self::TimedOut { .. } => "the script ran longer than its timeout",
            Self::OutputTooLarge { .. } => "the script returned more than the service takes",
            Self::Internal { .. } => "the service could not run the script",
            Self::OtherVersion { found, expected, .. } => {
                return write!(
                    f,
                    "the place runs its version {found} and not {expected}; a copy of the new version may take a while"
                );
            }
            Self::Cancelled => return f.write_str(self.message()),
            Self::Other { code: Some(code), .. } => {
                return write!(f, "the task failed: {code}: {}", self.message());
            }
            Self::Other { code: None, .. } => "the task failed",
        };
        write!(f, "{what}: {}", self.message())
    }
}
