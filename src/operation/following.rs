use super::dialect::{self, Failure, Reading, Start};
use super::target::{self, Target};
use super::{PollPolicy, States, name};
use crate::call::info::LongRunningInfo;
use crate::call::{Call, Options, Origin, asked_wait, json_text, read};
use crate::{Client, Error, ErrorKind, OperationInfo, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A last poll, made when the time is over, may take so long.
const LAST_POLL: Duration = Duration::from_secs(5);

/// A long-running operation of a service, followed by polling it.
///
/// Dropping it cancels nothing: the operation goes on at the service.
#[must_use = "an operation goes on, but nobody waits for it"]
pub struct Operation<T> {
    client: Client,
    /// The operation that was called to start it.
    starter: &'static OperationInfo,
    options: Options,
    /// `None` if the service was done at once and there is nothing to poll.
    target: Option<Target>,
    name: Option<String>,
    metadata: Option<Value>,
    /// The service's word for the state.
    status: Option<String>,
    over: Option<Over>,
    /// The wait that the service has asked for.
    asked: Option<Duration>,
    result: PhantomData<fn() -> T>,
}

/// How an operation ended; kept, so that it can be asked again.
enum Over {
    /// The answer, with the result as its body.
    Done(http::Response<Bytes>),
    Failed(Error),
}

/// What a poll has found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum State<T> {
    /// It is not done.
    Pending(Progress),
    /// It is done; this is its result.
    Done(T),
    /// It has failed: an error of kind [`Operation`](ErrorKind::Operation), or of a kind of its own
    /// if moderation is the cause.
    Failed(Error),
}

/// What is known of an operation that is not done.
#[derive(Clone, Default)]
pub struct Progress {
    polls: u32,
    failures: u32,
    elapsed: Duration,
    status: Option<String>,
    metadata: Option<Value>,
    error: Option<Error>,
}

/// Without the metadata, which may be the service's whole answer and hold anything.
impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress")
            .field("polls", &self.polls)
            .field("failures", &self.failures)
            .field("elapsed", &self.elapsed)
            .field("status", &self.status)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

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

    /// How long the operation was waited for; zero for a single [`Operation::poll`].
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The service's own word for the state, where it has one: `QUEUED`, `PROCESSING`, ...
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// What the service said last beside the state; see [`Operation::metadata`].
    pub fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }
}

impl<T: DeserializeOwned + Send + 'static> Operation<T> {
    pub(crate) async fn start(call: Call<T>) -> Result<Self, Error> {
        Self::start_traced(call).await.map(|(operation, _)| operation)
    }

    /// Gives also where it comes from, for those who find fault with it.
    pub(crate) async fn start_traced(call: Call<T>) -> Result<(Self, Origin), Error> {
        let started_by = call.operation;
        let info = target::facts(started_by)?;
        let (reply, answer) = call.clone().send_reading(move |reply| json(reply, started_by)).await?;
        let mut operation = Self::new(&call.client, started_by, call.options.clone());
        operation.note(&info, &reply, &answer);
        let started = dialect::start(&info, reply.status(), &answer).and_then(|start| match start {
            Start::Over(reading) => {
                // There may be a path all the same, so that the result can be fetched again.
                let path = answer["path"].as_str().map(|path| Start::Path(path.to_owned()));
                Ok((reading, path.and_then(|path| Target::new(&call, &info, path).ok())))
            }
            start => Target::new(&call, &info, start).map(|target| (Reading::Pending, Some(target))),
        });
        match started {
            Ok((reading, target)) => {
                operation.follow(target);
                operation.end(reading, &reply)?;
            }
            Err(_) if dialect::is_direct(&info, &answer) => operation.end(Reading::Done(answer), &reply)?,
            Err(why) => {
                return Err(Error::unusable_operation(why).with_reply(&reply).of(started_by));
            }
        }
        Ok((operation, Origin::of(Some(started_by), &reply)))
    }

    pub(super) fn resumed(client: &Client, target: Target) -> Self {
        let mut operation = Self::new(client, target.starter, Options::default());
        operation.follow(Some(target));
        operation
    }

    /// Polls it as the helper is made that it is a step of.
    #[allow(dead_code, reason = "an area need not have such a helper")]
    pub(crate) fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    fn new(client: &Client, starter: &'static OperationInfo, options: Options) -> Self {
        Self {
            client: client.clone(),
            starter,
            options,
            target: None,
            name: None,
            metadata: None,
            status: None,
            over: None,
            asked: None,
            result: PhantomData,
        }
    }

    fn follow(&mut self, target: Option<Target>) {
        self.name = target.as_ref().and_then(name::format);
        self.target = target;
    }

    /// What [`Operations::resume`](super::Operations::resume) needs to follow it again, after a
    /// restart of the process as well. `None` if it was done at once and has no name, or if the name
    /// would be too long to be read (64 KiB; it may hold the body of the call that is repeated).
    ///
    /// It holds ids, but no credential.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the service said last beside the state: the `metadata` of the operation, or the whole
    /// answer where the service has no such part (of a Luau task, a restart, a thumbnail upload; of
    /// an experiment, its `operation`).
    ///
    /// Of a thumbnail upload it always holds `fileToOperationIdDict`, too: the operation id by file
    /// name, null for a file that was not accepted.
    pub fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }

    /// The response that said that it is done.
    #[allow(dead_code, reason = "an area need not read results later")]
    pub(crate) fn origin(&self) -> Option<Origin> {
        match self.over.as_ref()? {
            Over::Done(reply) => Some(Origin::of(Some(self.starter), reply)),
            Over::Failed(_) => None,
        }
    }

    /// Whether it is known to be done, or to have failed.
    pub fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Polls once, unless it is known to be over.
    ///
    /// # Errors
    ///
    /// If the poll fails: the state is not known then. That the operation has failed is
    /// [`State::Failed`].
    pub async fn poll(&mut self) -> Result<State<T>, Error> {
        match &self.over {
            Some(_) => {}
            None => self.ask().await?,
        }
        self.state(Progress { polls: 1, ..Progress::default() })
    }

    /// Waits until it is done and returns the result, with the default [`PollPolicy`].
    ///
    /// # Errors
    ///
    /// Of kind [`Operation`](ErrorKind::Operation) if it fails, of kind [`Timeout`](ErrorKind::Timeout)
    /// if the deadline passes (it goes on then), and as of every call if it cannot be polled.
    /// [`Error::operation_name`] is its name.
    pub async fn wait(&mut self) -> Result<T, Error> {
        self.wait_with(PollPolicy::default()).await
    }

    /// As [`wait`](Self::wait), but polls as the policy says.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_with(&mut self, policy: PollPolicy) -> Result<T, Error> {
        self.wait_for_response(policy).await.map(Response::into_inner)
    }

    pub(super) async fn wait_for_response(&mut self, policy: PollPolicy) -> Result<Response<T>, Error> {
        let mut patience = Patience::new(policy);
        while self.over.is_none() {
            patience.step(self).await?;
        }
        self.outcome()
    }

    /// The states until it is over, as a stream: for progress bars.
    pub fn states(self, policy: PollPolicy) -> States<T> {
        States::new(self, Patience::new(policy))
    }

    /// One request, and what it says.
    async fn ask(&mut self) -> Result<(), Error> {
        let Some(target) = &self.target else { return Ok(()) };
        let info = target.info;
        let mut call = target.call(&self.client);
        call.options = self.options.clone();
        if !target.repeats() {
            // What the caller says of starting twice is not said of looking twice.
            call.options.idempotent = None;
        }
        let poll = call.operation;
        self.asked = None;
        match call.send_reading(move |reply| json(reply, poll)).await {
            Ok((reply, answer)) => {
                self.note(&info, &reply, &answer);
                let reading = dialect::read(&info, reply.status(), &answer, self.key());
                self.end(reading, &reply).map_err(|error| error.of(poll))
            }
            Err(error) => {
                self.asked = error.retry_after();
                match failure(&info, &error) {
                    Some(_) => {
                        self.over = Some(Over::Failed(error.into_operation_failure().named(self.name())));
                        Ok(())
                    }
                    None => Err(error.named(self.name())),
                }
            }
        }
    }

    fn key(&self) -> Option<&str> {
        self.target.as_ref()?.key.as_deref()
    }

    fn note(&mut self, info: &LongRunningInfo, reply: &http::Response<Bytes>, answer: &Value) {
        self.metadata = dialect::metadata(info.dialect, answer, self.key());
        self.status = dialect::status(info.dialect, answer);
        self.asked = asked_wait(reply);
    }

    fn end(&mut self, reading: Reading, reply: &http::Response<Bytes>) -> Result<(), Error> {
        self.over = match reading {
            Reading::Pending => None,
            Reading::Done(result) => {
                let body = if result.is_null() { Bytes::new() } else { result.to_string().into() };
                let mut done = http::Response::new(body);
                *done.status_mut() = reply.status();
                *done.headers_mut() = reply.headers().clone();
                *done.extensions_mut() = reply.extensions().clone();
                Some(Over::Done(done))
            }
            Reading::Failed(Failure { code, message, details }) => {
                let error =
                    Error::operation_failed(code, message, details).with_reply(reply).of(self.starter);
                Some(Over::Failed(error.named(self.name())))
            }
            Reading::Unusable(why) => {
                let error = Error::unusable_operation(why).with_reply(reply).of(self.starter);
                return Err(error.named(self.name()));
            }
        };
        Ok(())
    }

    /// The state as it is known.
    fn state(&self, progress: Progress) -> Result<State<T>, Error> {
        match &self.over {
            None => Ok(State::Pending(self.described(progress))),
            Some(Over::Failed(error)) => Ok(State::Failed(error.clone())),
            Some(Over::Done(_)) => self.outcome().map(|response| State::Done(response.into_inner())),
        }
    }

    fn described(&self, progress: Progress) -> Progress {
        Progress { status: self.status.clone(), metadata: self.metadata.clone(), ..progress }
    }

    /// The result of an operation that is over.
    fn outcome(&self) -> Result<Response<T>, Error> {
        match &self.over {
            Some(Over::Failed(error)) => Err(error.clone()),
            Some(Over::Done(reply)) => {
                Response::decode_result(self.starter, reply.clone()).map_err(|error| error.named(self.name()))
            }
            None => Err(Error::unusable_operation("the operation is not done")),
        }
    }
}

impl<T> Operation<T> {
    /// Whether it should have been done, if it was waited for so long.
    fn is_overdue(&self, info: &LongRunningInfo, waited: Duration) -> bool {
        let Some(overdue) = info.overdue.filter(|overdue| self.status.as_deref() == Some(overdue.state))
        else {
            return false;
        };
        let time = self.metadata.as_ref().and_then(|metadata| metadata[overdue.time].as_str());
        let seconds = time.and_then(|text| text.strip_suffix('s')?.parse().ok());
        let given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        waited >= given.unwrap_or(overdue.default).saturating_add(overdue.beyond)
    }
}

impl<T> std::fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operation")
            .field("name", &self.name)
            .field("status", &self.status)
            .field("is_over", &self.over.is_some())
            .finish_non_exhaustive()
    }
}

/// What is left of the caller's patience with an operation.
pub(super) struct Patience {
    policy: PollPolicy,
    since: Instant,
    polls: u32,
    failures: u32,
}

impl Patience {
    pub(super) fn new(policy: PollPolicy) -> Self {
        Self { policy, since: Instant::now(), polls: 0, failures: 0 }
    }

    /// Waits and polls once.
    pub(super) async fn step<T: DeserializeOwned + Send + 'static>(
        &mut self,
        operation: &mut Operation<T>,
    ) -> Result<State<T>, Error> {
        if operation.over.is_some() {
            return operation.state(Progress::default());
        }
        let patience = self.wait(operation).await?;
        self.polls = self.polls.saturating_add(1);
        let poll = timeout(patience, operation.ask()).await;
        let error = poll.unwrap_or_else(|_| Err(Error::timeout(patience.as_secs_f64()))).err();
        self.failures = if error.is_some() { self.failures + 1 } else { 0 };
        if let Some(error) =
            error.clone().filter(|error| !may_pass(error) || !self.policy.tolerates(self.failures))
        {
            return Err(error.named(operation.name()));
        }
        let progress = Progress {
            polls: self.polls,
            failures: self.failures,
            elapsed: self.since.elapsed(),
            error,
            ..Progress::default()
        };
        let state = operation.state(progress)?;
        if let State::Pending(progress) = &state {
            self.policy.report(progress);
        }
        Ok(state)
    }

    /// Waits until the next poll, and returns how long that may take.
    async fn wait<T>(&self, operation: &Operation<T>) -> Result<Duration, Error> {
        let Some(target) = &operation.target else { return Ok(LAST_POLL) };
        // A starting call that is repeated was the first poll.
        let polls = self.polls.saturating_add(u32::from(target.repeats()));
        let route = target.interval(operation.client.may_be_bearer(&operation.options));
        let wait = self.policy.wait(polls, operation.asked, route, target.pace());
        let left = self.policy.time().saturating_sub(self.since.elapsed());
        if (left.is_zero() && self.polls > 0) || wait.least > left {
            let error = Error::unfinished(self.policy.time().as_secs_f64()).of(operation.starter);
            let error = error.overdue(operation.is_overdue(&target.info, self.since.elapsed()));
            return Err(error.named(operation.name.as_deref()));
        }
        sleep(wait.planned.min(left)).await;
        Ok(left.saturating_sub(wait.planned).max(LAST_POLL))
    }
}

/// Whether a poll that failed may succeed later.
fn may_pass(error: &Error) -> bool {
    use ErrorKind::*;
    matches!(error.kind(), Connect | Io | Timeout | RateLimited | Service)
}

/// Why the operation failed, if a refused poll says that it did.
fn failure(info: &LongRunningInfo, error: &Error) -> Option<Failure> {
    let answer: Value = serde_json::from_slice(json_text(error.body()?)).ok()?;
    dialect::failed_request(info.dialect, &answer)
}

/// The JSON of a response; an empty one says nothing.
fn json(reply: &http::Response<Bytes>, operation: &'static OperationInfo) -> Result<Value, Error> {
    read(reply).map_err(|error| match error.kind() {
        ErrorKind::Decode => {
            Error::unusable_operation("the answer is no JSON").with_reply(reply).of(operation)
        }
        _ => error.of(operation),
    })
}
