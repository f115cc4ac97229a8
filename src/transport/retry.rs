//! When a failed request is sent again, and after how long.
//!
//! A [`RetryPolicy`] decides; [`Retry`] is the standard one. Whatever a policy says, a request is
//! not sent again if its body is gone, if the [budget](RetryBudget) is used up, or if the wait
//! would pass the call's deadline.

use super::backoff::Backoff;
use crate::spec::OperationInfo;
use crate::spec::rate_limit::is_marked_as_rate_limit;
use crate::{Error, ErrorKind};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Decides whether and when a request is sent again.
///
/// ```
/// use opencloud::retry::{Retry, RetryContext, RetryDecision, RetryPolicy};
///
/// /// Never waits long for a rate limit.
/// #[derive(Debug)]
/// struct Impatient(Retry);
///
/// impl RetryPolicy for Impatient {
///     fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
///         match context.error().retry_after() {
///             Some(wait) if wait.as_secs() > 5 => RetryDecision::Stop,
///             _ => self.0.decide(context),
///         }
///     }
/// }
/// # let _ = opencloud::Client::builder().retry(Impatient(Retry::standard()));
/// ```
pub trait RetryPolicy: fmt::Debug + Send + Sync + 'static {
    /// Decides after a failed attempt.
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision;
}

impl<P: RetryPolicy + ?Sized> RetryPolicy for Arc<P> {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        (**self).decide(context)
    }
}

/// What becomes of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// The error is returned.
    Stop,
    /// The request is sent again after this time.
    After(Duration),
    /// The error is returned, although the request could be sent again, and says why
    /// ([`Error::stop_reason`]).
    GiveUp(&'static str),
}

/// What is known when a policy decides.
#[derive(Debug)]
pub struct RetryContext<'a> {
    pub(crate) error: &'a Error,
    pub(crate) attempt: u32,
    pub(crate) waits: u32,
    pub(crate) asked: Option<Duration>,
    pub(crate) idempotent: bool,
    pub(crate) operation: Option<&'static OperationInfo>,
    pub(crate) remaining: Duration,
}

impl RetryContext<'_> {
    /// How the attempt failed.
    pub fn error(&self) -> &Error {
        self.error
    }

    /// The number of attempts so far, at least 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// After how many of these attempts the service asked to wait (429), and it was waited for.
    pub fn waits(&self) -> u32 {
        self.waits
    }

    /// How long the service asks to wait, if it does: what [`Error::retry_after`] says, or, after a 429 that
    /// says nothing, what is known of the operation.
    pub fn asked_wait(&self) -> Option<Duration> {
        self.asked
    }

    /// Whether sending the request twice has the effect of sending it once.
    pub fn idempotent(&self) -> bool {
        self.idempotent
    }

    /// The operation, if it is one that this crate knows.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.operation
    }

    /// The time that the call has left.
    pub fn remaining(&self) -> Duration {
        self.remaining
    }

    /// Whether the failure is one that passes, and sending again does no harm: the request was
    /// never sent, or the server has not begun it; or 429, unless this operation's 429 is not a rate
    /// limit; or 408, 500, 502, 503, 504, a broken connection, JSON that ends too early or an HTML page
    /// of the edge, if the request is idempotent. Never what the operation table calls final
    /// ([`OperationInfo::final_errors`]).
    pub fn is_retryable(&self) -> bool {
        let error = self.error;
        if error.is_final() {
            return false;
        }
        match (error.kind(), error.status().map(|status| status.as_u16())) {
            (ErrorKind::Connect, _) => true,
            (ErrorKind::RateLimited, _) => is_rate_limit(error, self.operation),
            (ErrorKind::Service | ErrorKind::Timeout, Some(408 | 500 | 502 | 503 | 504)) => self.idempotent,
            // Whatever the status: a page of the edge has any (ER-03).
            (ErrorKind::Io | ErrorKind::Timeout, _) if error.is_ambiguous() => self.idempotent,
            _ => false,
        }
    }
}

/// Whether waiting helps: where a 429 can mean something else, it must bear the marks of a rate limit (LX-16).
pub(crate) fn is_rate_limit(error: &Error, operation: Option<&'static OperationInfo>) -> bool {
    error.is_rate_limited()
        && (operation.is_none_or(|operation| operation.retry_too_many_requests)
            || error.headers().is_some_and(is_marked_as_rate_limit))
}

/// The standard policy: what [`RetryContext::is_retryable`] says, up to a number of attempts.
///
/// The wait is what the service asks for (the larger of `retry-after` and the `x-ratelimit-reset` of what is used
/// up); without that it is drawn at random between zero and a bound that doubles with each
/// attempt ("full jitter"). If the service asks for more than
/// [`maximum_server_delay`](Self::maximum_server_delay), as with a limit per day, the error is returned at once; its
/// [`retry_after`](Error::retry_after) says how long.
///
/// An attempt that the service responded to with 429 and a wait does not count, nor does it take anything from the
/// [budget](RetryBudget): nothing was done, and by waiting the caller does what the service asks for. What
/// bounds these waits is the call's deadline, which they do not extend
/// ([`count_rate_limits`](Self::count_rate_limits) makes them count). With a single attempt nothing is waited for.
#[derive(Clone, Debug)]
pub struct Retry {
    attempts: u32,
    backoff: Backoff,
    maximum_server_delay: Duration,
    count_rate_limits: bool,
}

impl Retry {
    /// 4 attempts; waits up to 0.5 s, 1 s, 2 s, ..., 20 s; a service may ask for up to 2 minutes.
    pub fn standard() -> Self {
        Self {
            attempts: 4,
            backoff: Backoff {
                initial_delay: Duration::from_millis(500),
                maximum_delay: Duration::from_secs(20),
                multiplier: 2.0,
                jitter: true,
            },
            maximum_server_delay: Duration::from_secs(120),
            count_rate_limits: false,
        }
    }

    /// One attempt.
    pub fn never() -> Self {
        Self::standard().attempts(1)
    }

    /// Sets how many times a request is sent at most, the first time included.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the maximum of the first delay, 0.5 s by default; it doubles with each attempt.
    #[must_use]
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.backoff.initial_delay = delay;
        self
    }

    /// Sets what that maximum grows to at most, 20 s by default.
    #[must_use]
    pub fn maximum_delay(mut self, delay: Duration) -> Self {
        self.backoff.maximum_delay = delay;
        self
    }

    /// Sets how long a delay the service may ask for, 2 minutes by default.
    #[must_use]
    pub fn maximum_server_delay(mut self, delay: Duration) -> Self {
        self.maximum_server_delay = delay;
        self
    }

    /// Whether an attempt counts that was followed by a wait that the service asked for (429); `false` by
    /// default.
    #[must_use]
    pub fn count_rate_limits(mut self, count: bool) -> Self {
        self.count_rate_limits = count;
        self
    }

    /// Whether each delay is drawn at random between zero and its maximum (full jitter), so that clients that
    /// failed together do not come back together; `true` by default. Without it the maximum itself is waited: for
    /// tests.
    #[must_use]
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.backoff.jitter = jitter;
        self
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::standard()
    }
}

impl RetryPolicy for Retry {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        if !context.is_retryable() || self.attempts <= 1 {
            return RetryDecision::Stop;
        }
        let is_free = context.asked.is_some() && context.error.is_rate_limited() && !self.count_rate_limits;
        let waits = if self.count_rate_limits { 0 } else { context.waits };
        let counted = context.attempt.saturating_sub(waits).max(1);
        match context.asked {
            Some(wait) if wait > self.maximum_server_delay => {
                RetryDecision::GiveUp("the service asks for a longer wait than the retry policy allows")
            }
            _ if counted >= self.attempts && !is_free => {
                RetryDecision::GiveUp("the retry policy allows no more attempts")
            }
            Some(wait) => RetryDecision::After(wait),
            None => RetryDecision::After(self.backoff.delay(counted - 1)),
        }
    }
}

/// What a retry takes from the budget.
const RETRY_COST: u32 = 5;

/// Bounds the retries of all calls of a client together, so that an outage is not made worse.
///
/// A retry takes 5, a call that succeeds puts 1 back, and one that succeeds after a retry puts that
/// retry's 5 back. A retry after a wait that the service asked for (429) takes nothing. When it is used up, errors are
/// returned at once and say so. Clones share it.
#[derive(Clone, Debug)]
pub struct RetryBudget(Option<Arc<Tokens>>);

#[derive(Debug)]
struct Tokens {
    left: Mutex<u32>,
    capacity: u32,
}

impl RetryBudget {
    /// A budget of this size; a client's own has 500, which is a hundred retries.
    pub fn new(capacity: u32) -> Self {
        Self(Some(Arc::new(Tokens { left: Mutex::new(capacity), capacity })))
    }

    /// No bound.
    pub fn unlimited() -> Self {
        Self(None)
    }

    pub(crate) fn take(&self) -> bool {
        let Some(tokens) = &self.0 else { return true };
        let mut left = tokens.left.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(RETRY_COST);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }

    pub(crate) fn succeeded(&self, after_retry: bool) {
        let Some(tokens) = &self.0 else { return };
        let mut left = tokens.left.lock().unwrap_or_else(PoisonError::into_inner);
        let back = if after_retry { RETRY_COST } else { 1 };
        *left = left.saturating_add(back).min(tokens.capacity);
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_runs_out_and_fills_up() {
        let budget = RetryBudget::new(11);
        assert!(budget.take() && budget.take() && !budget.take());
        budget.clone().succeeded(false);
        assert!(!budget.take());
        budget.succeeded(true);
        assert!(budget.take());
        (0..100).for_each(|_| budget.succeeded(true));
        assert!(budget.take() && budget.take() && !budget.take());
        assert!((0..1000).all(|_| RetryBudget::unlimited().take()));
    }
}
