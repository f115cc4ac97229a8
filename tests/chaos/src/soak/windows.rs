//! How many requests came in the fullest window.

use std::time::Duration;

/// A limit, and what the server saw of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) name: String,
    /// The requests that any window may have, and its length.
    pub(super) limit: u64,
    pub(super) seconds: u64,
    pub(super) fullest: u64,
    /// All requests.
    pub(super) requests: u64,
}

/// A request as the server saw it, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Arrival {
    pub(super) sent: u64,
    pub(super) arrived: u64,
}

/// By how much two requests may have come nearer to each other on their way: their delays differ by so much at most.
pub(super) fn jitter(arrivals: &[Arrival]) -> Duration {
    let delays = || arrivals.iter().map(|arrival| arrival.arrived.saturating_sub(arrival.sent));
    let (least, most) = (delays().min().unwrap_or(0), delays().max().unwrap_or(0));
    Duration::from_micros(most - least)
}

/// The most requests that arrived within any window of this length, which is shorter by what their way took.
pub(super) fn fullest(arrivals: &[Arrival], length: Duration) -> u64 {
    let length = u64::try_from(length.saturating_sub(jitter(arrivals)).as_micros()).unwrap_or(u64::MAX);
    let mut times: Vec<_> = arrivals.iter().map(|arrival| arrival.arrived).collect();
    times.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (index, time) in times.iter().enumerate() {
        while time - times[first] >= length {
            first += 1;
        }
        most = most.max(index + 1 - first);
    }
    most as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times: &[u64], delay: impl Fn(usize) -> u64) -> Vec<Arrival> {
        let arrival = |(index, sent): (usize, &u64)| Arrival { sent: *sent, arrived: sent + delay(index) };
        times.iter().enumerate().map(arrival).collect()
    }

    #[test]
    fn a_window_slides() {
        let second = Duration::from_secs(1);
        let arrivals = at(&[0, 900_000, 999_999, 1_000_000, 1_899_999], |_| 5);
        assert_eq!(fullest(&arrivals, second), 4, "from 900,000 on");
        assert_eq!(fullest(&arrivals[..1], second), 1);
        assert_eq!(fullest(&[], second), 0);
    }

    #[test]
    fn what_the_way_took_is_allowed_for() {
        // Sent a second apart; the first was 300 µs longer on its way.
        let arrivals = at(&[0, 1_000_000], |index| if index == 0 { 300 } else { 0 });
        assert_eq!(jitter(&arrivals), Duration::from_micros(300));
        assert_eq!(fullest(&arrivals, Duration::from_secs(1)), 1);
    }
}
