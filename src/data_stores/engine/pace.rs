use super::failure_backoff::{self, FailureBackoff};
use crate::client::Options;
use crate::transport::limit::Share;
use crate::{Error, Progress};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const CONCURRENCY: usize = 8;
const MAX_CONCURRENCY: usize = 64;

/// The part of the game's budget that a job takes: the formulas give each player 40 reads and 20 writes a minute, of which
/// a game that saves now and then needs a few.
const SHARE: Share = Share::HALF;

/// How many tasks are under way at a time, what part of the game's budget they take, and who is told how many are done.
#[derive(Clone)]
pub(in super::super) struct Pace {
    pub(in super::super) concurrency: usize,
    share: Result<Share, Error>,
    progress: Option<Arc<dyn Progress>>,
    service_wait: Duration,
    done: u64,
}

impl Pace {
    pub(in super::super) fn set_concurrency(&mut self, tasks: usize) {
        self.concurrency = tasks.clamp(1, MAX_CONCURRENCY);
    }

    pub(in super::super) fn set_share(&mut self, part: f64) {
        self.share = Share::new(part);
    }

    /// These options, for a job of this pace.
    ///
    /// # Errors
    ///
    /// If the share is none.
    pub(in super::super) fn of_job(&self, options: Options) -> Result<Options, Error> {
        Ok(Options { share: Some(self.share.clone()?), ..options })
    }

    pub(in super::super) fn on_progress(&mut self, progress: impl Progress + 'static) {
        self.progress = Some(Arc::new(progress));
    }

    pub(in super::super) fn wait_for_service(&mut self, longest: Duration) {
        self.service_wait = longest;
    }

    pub(super) fn failure_backoff(&self) -> FailureBackoff {
        FailureBackoff::new(self.service_wait, self.progress.clone())
    }

    /// The same pace, of work of which this number of tasks was done before.
    pub(in super::super) fn from(&self, done: u64) -> Self {
        Self { done, ..self.clone() }
    }

    pub(super) fn advance(&mut self, tasks: usize) {
        self.done = self.done.saturating_add(tasks as u64);
        if let Some(progress) = &self.progress {
            progress.advanced(self.done, None);
        }
    }

    /// Who is told of waits.
    pub(super) fn waits(&self) -> Waits {
        Waits(self.progress.clone())
    }
}

impl Default for Pace {
    fn default() -> Self {
        let share = Ok(SHARE);
        Self { concurrency: CONCURRENCY, share, progress: None, service_wait: failure_backoff::WAIT, done: 0 }
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

/// Passes the messages of a batch on, but not its count, which begins anew with each.
pub(super) struct Waits(Option<Arc<dyn Progress>>);

impl Progress for Waits {
    fn advanced(&self, _: u64, _: Option<u64>) {}

    fn message(&self, text: &str) {
        if let Some(progress) = &self.0 {
            progress.message(text);
        }
    }
}

/// The setters of a builder with a field `pace`.
macro_rules! pace_methods {
    ($what:literal) => {
        #[doc = concat!("Sets how many entries are ", $what, " at a time: 8 by default, 1 at least and 64 at most.")]
        pub fn concurrency(mut self, entries: usize) -> Self {
            self.pace.set_concurrency(entries);
            self
        }

        /// Sets the part of the limits of data stores that this takes, from 0.001 to 1: 0.5 by default. The rest is left to
        /// the running game, whose servers use up the same limits, and to other calls; jobs of one client with the same
        /// share take it together. The client keeps to it by its [rate limit](crate::limit::RateLimit), which is to know how
        /// many players there are ([`concurrent_users`](crate::limit::RateLimit::concurrent_users)); a client
        /// without one keeps to no limit. Any other number is an error before anything is sent.
        pub fn share(mut self, part: f64) -> Self {
            self.pace.set_share(part);
            self
        }

        /// Tells this how many entries are done; how many there are is not known. Entries that a resumed run has done
        /// before count. Waits, for rate limits and after failures, are told as messages.
        pub fn on_progress(mut self, progress: impl crate::Progress + 'static) -> Self {
            self.pace.on_progress(progress);
            self
        }

        /// How long the service or the connection may fail, while nothing succeeds, before this ends with the failure:
        /// a minute of waits by default, none with zero. Each request has been retried before as a call is.
        pub fn wait_for_service(mut self, longest: std::time::Duration) -> Self {
            self.pace.wait_for_service(longest);
            self
        }
    };
}
pub(in super::super) use pace_methods;
