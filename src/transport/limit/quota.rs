//! What a store of limits is asked and told.

use crate::spec::Limit;
use std::time::Duration;

/// Requests per period, counted together for everything that has the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Whose requests are counted and what for. It holds no secret.
    pub key: String,
    /// The number of requests and their period. It can change from one request to the next: some limits grow with the
    /// users of a universe.
    pub limit: Limit,
    /// What the request takes of the limit: 1, or more of a limit that counts request units, but never more than the
    /// whole limit.
    pub cost: u64,
    /// The limit that `x-ratelimit-limit` states for it, by which what the headers say is matched; mostly the limit itself.
    /// `None` if no header speaks of it.
    pub stated: Option<Limit>,
    /// Whether this is the limit of the operation for the credential, and not one of the service's.
    pub is_own: bool,
}

impl Quota {
    /// As many requests in as many seconds, counted for this key, of which a request takes one: for tests of a
    /// [`RateLimitStore`](super::RateLimitStore) of your own.
    pub fn new(key: impl Into<String>, requests: u64, seconds: u64) -> Self {
        let limit = Limit::new(requests, seconds);
        Self { key: key.into(), limit, cost: 1, stated: Some(limit), is_own: true }
    }
}

/// What a response says of one quota, as far as it says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// The limit that the headers state.
    pub limit: Option<Limit>,
    /// The number of requests left; 0 if a 429 is about this quota.
    pub remaining: Option<u64>,
    /// The time until all are available again; of a 429, the time to wait.
    pub reset: Option<Duration>,
    /// Whether the request was refused (429). It was counted and not served, under this quota as well if
    /// another is used up.
    pub refused: bool,
    /// What the request has really cost, if that is less than [`Quota::cost`]: the rest can be given back.
    pub cost: Option<u64>,
}

/// A limit, to what counts under it.
pub(super) trait Counter {
    /// Appends what it is counted under.
    fn write_key(&self, key: &mut String);

    /// How many requests it lets through now.
    fn limit(&self) -> Limit;

    /// What the request takes of it.
    fn cost(&self) -> u64;
}

impl Counter for &Quota {
    fn write_key(&self, key: &mut String) {
        key.push_str(&self.key);
    }

    fn limit(&self) -> Limit {
        self.limit
    }

    fn cost(&self) -> u64 {
        self.cost
    }
}
