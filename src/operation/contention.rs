//! Waiting before a change is tried again that somebody else has overtaken.

use crate::transport::backoff::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// How often a change is tried unless the caller says otherwise.
pub(crate) const ATTEMPTS: u32 = 10;

/// With each try, the longest wait grows by the time of this many tries: 30 writers at 30 ms then finish within
/// five seconds, and none of them needs all its tries.
const GROWTH: u32 = 6;
/// A try that takes less is taken to last so long.
const SHORTEST_TRY: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The tries of a change that is read, made and written back.
#[derive(Debug)]
pub(crate) struct Contention {
    attempts: u32,
    tried: u32,
    begun: Instant,
}

impl Contention {
    pub(crate) fn new(attempts: u32) -> Self {
        Self { attempts, tried: 0, begun: Instant::now() }
    }

    /// A try begins.
    pub(crate) fn begin(&mut self) {
        self.tried += 1;
        self.begun = Instant::now();
    }

    /// Whether there is no further try.
    pub(crate) fn is_over(&self) -> bool {
        self.tried >= self.attempts
    }

    /// Waits at random. Writers that met would meet again otherwise; how long one must keep away from the others
    /// depends on how long a try takes, during which any write of theirs is in its way.
    pub(crate) async fn wait(&self) {
        tokio::time::sleep(self.backoff(self.begun.elapsed()).delay(0)).await;
    }

    /// The delays of overtaken changes grow by the same time with each try, and not exponentially: each try that
    /// is lost is one that another writer has won.
    fn backoff(&self, took: Duration) -> Backoff {
        let bound = took.max(SHORTEST_TRY).saturating_mul(GROWTH.saturating_mul(self.tried));
        Backoff { initial_delay: bound, maximum_delay: LONGEST_WAIT, multiplier: 1.0, jitter: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_grow_with_the_tries_and_with_what_a_try_takes() {
        let mut contention = Contention::new(2);
        let bound = |contention: &Contention, took| {
            Backoff { jitter: false, ..contention.backoff(Duration::from_millis(took)) }.delay(0).as_millis()
        };
        contention.begin();
        assert_eq!((bound(&contention, 0), bound(&contention, 60), contention.is_over()), (60, 360, false));
        contention.begin();
        assert_eq!((bound(&contention, 60), bound(&contention, 60_000)), (720, 5_000));
        assert!(contention.is_over());
        contention.tried = u32::MAX;
        assert_eq!(bound(&contention, u64::MAX), 5_000);
    }
}
