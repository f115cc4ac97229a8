//! The one loop around attempts: credentials, limiter, deadline, retry.

use super::limit::{Acquiring, Counted, Owner, Place, RateLimit, Share};
use super::retry::{RetryBudget, RetryContext, RetryDecision, RetryPolicy, is_rate_limit};
use super::trace::Trace;
use super::{Exchanged, PreparedRequest, Transport, edge};
use crate::body::Body;
use crate::spec::OperationInfo;
use crate::{Credentials, Error, ErrorKind};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// Reads a response that is a success, before the call is over. An error of kind
/// [`Io`](ErrorKind::Io) says that the response was lost on the way, so that the attempt has failed; any
/// other ends the call.
pub(crate) type Accept<'a> = &'a mut (dyn FnMut(&Exchanged) -> Result<(), Error> + Send);

/// The slowest connection that an upload waits for, in bytes a second.
const SLOWEST: u64 = 256 * 1024;

/// The shortest wait before a request is sent again that the service has asked to wait for.
const SHORTEST_ASKED: Duration = Duration::from_secs(1);

/// How often a call waits because the service asks for it, however long it may take.
const MOST_WAITS: u32 = 1000;

/// The parts of the time that a 429 lasts in which the request is sent again, where it says nothing of waiting: few
/// are that long.
const UNSTATED_WAITS: [u32; 4] = [12, 6, 4, 2];

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// One attempt.
    pub(crate) attempt: Duration,
    /// All attempts, and the waiting.
    pub(crate) total: Duration,
}

impl Times {
    /// With the time that these bytes take at [`SLOWEST`].
    pub(crate) fn with_bytes(self, bytes: u64) -> Self {
        let more = Duration::from_secs(bytes / SLOWEST);
        Self { attempt: self.attempt.saturating_add(more), total: self.total.saturating_add(more * 2) }
    }

    /// With an attempt of at least this. The whole call grows by twice as much, so that a second attempt
    /// still has its time.
    pub(crate) fn with_attempt(self, least: Duration) -> Self {
        let more = least.saturating_sub(self.attempt);
        Self { attempt: self.attempt + more, total: self.total.saturating_add(more * 2) }
    }

    /// How long the making of a connection may take, so that it ends before the attempt does.
    pub(crate) fn longest_connect(self) -> Duration {
        let attempt = self.attempt.min(self.total);
        attempt - attempt / 10
    }
}

/// A call that is about to be sent.
pub(crate) struct RetryLoop<'a> {
    pub(crate) transport: &'a dyn Transport,
    /// `None` where no credential may go.
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) retry: &'a dyn RetryPolicy,
    pub(crate) budget: &'a RetryBudget,
    pub(crate) limit: Option<&'a RateLimit>,
    /// The part of what it shares with the game that a job may take.
    pub(crate) share: Option<Share>,
    pub(crate) times: Times,
    pub(crate) idempotent: bool,
    /// Whether the request goes to a service of Open Cloud, which never responds with HTML.
    pub(crate) is_service: bool,
    /// Whether the body of a success is read later.
    pub(crate) is_open: bool,
    pub(crate) max_response_bytes: usize,
    pub(crate) log_bodies: bool,
    pub(crate) user_agent: &'a HeaderValue,
}

/// What is known of a call while it goes on.
#[derive(Default)]
struct Progress {
    attempts: u32,
    /// How many of them were followed by a wait that the service asked for, which costs nothing; and how many of
    /// those it gave no length for.
    waits: u32,
    unstated: usize,
    /// Whether a retry was taken from the budget.
    charged: bool,
    /// Whether the effect of an attempt is unknown.
    ambiguous: bool,
    refreshed: bool,
    last: Option<Error>,
}

impl RetryLoop<'_> {
    /// Sends until a response is a success or nothing more can be done.
    pub(crate) async fn run(
        &self,
        request: &PreparedRequest,
        accept: Accept<'_>,
    ) -> Result<Exchanged, Error> {
        let trace = Trace::new(request.operation, &request.http, self.log_bodies);
        trace.clone().within(self.attempts(request, &trace, accept)).await
    }

    async fn attempts(
        &self,
        request: &PreparedRequest,
        trace: &Trace,
        accept: Accept<'_>,
    ) -> Result<Exchanged, Error> {
        let deadline = Deadline::after(self.times.total);
        let mut progress = Progress::default();
        let finish = |error: Error, progress: &Progress| {
            let error = match &progress.last {
                // What ends a call after an attempt does not undo what that attempt left behind.
                Some(last) => error.with_earlier(last),
                None => error,
            };
            Err(request.explain(error.with_attempts(progress.attempts)))
        };
        let mut secret = match self.credentials {
            None => None,
            Some(credentials) if !credentials.is_provider() => Some(credentials.clone()),
            Some(credentials) => {
                match deadline.bound("no credential was given", credentials.resolve()).await {
                    Ok(secret) => Some(secret),
                    Err(error) => return finish(error, &progress),
                }
            }
        };
        loop {
            if let Err(error) = accepts(request.operation, secret.as_ref()) {
                return finish(error, &progress);
            }
            let place = match self.acquire_permit(request, secret.as_ref(), deadline, trace).await {
                Ok(place) => place,
                Err(error) => {
                    let error = match error.is_timeout() && self.limit.is_some() {
                        true => error.without_permit(),
                        false => error,
                    };
                    // A store that fails says so itself; that the time is over is said of the failure before it.
                    let last = progress.last.clone().filter(|_| error.kind() == ErrorKind::Timeout);
                    let last = last.map(|last| {
                        last.with_stop_reason("the client's rate limit gave no permit before the deadline")
                    });
                    return finish(last.unwrap_or(error), &progress);
                }
            };
            progress.attempts += 1;
            trace.attempt(progress.attempts);
            let sent_at = Instant::now();
            let error = match self.attempt(&request.http, secret.as_ref(), deadline).await {
                Ok(response) => {
                    trace.response(&response, secret.as_ref());
                    let exchanged = Exchanged {
                        response,
                        attempts: progress.attempts,
                        sent_at,
                        secret: secret.clone(),
                        path: request.path(),
                    };
                    let refusal = self.refusal(request, &exchanged);
                    let is_limited =
                        refusal.as_ref().is_some_and(|error| is_rate_limit(error, request.operation));
                    self.observe(request, place.as_ref(), &exchanged, is_limited);
                    match refusal.map_or_else(|| accept(&exchanged), Err) {
                        Ok(()) => {
                            self.budget.succeeded(progress.charged);
                            return Ok(exchanged);
                        }
                        // The service has done its part; sending again would change nothing.
                        Err(error) if exchanged.status().is_success() && error.kind() != ErrorKind::Io => {
                            self.budget.succeeded(progress.charged);
                            trace.failure(&error);
                            return finish(error, &progress);
                        }
                        Err(error) => error,
                    }
                }
                Err(error) => {
                    // The service has not seen the request, so it does not count it either.
                    if matches!(error.kind(), ErrorKind::Connect | ErrorKind::InvalidRequest) {
                        self.give_back(place.as_ref());
                    }
                    error
                }
            };
            let error = match &secret {
                Some(secret) => error.redacted(|text| secret.hide(text)),
                None => error,
            };
            let error = request.explain(error).with_earlier_ambiguity(progress.ambiguous);
            progress.ambiguous = error.is_ambiguous();
            // In a box, as what is rarely waited for.
            let renewal =
                Box::pin(self.renew(&error, secret.as_ref(), &mut progress, &request.http, deadline));
            if let Some(renewed) = renewal.await {
                progress.last = Some(error.clone());
                match renewed {
                    Ok(credentials) => secret = Some(credentials),
                    Err(failure) => {
                        trace.failure(&failure);
                        let hide = |text: &str| secret.as_ref()?.hide(text);
                        return finish(failure.redacted(hide), &progress);
                    }
                }
                trace.retry(&error, Duration::ZERO);
                continue;
            }
            let wait = self.wait_before_retry(&error, &mut progress, request, deadline);
            progress.last = Some(error.clone());
            let wait = match wait {
                Ok(wait) => wait,
                Err(why) => {
                    trace.failure(&error);
                    let error = why.into_iter().fold(error, |error, why| error.with_stop_reason(why));
                    return finish(error, &progress);
                }
            };
            trace.retry(&error, wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, within its own time and the call's.
    async fn attempt(
        &self,
        request: &http::Request<Body>,
        secret: Option<&Credentials>,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, Error> {
        let time = self.times.attempt.min(deadline.remaining());
        let exchange = self.transport.exchange(self.signed(request, secret), self.max_response_bytes);
        let response = tokio::time::timeout(time, exchange)
            .await
            .unwrap_or_else(|_| Err(Error::timeout(time.as_secs_f64())))
            .or_else(refused)?;
        // A transport of the user's own may not have looked.
        match response.status().is_success() && response.body().len() > self.max_response_bytes {
            true => Err(Error::too_large(self.max_response_bytes)),
            false => Ok(response),
        }
    }

    /// The request of one attempt.
    fn signed(&self, request: &http::Request<Body>, secret: Option<&Credentials>) -> http::Request<Body> {
        let mut signed = http::Request::new(request.body().clone());
        *signed.method_mut() = request.method().clone();
        *signed.uri_mut() = request.uri().clone();
        *signed.headers_mut() = match request.headers().is_empty() {
            // Room for these two, and for the one that the HTTP client adds.
            true => HeaderMap::with_capacity(3),
            false => request.headers().clone(),
        };
        signed.headers_mut().entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        if let Some(secret) = secret {
            secret.apply(signed.headers_mut());
        }
        signed
    }

    /// The error that a response is, if it is one.
    fn refusal(&self, request: &PreparedRequest, exchanged: &Exchanged) -> Option<Error> {
        let response = &exchanged.response;
        let error = match response.status().is_success() {
            _ if self.is_service && edge::is_page(response, self.is_open) => Error::edge_page(response),
            true => return None,
            false => Error::from_operation_response(request.operation, response),
        };
        Some(request.explain(exchanged.conceal(error).with_attempts(exchanged.attempts)))
    }

    /// The request as limits count it, if they do.
    fn counted<'r>(
        &'r self,
        request: &'r PreparedRequest,
        secret: Option<&'r Credentials>,
    ) -> Option<(&'r RateLimit, Counted<'r>)> {
        let (limit, operation, secret) = (self.limit?, request.operation?, secret?);
        let name = self.credentials.unwrap_or(secret).owner_of(secret);
        let owner = Owner { name, is_bearer: secret.is_bearer() };
        let (path_values, query) = (&request.path_values, request.http.uri().query());
        Some((limit, Counted { operation, owner, path_values, query, share: self.share }))
    }

    /// Waits for the limiter, and returns the request's place there if it is counted.
    async fn acquire_permit(
        &self,
        request: &PreparedRequest,
        secret: Option<&Credentials>,
        deadline: Deadline,
        trace: &Trace,
    ) -> Result<Option<Place>, Error> {
        let asked = self.counted(request, secret).and_then(|(limit, request)| limit.acquire(&request));
        let place = match asked {
            Some(Acquiring::Granted(place)) => {
                trace.limited(Duration::ZERO);
                Some(place)
            }
            Some(Acquiring::Pending(wait)) => {
                let start = Instant::now();
                let wait = deadline.bound("the client's rate limit gave this call no permit", wait);
                // In a box, so that the room for its timer is not taken by every call.
                let permit = Box::pin(wait).await;
                trace.limited(start.elapsed());
                Some(permit?)
            }
            None => None,
        };
        deadline.check().inspect_err(|_| self.give_back(place.as_ref()))?;
        Ok(place)
    }

    /// Gives back the place of a request that was not sent.
    fn give_back(&self, place: Option<&Place>) {
        if let (Some(limit), Some(place)) = (self.limit, place) {
            limit.give_back(place);
        }
    }

    fn observe(
        &self,
        request: &PreparedRequest,
        place: Option<&Place>,
        exchanged: &Exchanged,
        refused: bool,
    ) {
        let counted = self.counted(request, exchanged.secret.as_ref());
        if let (Some((limit, request)), Some(place)) = (counted, place) {
            limit.observe(&request, place, &exchanged.response, refused);
        }
    }

    /// Other credentials, after the service refused those of a provider for the first time. Where the body
    /// cannot be sent again they are for the next call, and this one ends.
    async fn renew(
        &self,
        error: &Error,
        secret: Option<&Credentials>,
        progress: &mut Progress,
        request: &http::Request<Body>,
        deadline: Deadline,
    ) -> Option<Result<Credentials, Error>> {
        let credentials = self.credentials.filter(|credentials| credentials.is_provider())?;
        // A 401 for a missing scope (`ER-02`) is of another kind, and says nothing against the token.
        if error.kind() != ErrorKind::Unauthenticated || progress.refreshed {
            return None;
        }
        progress.refreshed = true;
        let renewed = deadline.bound("no new credential was given", credentials.refresh(secret?)).await;
        (request.body().is_replayable() || renewed.is_err()).then_some(renewed)
    }

    /// How long to wait before the request is sent again; or why it is not, where it could be.
    fn wait_before_retry(
        &self,
        error: &Error,
        progress: &mut Progress,
        request: &PreparedRequest,
        deadline: Deadline,
    ) -> Result<Duration, Option<String>> {
        let remaining = deadline.remaining();
        let unstated = unstated_wait(request.operation, error, progress);
        let asked = error.retry_after().or(unstated);
        let decision = self.retry.decide(&RetryContext {
            error,
            attempt: progress.attempts,
            waits: progress.waits,
            asked,
            idempotent: self.idempotent,
            operation: request.operation,
            remaining,
        });
        let is_free = |wait| error.is_rate_limited() && asked.is_some_and(|asked| wait >= asked);
        let wait = match decision {
            RetryDecision::Stop => return Err(None),
            RetryDecision::GiveUp(why) => {
                let reset = asked.filter(|_| error.is_rate_limited()).map(in_words);
                return Err(Some(match reset {
                    Some(reset) => format!("{why}; the limit resets in {reset}"),
                    None => why.to_owned(),
                }));
            }
            RetryDecision::After(wait) if is_free(wait) => wait.max(SHORTEST_ASKED),
            RetryDecision::After(wait) => wait,
        };
        if !request.http.body().is_replayable() {
            return Err(Some("its body can be read only once".to_owned()));
        }
        if wait >= remaining {
            let (wait, left) = (in_words(wait), in_words(remaining));
            return Err(Some(format!(
                "the wait of {wait} would pass the call's deadline, which is in {left}"
            )));
        }
        if !is_free(wait) {
            if !self.budget.take() {
                return Err(Some("the client's retry budget is used up".to_owned()));
            }
            progress.charged = true;
            return Ok(wait);
        }
        if progress.waits == MOST_WAITS {
            return Err(Some(format!("the service has asked to wait {MOST_WAITS} times before")));
        }
        progress.waits += 1;
        progress.unstated += usize::from(error.retry_after().is_none());
        Ok(wait)
    }
}

/// Refuses a kind of credential that the operation does not take.
fn accepts(operation: Option<&OperationInfo>, secret: Option<&Credentials>) -> Result<(), Error> {
    let (Some(operation), Some(secret)) = (operation, secret) else { return Ok(()) };
    match secret.is_bearer() {
        true if !operation.oauth => Err(Error::invalid_request(
            "this operation takes an API key only, and the call was given an OAuth 2.0 access token",
        )),
        false if !operation.api_key => Err(Error::invalid_request(
            "this operation takes an OAuth 2.0 access token only, and the call was given an API key",
        )),
        _ => Ok(()),
    }
}

/// How long to wait after a 429 that says nothing of waiting, if it is known how long it can last.
fn unstated_wait(operation: Option<&OperationInfo>, error: &Error, progress: &Progress) -> Option<Duration> {
    let limits = operation.filter(|_| error.is_rate_limited())?.limits;
    let longest = limits.iter().filter_map(|limit| limit.max_wait).max()?;
    Some(Duration::from_secs(longest) / *UNSTATED_WAITS.get(progress.unstated)?)
}

/// A length of time, rounded up: `22 s`, `5 min`, `15 h 40 min`.
pub(crate) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match seconds.div_ceil(60) {
        0..=2 => format!("{seconds} s"),
        minutes @ ..120 => format!("{minutes} min"),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A refusal whose body broke off is a refusal all the same, with what it says in its headers.
fn refused(error: Error) -> Result<http::Response<Bytes>, Error> {
    let (Some(status), Some(headers), Some(body)) = (error.status(), error.headers(), error.body()) else {
        return Err(error);
    };
    if status.is_success() {
        return Err(error);
    }
    let mut response = http::Response::new(body.clone());
    *response.status_mut() = status;
    *response.headers_mut() = headers.clone();
    Ok(response)
}

/// When a call must end.
#[derive(Clone, Copy)]
struct Deadline {
    /// `None` if that is further away than the clock reaches.
    at: Option<Instant>,
    total: Duration,
}

impl Deadline {
    fn after(total: Duration) -> Self {
        Self { at: Instant::now().checked_add(total), total }
    }

    fn remaining(self) -> Duration {
        self.at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Refuses to send when the time is over: what is begun then would be given up at once, and the
    /// service may have it all the same.
    fn check(self) -> Result<(), Error> {
        match self.remaining().is_zero() {
            true => Err(Error::timeout_waiting("the request could not be sent", self.total.as_secs_f64())),
            false => Ok(()),
        }
    }

    /// Waits for something that comes before the request is sent.
    fn bound<T>(
        self,
        what: &str,
        wait: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        let late = move |_| Err(Error::timeout_waiting(what, self.total.as_secs_f64()));
        // An `async fn` would hold what it waits for twice: as its argument, and as what it awaits.
        tokio::time::timeout(self.remaining(), wait).map(move |result| result.unwrap_or_else(late))
    }
}
