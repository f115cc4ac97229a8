//! Moments, and how services write them.

use jiff::{SignedDuration, Timestamp};

use crate::api::failure::Failure;

/// RFC 3339 with milliseconds, as most services write it.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// RFC 3339 with nanoseconds.
pub(crate) fn rfc3339_nanos(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}

/// RFC 3339 with whole seconds and an offset in place of `Z`, as the analytics service writes it (AN-01).
pub(crate) fn rfc3339_offset(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
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

/// A moment as RFC 3339 writes it.
pub(crate) fn time(name: &str, text: &str) -> Result<Timestamp, Failure> {
    let refused = |_| Failure::invalid(format!("The {name} must be a time such as 2026-01-02T03:04:05Z."));
    text.parse().map_err(refused)
}
