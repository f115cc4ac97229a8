use opencloud::limit::{Permit, Quota};
use std::fmt;
use std::time::Duration;

/// The most requests of a window that is counted.
const LARGEST: u64 = 100_000;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) key: String,
    pub(super) requests: u64,
    pub(super) period: Duration,
    /// What a request takes of it.
    pub(super) cost: u64,
}

impl Window {
    /// The window of a quota, if it is worth one.
    pub(super) fn of(quota: &Quota) -> Option<Self> {
        let limit = quota.limit;
        (limit.requests <= LARGEST && limit.seconds > 0).then(|| Self {
            key: crate::server::short(&quota.key),
            requests: limit.requests.max(1),
            period: limit.period(),
            cost: quota.cost.clamp(1, limit.requests.max(1)),
        })
    }

    /// A part of it.
    pub(super) fn part(&self, part: f64) -> (u64, Duration) {
        let requests = self.requests as f64 * part;
        match requests < 1.0 {
            true => (1, self.period.div_f64(requests)),
            false => (requests as u64, self.period),
        }
    }
}

/// A request, by a number that no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) u128);

impl Id {
    pub(super) fn new(process: u64, number: u64) -> Self {
        Self(u128::from(process) << 64 | u128::from(number))
    }

    pub(super) fn of(permit: Permit) -> Self {
        Self(permit.id())
    }

    pub(super) fn permit(self) -> Permit {
        Permit::new(self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_less_than_a_request_is_one_in_a_longer_period() {
        let window =
            |requests| Window { key: String::new(), requests, period: Duration::from_secs(60), cost: 1 };
        assert_eq!(window(100).part(0.25), (25, Duration::from_secs(60)));
        assert_eq!(window(10).part(0.25), (2, Duration::from_secs(60)));
        assert_eq!(window(1).part(0.25), (1, Duration::from_secs(240)));
    }
}
