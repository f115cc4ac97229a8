//! What one failure means for a run.

use crate::retry::is_rate_limit;
use crate::{Error, ErrorKind};
use std::time::Duration;

/// How long a rate limit is waited for that the service gives no time of: most windows are a minute.
const UNSTATED_WAIT: Duration = Duration::from_secs(60);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// How long to wait before the call is made again, if a rate limit has refused it.
pub(super) fn rate_limit_wait(error: &Error) -> Option<Duration> {
    // Then only the poll was refused: another call would start another operation.
    if error.operation_name().is_some() {
        return None;
    }
    is_rate_limit(error, error.operation())
        .then(|| error.retry_after().unwrap_or(UNSTATED_WAIT).max(SHORTEST_WAIT))
}

/// Whether a failure has nothing to do with the input that was called for.
pub(super) fn concerns_all(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Configuration
            | ErrorKind::Unauthenticated
            | ErrorKind::AuthorizationRequired
            | ErrorKind::ModeratedAccount
    ) || error.lacks_scope()
}

/// Whether the service or the connection failed, and not the request.
pub(crate) fn can_pass(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Service | ErrorKind::Connect | ErrorKind::Io | ErrorKind::Timeout | ErrorKind::RateLimited
    )
}

/// Whether another run can succeed with the input and does no harm.
pub(super) fn is_worth_another_run(error: &Error) -> bool {
    let may_be_repeated = error.operation().is_some_and(|operation| operation.idempotent);
    (can_pass(error) || concerns_all(error)) && (may_be_repeated || !error.may_have_been_applied())
}
