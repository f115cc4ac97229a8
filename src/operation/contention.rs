//! Waiting before a change is tried again that somebody else has overtaken.

use crate::transport::backoff::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// How often a change is tried unless the caller says otherwise.
pub(crate) const ATTEMPTS: u32 = 10;

/// The first wait lasts up to `FIRST_WAIT` times as long as a try, and each further one up to `MULTIPLIER` times as long as
/// the one before: a try that is lost is one that another writer has won, so that the waits grow slowly. 30 writers at 30 ms then finish within five seconds,
/// and none of them needs all its tries.
const FIRST_WAIT: u32 = 8;
const MULTIPLIER: f64 = 1.3;
/// A try that takes less counts as this long.
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
        tokio::time::sleep(backoff(self.begun.elapsed()).delay(self.tried.saturating_sub(1))).await;
    }
}

fn backoff(try_took: Duration) -> Backoff {
    let initial_delay = try_took.max(SHORTEST_TRY).saturating_mul(FIRST_WAIT);
    Backoff { initial_delay, maximum_delay: LONGEST_WAIT, multiplier: MULTIPLIER, jitter: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_the_tries_and_with_what_a_try_takes() {
        let longest = |took, earlier| {
            Backoff { jitter: false, ..backoff(Duration::from_millis(took)) }.delay(earlier).as_millis()
        };
        assert_eq!((longest(0, 0), longest(60, 0), longest(60, 1)), (80, 480, 624));
        assert_eq!(
            (longest(60_000, 1), longest(60, u32::MAX), longest(u64::MAX, u32::MAX)),
            (5_000, 5_000, 5_000)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_tries_are_counted() {
        let mut contention = Contention::new(2);
        contention.begin();
        assert!(!contention.is_over());
        contention.begin();
        assert!(contention.is_over());
    }
}
