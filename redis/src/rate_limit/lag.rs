//! How long it takes from a place being given until its request leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// In which steps the margin grows, so that it changes seldom and most processes have the same.
const STEP: Duration = Duration::from_millis(10);
const MOST: Duration = Duration::from_secs(10);

/// What may pass between the last look at the clock and the request.
pub(super) const SLACK: Duration = Duration::from_millis(10);

/// Before anything is known: a program begins with much at once.
const FIRST: Duration = Duration::from_millis(10);

/// The longest of late, which wears off with each command.
#[derive(Debug)]
pub(super) struct Lag(AtomicU64);

impl Default for Lag {
    fn default() -> Self {
        Self(AtomicU64::new(FIRST.as_micros() as u64))
    }
}

impl Lag {
    pub(super) fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| Some(took.max(known - known / 32)));
    }

    /// The longest of late.
    pub(super) fn longest(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    /// How much later than its place a request may leave: as long as it takes and some slack, so that few leave later.
    pub(super) fn margin(&self) -> Duration {
        let steps = self.0.load(Ordering::Relaxed).div_ceil(STEP.as_micros() as u64).max(1);
        (SLACK + STEP * u32::try_from(steps).unwrap_or(1000)).min(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_follows_the_slowest_and_wears_off() {
        let lag = Lag::default();
        assert_eq!(lag.margin(), SLACK + STEP);
        lag.note(Duration::from_millis(95));
        assert_eq!(lag.margin(), Duration::from_millis(110));
        for _ in 0..200 {
            lag.note(Duration::from_millis(1));
        }
        assert_eq!(lag.margin(), SLACK + STEP);
        lag.note(Duration::from_secs(3600));
        assert_eq!(lag.margin(), MOST);
    }
}
