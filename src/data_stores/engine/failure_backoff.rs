//! How long a job goes on while the service or the connection fails.
//!
//! A call gives up after a few attempts. A job of hours that ended with it would end at every short outage, so it makes
//! the same requests again, after longer and longer waits, until nothing has succeeded for too long.

use crate::bulk::can_pass;
use crate::operation::pause;
use crate::transport::backoff::Backoff;
use crate::transport::in_words;
use crate::{Error, Progress};
use std::sync::Arc;
use std::time::Duration;

/// How long failures are waited for unless the caller says otherwise.
pub(super) const WAIT: Duration = Duration::from_secs(60);

/// The attempts of each call are spread at random already.
const BACKOFF: Backoff = Backoff {
    initial_delay: Duration::from_secs(1),
    maximum_delay: Duration::from_secs(30),
    multiplier: 2.0,
    jitter: false,
};

pub(super) struct FailureBackoff {
    longest: Duration,
    progress: Option<Arc<dyn Progress>>,
    /// Since something has succeeded.
    waits: u32,
    waited: Duration,
}

impl FailureBackoff {
    pub(super) fn new(longest: Duration, progress: Option<Arc<dyn Progress>>) -> Self {
        Self { longest, progress, waits: 0, waited: Duration::ZERO }
    }

    /// Something has succeeded.
    pub(super) fn reset(&mut self) {
        if let Some(progress) = self.progress.as_ref().filter(|_| self.waits > 0) {
            progress.message("");
        }
        (self.waits, self.waited) = (0, Duration::ZERO);
    }

    /// Waits before what has failed like this is tried again; `false` at once if that is of no use, or was done for
    /// too long.
    pub(super) async fn waits_for(&mut self, error: &Error) -> bool {
        if !passes(error) || self.waited >= self.longest {
            return false;
        }
        let wait = BACKOFF.delay(self.waits).min(self.longest - self.waited);
        if let Some(progress) = &self.progress {
            progress.message(&format!("waiting {} after a failure: {error}", in_words(wait)));
        }
        pause(wait).await;
        (self.waits, self.waited) = (self.waits.saturating_add(1), self.waited + wait);
        true
    }
}

/// A rate limit has been waited for already, by the client and by [`bulk`](crate::bulk), for as long as they are told to.
fn passes(error: &Error) -> bool {
    can_pass(error) && !error.is_rate_limited() && !error.is_without_permit() && !error.is_final()
}
