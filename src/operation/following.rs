use super::dialect::{self, Failure, PollStatus, Start};
use super::name;
use super::policy::PollPolicy;
use super::progress::Progress;
use super::target::{self, Target};
use crate::call::{Call, read};
use crate::client::Options;
use crate::spec::LongRunningInfo;
use crate::transport::{Exchanged, Origin};
use crate::wire::decode;
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
    over: Option<Outcome>,
    /// How many were sent for it, the one that has started it included.
    requests: u32,
    policy: PollPolicy,
    /// The wait that the service has asked for.
    asked: Option<Duration>,
    result: PhantomData<fn() -> T>,
}

/// How an operation ended; kept, so that it can be asked again.
enum Outcome {
    /// The response, with the result as its body.
    Done(Box<Exchanged>),
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

impl<T: DeserializeOwned + Send + 'static> Operation<T> {
    pub(crate) async fn start(call: Call<T>) -> Result<Self, Error> {
        Self::start_traced(call).await.map(|(operation, _)| operation)
    }

    /// Gives also where it comes from, for those who find fault with it.
    pub(crate) async fn start_traced(call: Call<T>) -> Result<(Self, Origin), Error> {
        let started_by = call.operation;
        let info = target::facts(started_by)?;
        let (exchanged, response) =
            call.clone().send_reading(move |exchanged| json(exchanged, started_by)).await?;
        let mut operation = Self::new(&call.client, started_by, call.options.clone());
        operation.note(&info, &exchanged, &response);
        let started = dialect::start(&info, exchanged.status(), &response).and_then(|start| match start {
            Start::Over(reading) => {
                // There may be a path all the same, so that the result can be fetched again.
                let path = response["path"].as_str().map(|path| Start::Path(path.to_owned()));
                Ok((reading, path.and_then(|path| Target::new(&call, &info, path).ok())))
            }
            start => Target::new(&call, &info, start).map(|target| (PollStatus::Pending, Some(target))),
        });
        match started {
            Ok((reading, target)) => {
                operation.follow(target);
                operation.end(reading, &exchanged)?;
            }
            Err(_) if dialect::is_direct(&info, &response) => {
                operation.end(PollStatus::Done(response), &exchanged)?
            }
            Err(why) => {
                return Err(exchanged.attach_to(Error::unusable_response(why)).with_operation(started_by));
            }
        }
        Ok((operation, Origin::of(Some(started_by), exchanged)))
    }

    pub(super) fn resumed(client: &Client, target: Target) -> Self {
        let mut operation = Self::new(client, target.starter, Options::default());
        operation.follow(Some(target));
        operation
    }

    /// Polls it as the helper is made that it is a step of.
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
            requests: 0,
            policy: PollPolicy::default(),
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
    /// response where the service has no such part (of a Luau task, a restart, a thumbnail upload; of
    /// an experiment, its `operation`).
    ///
    /// Of a thumbnail upload it always holds `fileToOperationIdDict`, too: the operation id by file
    /// name, null for a file that was not accepted.
    pub fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }

    /// The response that said that it is done.
    pub(crate) fn origin(&self) -> Option<Origin> {
        match self.over.as_ref()? {
            Outcome::Done(done) => Some(Origin::of(Some(self.starter), (**done).clone())),
            Outcome::Failed(_) => None,
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

    /// How it is polled, and how long it is waited for.
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Waits until it is done and returns the result.
    ///
    /// # Errors
    ///
    /// Of kind [`Operation`](ErrorKind::Operation) if it fails, of kind [`Timeout`](ErrorKind::Timeout)
    /// if the deadline passes (it goes on then), and as of every call if it cannot be polled.
    /// [`Error::operation_name`] is its name.
    pub async fn wait(&mut self) -> Result<T, Error> {
        self.wait_for_response().await.map(Response::into_inner)
    }

    pub(super) async fn wait_for_response(&mut self) -> Result<Response<T>, Error> {
        let mut poller = self.poller();
        while self.over.is_none() {
            poller.step(self).await?;
        }
        self.outcome()
    }

    pub(super) fn poller(&self) -> Poller {
        Poller::new(self.policy.clone())
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
        match call.send_reading(move |exchanged| json(exchanged, poll)).await {
            Ok((exchanged, response)) => {
                self.note(&info, &exchanged, &response);
                let reading = dialect::read(&info, exchanged.status(), &response, self.key());
                self.end(reading, &exchanged).map_err(|error| error.with_operation(poll))
            }
            Err(error) => {
                self.requests = self.requests.saturating_add(error.attempts());
                self.asked = error.retry_after();
                match failure(&info, &error) {
                    Some(_) => {
                        self.over = Some(Outcome::Failed(
                            error.into_operation_failure().with_operation_name(self.name()),
                        ));
                        Ok(())
                    }
                    None => Err(error.with_operation_name(self.name())),
                }
            }
        }
    }

    fn key(&self) -> Option<&str> {
        self.target.as_ref()?.key.as_deref()
    }

    fn note(&mut self, info: &LongRunningInfo, exchanged: &Exchanged, response: &Value) {
        self.metadata = dialect::metadata(info.dialect, response, self.key());
        self.status = dialect::status(info.dialect, response);
        self.asked = exchanged.asked_wait();
        self.requests = self.requests.saturating_add(exchanged.attempts);
    }

    fn end(&mut self, reading: PollStatus, exchanged: &Exchanged) -> Result<(), Error> {
        self.over = match reading {
            PollStatus::Pending => None,
            PollStatus::Done(result) => {
                let body = if result.is_null() { Bytes::new() } else { result.to_string().into() };
                let mut done = exchanged.clone();
                *done.response.body_mut() = body;
                Some(Outcome::Done(Box::new(done)))
            }
            PollStatus::Failed(Failure { code, message, details }) => {
                let error = exchanged.attach_to(Error::operation_failed(code, message, details));
                let error = error.with_operation(self.starter);
                Some(Outcome::Failed(error.with_operation_name(self.name())))
            }
            PollStatus::Unusable(why) => {
                let error = exchanged.attach_to(Error::unusable_response(why)).with_operation(self.starter);
                return Err(error.with_operation_name(self.name()));
            }
        };
        Ok(())
    }

    /// The state as it is known.
    fn state(&self, progress: Progress) -> Result<State<T>, Error> {
        match &self.over {
            None => Ok(State::Pending(self.described(progress))),
            Some(Outcome::Failed(error)) => Ok(State::Failed(error.clone())),
            Some(Outcome::Done(_)) => self.outcome().map(|response| State::Done(response.into_inner())),
        }
    }

    fn described(&self, progress: Progress) -> Progress {
        Progress { status: self.status.clone(), metadata: self.metadata.clone(), ..progress }
    }

    /// The result of an operation that is over.
    fn outcome(&self) -> Result<Response<T>, Error> {
        match &self.over {
            Some(Outcome::Failed(error)) => Err(error.clone()),
            Some(Outcome::Done(done)) => Response::decode_result(self.starter, (**done).clone())
                .map_err(|error| error.with_operation_name(self.name())),
            None => Err(Error::unusable_response("the operation is not done")),
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

/// Polls an operation, as its policy says, until the deadline.
pub(super) struct Poller {
    policy: PollPolicy,
    since: Instant,
    polls: u32,
    failures: u32,
}

impl Poller {
    fn new(policy: PollPolicy) -> Self {
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
        let time = self.wait(operation).await?;
        self.polls = self.polls.saturating_add(1);
        let poll = timeout(time, operation.ask()).await;
        let error = poll.unwrap_or_else(|_| Err(Error::timeout(time.as_secs_f64()))).err();
        self.failures = if error.is_some() { self.failures + 1 } else { 0 };
        if let Some(error) =
            error.clone().filter(|error| !may_pass(error) || !self.policy.tolerates(self.failures))
        {
            return Err(error.with_operation_name(operation.name()));
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
            let error = Error::unfinished(self.policy.time().as_secs_f64()).with_operation(operation.starter);
            let error = error.with_attempts(operation.requests);
            let error = error.overdue(operation.is_overdue(&target.info, self.since.elapsed()));
            return Err(error.with_operation_name(operation.name.as_deref()));
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
    let response = decode::any(error.body()?)?;
    dialect::failed_request(info.dialect, &response)
}

/// The JSON of a response; an empty one says nothing.
fn json(exchanged: &Exchanged, operation: &'static OperationInfo) -> Result<Value, Error> {
    read(exchanged).map_err(|error| match error.kind() {
        ErrorKind::Decode => exchanged
            .attach_to(Error::unusable_response("the response is not JSON"))
            .with_operation(operation),
        _ => error.with_operation(operation),
    })
}
