//! The emulator's time, which only tests and `/__emulator/clock` move apart from the real one.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// If set, time stands still at this moment until it is advanced.
    frozen: Option<Timestamp>,
    ahead: SignedDuration,
}

impl Clock {
    pub(crate) fn running() -> Clock {
        Clock { frozen: None, ahead: SignedDuration::ZERO }
    }

    pub(crate) fn frozen_at(time: SystemTime) -> Clock {
        Clock {
            frozen: Some(Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)),
            ahead: SignedDuration::ZERO,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let base = self.frozen.unwrap_or_else(Timestamp::now);
        base.checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.ahead = self.ahead.saturating_add(by);
    }
}

/// RFC 3339 with milliseconds, as most services write it.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// RFC 3339 with nanoseconds.
pub(crate) fn rfc3339_nanos(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}

/// A moment that many seconds later; at the end of time, the end of time.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The number of the UTC day.
pub(crate) fn day(time: Timestamp) -> i64 {
    time.as_second().div_euclid(86_400)
}

/// The number of the UTC hour.
pub(crate) fn hour(time: Timestamp) -> i64 {
    time.as_second().div_euclid(3_600)
}

/// The seconds of `1.5s`, if the text is a duration.
pub(crate) fn seconds(text: &str) -> Option<SignedDuration> {
    if !crate::schema::is_duration(text) {
        return None;
    }
    let number = text.trim_end_matches('s');
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    let duration = SignedDuration::new(whole.parse().ok()?, nanos);
    Some(if negative { -duration } else { duration })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut clock = Clock::running();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        assert_eq!(later(Timestamp::MAX, 1), Timestamp::MAX);
    }

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        assert_eq!(seconds("1.5s"), Some(SignedDuration::from_millis(1500)));
        assert_eq!(seconds("-0.000000001s"), Some(SignedDuration::from_nanos(-1)));
        assert_eq!(seconds("300s"), Some(SignedDuration::from_secs(300)));
        assert_eq!(seconds("300"), None);
    }
}
