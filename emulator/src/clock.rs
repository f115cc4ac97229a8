//! The emulator's time. It runs as the real one does, or faster, or stands still, and can be moved ahead.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    base: Base,
    ahead: SignedDuration,
    /// While the past is replayed, it is the time of that past.
    pinned: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum Base {
    Running {
        since: Timestamp,
        speed: u32,
    },
    /// Time stands still at this moment until it is advanced.
    Frozen(Timestamp),
}

/// What of a clock outlives the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedClock {
    pub(crate) time: Timestamp,
    /// How far the clock was ahead of the real time.
    pub(crate) ahead: SignedDuration,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::running(1)
    }
}

impl Clock {
    pub(crate) fn running(speed: u32) -> Clock {
        let base = Base::Running { since: Timestamp::now(), speed: speed.max(1) };
        Clock { base, ahead: SignedDuration::ZERO, pinned: None }
    }

    pub(crate) fn frozen_at(time: SystemTime) -> Clock {
        let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
        Clock { base: Base::Frozen(time), ahead: SignedDuration::ZERO, pinned: None }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.pinned.unwrap_or_else(|| self.at(Timestamp::now()))
    }

    fn at(&self, real: Timestamp) -> Timestamp {
        let base = match self.base {
            Base::Frozen(time) => time,
            Base::Running { speed: 1, .. } => real,
            Base::Running { since, speed } => {
                let passed = real.duration_since(since);
                let passed = passed.checked_mul(i32::try_from(speed).unwrap_or(i32::MAX));
                since.checked_add(passed.unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
            }
        };
        base.checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    /// How much faster than the real time it runs.
    pub(crate) fn speed(&self) -> u32 {
        match self.base {
            Base::Running { speed, .. } => speed,
            Base::Frozen(_) => 1,
        }
    }

    /// Whether time stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self.base, Base::Frozen(_))
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.ahead = self.ahead.saturating_add(by);
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn pin(&mut self, time: Timestamp) {
        self.pinned = Some(time);
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn unpin(&mut self) {
        self.pinned = None;
    }

    pub(crate) fn save(&self) -> SavedClock {
        let real = Timestamp::now();
        let time = self.at(real);
        let ahead = match self.base {
            Base::Running { .. } => time.duration_since(real),
            Base::Frozen(_) => self.ahead,
        };
        SavedClock { time, ahead }
    }

    /// Goes on from a saved clock: as far ahead as it was, and never before the time that it had.
    pub(crate) fn restore(&mut self, saved: SavedClock) {
        if matches!(self.base, Base::Running { .. }) {
            self.ahead = saved.ahead;
        }
        self.reach(saved.time);
    }

    /// Moves ahead to a time, unless it has passed already.
    pub(crate) fn reach(&mut self, time: Timestamp) {
        let missing = time.duration_since(self.at(Timestamp::now()));
        if missing.is_positive() {
            self.ahead = self.ahead.saturating_add(missing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{day, hour, later, rfc3339, rfc3339_nanos};

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_advanced() {
        let mut clock = Clock::frozen_at(SystemTime::UNIX_EPOCH);
        assert_eq!(rfc3339(clock.now()), "1970-01-01T00:00:00.000Z");
        clock.advance(Duration::from_millis(86_400_123));
        assert_eq!(rfc3339(clock.now()), "1970-01-02T00:00:00.123Z");
        assert_eq!(day(clock.now()), 1);
        assert_eq!(hour(clock.now()), 24);
        assert_eq!(rfc3339_nanos(clock.now()), "1970-01-02T00:00:00.123000000Z");
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let mut clock = Clock::running(1);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        assert_eq!(later(Timestamp::MAX, 1), Timestamp::MAX);
    }

    #[test]
    fn a_fast_clock_runs_that_many_times_as_fast() {
        let clock = Clock::running(60);
        let Base::Running { since, .. } = clock.base else { panic!("it runs") };
        assert_eq!(clock.at(later(since, 2)), later(since, 120));
        assert_eq!(clock.speed(), 60);
    }

    #[test]
    fn a_restored_clock_does_not_go_back() {
        let mut before = Clock::running(1);
        before.advance(Duration::from_secs(3_600));
        let saved = before.save();
        let mut after = Clock::running(1);
        after.restore(saved);
        assert!(after.now() >= saved.time);
        let mut frozen = Clock::frozen_at(SystemTime::UNIX_EPOCH);
        frozen.restore(saved);
        assert_eq!(frozen.now(), saved.time);
    }
}
