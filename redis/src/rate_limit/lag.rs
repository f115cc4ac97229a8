//! How long it takes from a place being given until its request leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const LEAST: Duration = Duration::from_millis(10);
/// Ten seconds and a little.
const MOST: Duration = Duration::from_millis(10_240);

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

    /// How much later than its place a request may leave: at least twice as long as it takes, so that few come too late.
    /// Who comes in time for a place has half of it. It doubles, so that it changes seldom and most processes have the
    /// same.
    pub(super) fn margin(&self) -> Duration {
        let needed = Duration::from_micros(self.0.load(Ordering::Relaxed).saturating_mul(2));
        let mut margin = LEAST;
        while margin < needed && margin < MOST {
            margin *= 2;
        }
        margin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_follows_the_slowest_and_wears_off() {
        let lag = Lag::default();
        assert_eq!(lag.margin(), Duration::from_millis(20));
        lag.note(Duration::from_millis(100));
        assert_eq!(lag.margin(), Duration::from_millis(320));
        for _ in 0..200 {
            lag.note(Duration::from_millis(1));
        }
        assert_eq!(lag.margin(), LEAST);
        lag.note(Duration::from_secs(3600));
        assert_eq!(lag.margin(), MOST);
    }
}
