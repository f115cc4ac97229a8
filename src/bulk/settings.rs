//! How a run goes, whatever it calls.

use crate::Progress;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const DEFAULT_CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 64;
const MAXIMUM_WAIT: Duration = Duration::from_secs(10 * 60);
const MAXIMUM_FAILURES_IN_A_ROW: usize = 20;

#[derive(Clone)]
pub(crate) struct Settings<'a> {
    pub(super) concurrency: usize,
    pub(super) progress: Option<Arc<dyn Progress + 'a>>,
    pub(super) only_waits: bool,
    pub(super) maximum_wait: Duration,
    pub(super) failures_in_a_row: usize,
}

impl<'a> Settings<'a> {
    pub(crate) fn concurrency(&mut self, calls: usize) {
        self.concurrency = calls.clamp(1, MAX_CONCURRENCY);
    }

    pub(crate) fn on_progress(&mut self, progress: impl Progress + 'a) {
        self.progress = Some(Arc::new(progress));
    }

    /// Tells no failures: the caller makes the calls again.
    pub(crate) fn only_waits(&mut self) {
        self.only_waits = true;
    }

    pub(crate) fn maximum_wait(&mut self, wait: Duration) {
        self.maximum_wait = wait;
    }

    pub(crate) fn maximum_failures_in_a_row(&mut self, failures: usize) {
        self.failures_in_a_row = failures.max(1);
    }
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            concurrency: DEFAULT_CONCURRENCY,
            progress: None,
            only_waits: false,
            maximum_wait: MAXIMUM_WAIT,
            failures_in_a_row: MAXIMUM_FAILURES_IN_A_ROW,
        }
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("concurrency", &self.concurrency)
            .field("maximum_wait", &self.maximum_wait)
            .field("failures_in_a_row", &self.failures_in_a_row)
            .finish_non_exhaustive()
    }
}

/// The setters of what has `settings: Settings<$life>`.
macro_rules! settings_methods {
    ($life:lifetime) => {
        /// How many calls may be under way at a time: 4 by default, 1 at least and 64 at most.
        pub fn concurrency(mut self, calls: usize) -> Self {
            self.settings.concurrency(calls);
            self
        }

        /// Tells this how many calls have ended, after each outcome and when the calls begin to wait for a rate limit;
        /// and in messages how many have failed, and how long the wait is.
        pub fn on_progress(mut self, progress: impl crate::Progress + $life) -> Self {
            self.settings.on_progress(progress);
            self
        }

        /// The longest wait for a rate limit that is waited for, 10 minutes by default; a longer one ends the run.
        pub fn maximum_wait(mut self, wait: std::time::Duration) -> Self {
            self.settings.maximum_wait(wait);
            self
        }

        /// After how many failures in a row of the service or the connection (5xx, timeouts, a connection that
        /// cannot be made) the run ends: 20 by default, 1 at least. Each of these calls was retried before.
        pub fn maximum_failures_in_a_row(mut self, failures: usize) -> Self {
            self.settings.maximum_failures_in_a_row(failures);
            self
        }
    };
}
pub(crate) use settings_methods;
