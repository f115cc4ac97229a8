//! The server's clock, as far as this process knows it: how late a request leaves is told from it, and not from how long
//! a command took, most of which is waiting in line before the server has read it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much two clocks may run apart, in parts of a million.
const DRIFT: u128 = 300;

/// How far the server's clock is ahead of this process's, at least and at most, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    least: i128,
    most: i128,
    as_of: Instant,
}

#[derive(Debug)]
pub(super) struct Clock {
    begun: Instant,
    ahead: Mutex<Option<Ahead>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), ahead: Mutex::default() }
    }
}

impl Clock {
    fn local(&self, at: Instant) -> i128 {
        at.saturating_duration_since(self.begun).as_micros().cast_signed()
    }

    /// Takes note of a time that the server has read between these two moments.
    pub(super) fn note(&self, asked: Instant, time: u64, returned: Instant) {
        let time = i128::from(time);
        let seen =
            Ahead { least: time - self.local(returned), most: time - self.local(asked), as_of: returned };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = Some(match *ahead {
            Some(known) => {
                let passed = returned.saturating_duration_since(known.as_of).as_micros();
                let drift = (passed * DRIFT / 1_000_000).cast_signed() + 1;
                let both = Ahead {
                    least: seen.least.max(known.least - drift),
                    most: seen.most.min(known.most + drift),
                    as_of: returned.max(known.as_of),
                };
                // It was set, or it is another server's.
                if both.least <= both.most { both } else { seen }
            }
            None => seen,
        });
    }

    /// The latest time that the server's clock can show now, in microseconds.
    pub(super) fn latest(&self, now: Instant) -> u64 {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let time = self.local(now) + ahead.map_or(0, |ahead| ahead.most);
        u64::try_from(time).unwrap_or_default()
    }

    /// How long it takes at most until the server's clock shows this time.
    pub(super) fn until(&self, time: u64, now: Instant) -> Duration {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = self.local(now) + ahead.map_or(0, |ahead| ahead.least);
        Duration::from_micros(u64::try_from(i128::from(time) - earliest).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_quick_command_says_more_than_many_slow_ones() {
        let (clock, start) = (Clock::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        // The server's clock shows an hour more, whatever it shows.
        let server = |millis: u64| 3_600_000_000 + millis * 1000;
        clock.note(at(0), server(500), at(1000));
        assert!(clock.latest(at(1000)) >= server(1400));
        clock.note(at(1000), server(1001), at(1002));
        clock.note(at(1000), server(1900), at(2000));
        let latest = clock.latest(at(2000));
        assert!((server(2000)..server(2000) + 3000).contains(&latest), "{latest}");
        let until = clock.until(server(2100), at(2000));
        assert!(until >= Duration::from_millis(100) && until < Duration::from_millis(103), "{until:?}");
    }

    #[test]
    fn a_clock_that_was_set_is_followed() {
        let (clock, start) = (Clock::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        clock.note(at(0), 3_600_000_000, at(1));
        clock.note(at(10), 1_000_000, at(11));
        assert!(clock.latest(at(11)) < 1_100_000);
    }
}
