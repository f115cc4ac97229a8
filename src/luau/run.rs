//! Scripts, and where and how they run.

use super::task::Reference;
use super::{BinaryInput, Finished, Luau, LuauTask, Task};
use crate::Error;
use crate::call::{Options, helper_methods};
use crate::ids::{Id, PlaceId, UniverseId};
use crate::operation::PollPolicy;
use std::fmt;
use std::time::Duration;

/// The largest script, in bytes.
const LARGEST_SCRIPT: usize = 4 * 1024 * 1024;
/// The longest time that a script runs.
const LONGEST_RUN: Duration = Duration::from_secs(300);

/// A script, which still needs a place to run at. Made by [`Luau::run`].
#[derive(Clone)]
#[must_use = "a script runs at a place, when that is awaited"]
pub struct Script {
    luau: Luau,
    text: String,
}

impl Script {
    pub(super) fn new(luau: Luau, text: String) -> Self {
        Self { luau, text }
    }

    /// Runs against the newest version of a place.
    pub fn at(self, universe: impl Into<UniverseId>, place: impl Into<PlaceId>) -> Run {
        Run::new(self, universe.into(), place.into(), None)
    }

    /// Runs against this version of a place.
    pub fn at_version(
        self,
        universe: impl Into<UniverseId>,
        place: impl Into<PlaceId>,
        version: impl Into<Id>,
    ) -> Run {
        Run::new(self, universe.into(), place.into(), Some(version.into()))
    }
}

/// A run of a script. Awaiting it starts the script, waits until it has ended and gives what it returned.
///
/// # Errors
///
/// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the script, its timeout or its input is
/// not what the service takes. Of kind [`RateLimited`](crate::ErrorKind::RateLimited) also if the place has
/// ten unfinished tasks, which is not tried again. Of kind [`Operation`](crate::ErrorKind::Operation) if the
/// script fails: [`Failure`](super::Failure) says how. Of kind [`Timeout`](crate::ErrorKind::Timeout) if it
/// was not waited for long enough: [`TaskPath::of`](super::TaskPath::of) the error is where to
/// [go on](Luau::resume).
#[derive(Clone)]
#[must_use = "a script runs when this is awaited"]
pub struct Run {
    script: Script,
    universe: UniverseId,
    place: PlaceId,
    version: Option<Id>,
    timeout: Option<Duration>,
    input: Option<BinaryInput>,
    output: bool,
    policy: Option<PollPolicy>,
    options: Options,
}

helper_methods!(Run => Finished);

impl Run {
    fn new(script: Script, universe: UniverseId, place: PlaceId, version: Option<Id>) -> Self {
        Self {
            script,
            universe,
            place,
            version,
            timeout: None,
            input: None,
            output: false,
            policy: None,
            options: Options::default(),
        }
    }

    /// How long the script may run at Roblox: up to 5 minutes, which is the default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Gives the script bytes to read, 100 MiB at most: bytes or a [`File`](crate::call::File), which are
    /// uploaded first, or what was [uploaded](Luau::upload_binary_input) for several runs.
    pub fn binary_input(mut self, input: impl Into<BinaryInput>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Lets the script write bytes, 256 MiB at most:
    /// [`Finished::write_binary_output`] hands them on.
    pub fn binary_output(mut self) -> Self {
        self.output = true;
        self
    }

    /// How the task is polled, by waiting and by reading logs. By default: at most 5 seconds apart, and for
    /// 5 minutes longer than the script may run, because a task may have to wait for its turn.
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Starts the script, to read its logs while it runs or to wait for it elsewhere.
    ///
    /// # Errors
    ///
    /// See [`Run`]. That the script failed at once is no error here.
    pub async fn start(self) -> Result<Task, Error> {
        self.check()?;
        let Self { script: Script { luau, text }, universe, place, version, options, .. } = self;
        let mut task = LuauTask::new().script(text);
        task.timeout = self.timeout;
        task.enable_binary_output = self.output.then_some(true);
        if let Some(input) = self.input {
            task.binary_input = Some(input.into_path(&luau, &universe, &options).await?);
        }
        let operation = match version {
            None => luau.create_task(universe, place, task).with_options(options.clone()).start().await?,
            Some(version) => {
                let call = luau.create_task_for_version(universe, place, version, task);
                call.with_options(options.clone()).start().await?
            }
        };
        let policy = self.policy.unwrap_or_else(|| patience(self.timeout));
        let path = operation.name().and_then(|name| name.parse().ok());
        let path = path.ok_or_else(|| Error::unusable_operation("the service names no task"))?;
        Ok(Task::new(Reference { luau, path, options, policy }, operation))
    }

    async fn run(self) -> Result<Finished, Error> {
        self.start().await?.wait().await
    }

    /// Refuses what the service would.
    fn check(&self) -> Result<(), Error> {
        let refuse = |why: String| Err(Error::invalid_request(why));
        match self.script.text.len() {
            0 => return refuse("the script is empty".to_owned()),
            size if size > LARGEST_SCRIPT => {
                return refuse(format!(
                    "the script has {size} bytes, and the service takes {LARGEST_SCRIPT} (4 MiB) at most"
                ));
            }
            _ => {}
        }
        match self.timeout {
            Some(timeout) if timeout.is_zero() || timeout > LONGEST_RUN => refuse(format!(
                "a script runs for more than 0 and at most {} seconds, not {}",
                LONGEST_RUN.as_secs(),
                timeout.as_secs_f64()
            )),
            _ => self.input.as_ref().map_or(Ok(()), BinaryInput::check),
        }
    }
}

/// How long a task is waited for: the time that its script may run, and some for its turn.
pub(super) fn patience(timeout: Option<Duration>) -> PollPolicy {
    let turn = Duration::from_secs(300);
    let deadline = timeout.unwrap_or(LONGEST_RUN).saturating_add(turn);
    PollPolicy::new().longest(Duration::from_secs(5)).deadline(deadline)
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({} bytes)", self.text.len())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("script", &self.script)
            .field("universe", &self.universe)
            .field("place", &self.place)
            .field("version", &self.version)
            .field("timeout", &self.timeout)
            .field("input", &self.input)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}
