//! Scripts, and where and how they run.

use super::task::{LONGEST_RUN, Reference, poll_policy};
use super::{BinaryInput, Finished, Luau, LuauTask, Task, guard};
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{Id, PlaceId, UniverseId};
use crate::operation::{Operation, PollPolicy, Waits};
use crate::transport::Origin;
use crate::wire::debug_fields;
use crate::{Error, RateLimitStatus};
use std::fmt;
use std::time::Duration;

/// The largest script, in bytes.
const LARGEST_SCRIPT: usize = 4 * 1024 * 1024;
/// How often a place is asked for a free slot: one that was given back takes a new task after about 10 seconds
/// (LX-10).
const SLOT_INTERVAL: Duration = Duration::from_secs(10);
/// How long an input that was uploaded can wait for a slot: it can be read for 15 minutes.
const LONGEST_WAIT_WITH_INPUT: Duration = Duration::from_secs(600);
/// The code of a place that is full. The quota of requests has another, and a header of its own (LX-16).
const FULL: &str = "RESOURCE_EXHAUSTED";
const IS_QUOTA: &str = "x-envoy-ratelimited";

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

    /// Runs against the newest saved version of a place, published or not.
    ///
    /// The service takes a running copy of the place if it has one, and that may be older than what was
    /// uploaded last (LX-07). After an upload, run [at the version](Self::at_version) whose number the upload
    /// has returned, or let the script [make sure](Run::expect_version).
    pub fn at(self, universe: impl Into<UniverseId>, place: impl Into<PlaceId>) -> Run {
        Run::new(self, universe.into(), place.into(), None)
    }

    /// Runs against this version of a place. One that nothing has run yet takes 10 to 45 seconds to start
    /// (LX-08); one that does not exist is [not found](Error::is_not_found).
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
/// ten unfinished tasks, unless the run is to [wait](Self::wait_for_slot). Of kind [`Operation`](crate::ErrorKind::Operation) if the
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
    expected: Option<u64>,
    timeout: Option<Duration>,
    input: Option<BinaryInput>,
    output: bool,
    slot: Duration,
    policy: Option<PollPolicy>,
    pub(super) options: Options,
}

helper_methods!(Run => Finished);

impl Run {
    fn new(script: Script, universe: UniverseId, place: PlaceId, version: Option<Id>) -> Self {
        Self {
            script,
            universe,
            place,
            version,
            expected: None,
            timeout: None,
            input: None,
            output: false,
            slot: Duration::ZERO,
            policy: None,
            options: Options::default(),
        }
    }

    /// How long the script may run at Roblox: up to 5 minutes, which is the default. The time begins when the
    /// script does, some seconds after the task was made, or up to 45 for a version that nothing has run yet
    /// (LX-05). A script that yields is ended about 1 second after its timeout. One that never yields was ended
    /// about 10 seconds after it began, with a timeout of 5 (LX-18).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets the script look at `game.PlaceVersion` before anything else, and fail if that is another:
    /// [`Failure::OtherVersion`](super::Failure::OtherVersion) says which. A place can run an older version
    /// than its newest for a while after an upload; trying again later helps.
    ///
    /// The look is put in front of the first statement, on its line, so that lines in errors stay the same.
    ///
    /// ```no_run
    /// # #[cfg(feature = "places")]
    /// # async fn run(client: opencloud::Client, file: opencloud::body::File) -> Result<(), opencloud::Error> {
    /// let version = client.places().publish(42, 43, file).await?;
    /// client.luau().run("return 1").at_version(42, 43, version).expect_version(version).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn expect_version(mut self, version: u64) -> Self {
        self.expected = Some(version);
        self
    }

    /// How long to wait, at most, for a place that has ten unfinished tasks: it is asked every 10 seconds. By
    /// default that is an error at once. The quota of requests is another thing, and waited for like any rate
    /// limit.
    ///
    /// With a binary input 10 minutes at most, because an input that was uploaded is kept for 15.
    pub fn wait_for_slot(mut self, longest: Duration) -> Self {
        self.slot = longest;
        self
    }

    /// Gives the script bytes to read, 100 MiB at most: bytes or a [`File`](crate::body::File), which are
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

    /// Starts the script, to read its logs or to wait for it elsewhere.
    ///
    /// # Errors
    ///
    /// See [`Run`]. That the script failed at once is not an error here.
    pub async fn start(mut self) -> Result<Task, Error> {
        // An empty script stays one, to be refused.
        if let Some(version) = self.expected.filter(|_| !self.script.text.is_empty()) {
            self.script.text = guard::guarded(&self.script.text, version);
        }
        self.check()?;
        let mut task = LuauTask::new().script(std::mem::take(&mut self.script.text));
        task.timeout = self.timeout;
        task.enable_binary_output = self.output.then_some(true);
        if let Some(input) = self.input.take() {
            let path = input.into_path(&self.script.luau, &self.universe, &self.options).await?;
            task.binary_input = Some(path);
        }
        let (operation, origin) = self.create_when_free(task).await?;
        let Self { script: Script { luau, .. }, options, .. } = self;
        let policy = self.policy.unwrap_or_else(|| poll_policy(self.timeout));
        let path = operation.name().and_then(|name| name.parse().ok());
        let path = path.ok_or_else(|| origin.blame(Error::unusable_response("the service names no task")))?;
        Ok(Task::new(Reference { luau, path, options, policy }, operation))
    }

    /// The task, as soon as the place has a slot for it.
    async fn create_when_free(&self, task: LuauTask) -> Result<(Operation<LuauTask>, Origin), Error> {
        let waits = Waits::new(self.slot);
        let mut attempts = 0;
        let mut earlier: Option<Error> = None;
        loop {
            let error = match self.create(task.clone()).await {
                Ok((operation, origin)) => {
                    return Ok((operation, Origin { attempts: attempts + origin.attempts, ..origin }));
                }
                Err(error) => error,
            };
            attempts += error.attempts();
            // A task that an earlier call may have created runs all the same.
            let error = earlier.iter().fold(error, Error::with_earlier);
            if is_full(&error) && waits.next(slot_wait(&error)).await {
                earlier = Some(error);
                continue;
            }
            let error = match is_full(&error) && !self.slot.is_zero() {
                true => error.with_note(&format!("it was asked for {} s", self.slot.as_secs_f64())),
                false => error,
            };
            return Err(error.with_attempts(attempts));
        }
    }

    /// One task.
    async fn create(&self, task: LuauTask) -> Result<(Operation<LuauTask>, Origin), Error> {
        let luau = &self.script.luau;
        let call = match &self.version {
            None => luau.create_task(&self.universe, &self.place, task).call,
            Some(version) => luau.create_task_for_version(&self.universe, &self.place, version, task).call,
        };
        Operation::start_traced(call.with_options(self.options.clone())).await
    }

    async fn run(self) -> Result<Finished, Error> {
        self.start().await?.wait().await
    }

    /// Refuses what the service would.
    pub(super) fn check(&self) -> Result<(), Error> {
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
            _ if self.input.is_some() && self.slot > LONGEST_WAIT_WITH_INPUT => refuse(format!(
                "a run with a binary input waits for a place for {} seconds at most, not {}: the input is not kept longer",
                LONGEST_WAIT_WITH_INPUT.as_secs(),
                self.slot.as_secs_f64()
            )),
            _ => self.input.as_ref().map_or(Ok(()), BinaryInput::check),
        }
    }
}

/// Whether a place has as many unfinished tasks as it may. The code can be lost on the way.
pub(super) fn is_full(error: &Error) -> bool {
    error.is_rate_limited()
        && error.code().is_none_or(|code| code == FULL)
        && !error.headers().is_some_and(|headers| headers.contains_key(IS_QUOTA))
}

/// When a full place is asked again. Its response has the headers of the quota of requests, whose reset says
/// nothing of slots (LX-16): only a `retry-after` of its own makes the wait longer.
pub(super) fn slot_wait(error: &Error) -> Duration {
    let own = error.headers().and_then(|headers| RateLimitStatus::read(headers).retry_after);
    own.unwrap_or_default().max(SLOT_INTERVAL)
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({} bytes)", self.text.len())
    }
}

debug_fields!(Run { script, universe, place, version, expected, slot, timeout, input, output });
