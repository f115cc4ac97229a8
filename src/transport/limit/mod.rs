//! The client-side rate limiter: requests wait here instead of being refused there.
//!
//! [`RateLimit::from_spec`] knows the limit of each operation, for API keys and for OAuth 2.0
//! tokens, and the limits that services keep besides, such as those of data stores per universe.
//! What responses say in `x-ratelimit-*` corrects it, each window by what speaks of it.

mod local;
mod quotas;
mod schedule;
mod seen;
mod window;

use crate::Error;
use crate::spec::RateLimitStatus;
use crate::spec::{Limit, OperationInfo};
use futures_util::{FutureExt as _, TryFutureExt as _};
use local::Local;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A client-side rate limit. Clones share their counts.
///
/// ```
/// use opencloud::{Client, limit::RateLimit};
///
/// # fn build() -> Result<(), opencloud::Error> {
/// let client = Client::builder().api_key("key").rate_limit(RateLimit::from_spec()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    store: Store,
    concurrent_users: u64,
}

/// Who counts.
#[derive(Clone, Debug)]
enum Store {
    /// This process. It knows which place was whose.
    Local(Arc<Local>),
    Shared(Arc<dyn RateLimitStore>),
}

impl RateLimit {
    /// The limits that the specification states. Several requests may go out at once until a
    /// window is full; then requests wait, first come, first served, within their call's deadline.
    pub fn from_spec() -> Self {
        Self { store: Store::Local(Arc::default()), concurrent_users: 0 }
    }

    /// The same limits, counted in a store of your own: one that several processes share.
    pub fn with_store(store: impl RateLimitStore) -> Self {
        Self { store: Store::Shared(Arc::new(store)), concurrent_users: 0 }
    }

    /// Sets how many users are in the universe at a time. The limits of data stores and of
    /// translation grow with it; without it, they are those of an empty universe.
    #[must_use]
    pub fn concurrent_users(mut self, users: u64) -> Self {
        self.concurrent_users = users;
        self
    }

    pub(crate) fn quotas(
        &self,
        operation: &'static OperationInfo,
        owner: Owner<'_>,
        values: &[String],
    ) -> Vec<Quota> {
        quotas::of(operation, owner, values, self.concurrent_users)
    }

    /// Asks for a permit, with the place of the request if that is known.
    pub(crate) fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquiring<'a> {
        match &self.store {
            Store::Local(local) => match local.enter(quotas) {
                Ok(at) => Acquiring::Granted(at),
                Err(place) => Acquiring::Pending(Box::pin(place.map(|at| Ok(Some(at))))),
            },
            Store::Shared(store) => Acquiring::Pending(Box::pin(store.acquire(quotas).map_ok(|()| None))),
        }
    }

    /// Gives back the place of a request that was not sent, if it is known.
    pub(crate) fn give_back(&self, quotas: &[Quota], place: Option<Instant>) {
        if let (Store::Local(local), Some(place)) = (&self.store, place) {
            local.give_back(quotas, place);
        }
    }

    /// Takes note of what the response to the request of this place says.
    pub(crate) fn observe(
        &self,
        quotas: &[Quota],
        place: Option<Instant>,
        status: &RateLimitStatus,
        refused: bool,
    ) {
        for (quota, seen) in quotas.iter().zip(seen::of(quotas, status, refused)) {
            match &self.store {
                _ if seen == Observation::default() => {}
                Store::Local(local) => local.observe(quota, &seen, place),
                Store::Shared(store) => store.observe(quota, &seen),
            }
        }
    }
}

/// A permit, or what is waited for until there is one.
pub(crate) enum Acquiring<'a> {
    Granted(Instant),
    Pending(Pin<Box<dyn Future<Output = Result<Option<Instant>, Error>> + Send + 'a>>),
}

/// Whose requests are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) name: &'a str,
    /// Whether the limits are those of OAuth 2.0 tokens.
    pub(crate) is_bearer: bool,
}

/// What [`RateLimitStore::acquire`] returns.
pub type Acquire<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Counts requests and makes them wait.
pub trait RateLimitStore: fmt::Debug + Send + Sync + 'static {
    /// Waits until a request may be sent under all of these quotas, and counts it. If the future is
    /// dropped, nothing must be counted; while it is not polled, it must hold up no others. The
    /// narrowest quota comes first.
    ///
    /// # Errors
    ///
    /// If the store fails; the call then fails without being sent. A store that would rather let
    /// requests through returns `Ok`.
    fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquire<'a>;

    /// Takes note of what a response says of a quota, if it says anything of this one.
    fn observe(&self, quota: &Quota, seen: &Observation) {
        let _ = (quota, seen);
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
}

/// Requests per period, counted together for everything that has the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Whose requests are counted and what for. It holds no secret.
    pub key: String,
    /// The number of requests and their period.
    pub limit: Limit,
    /// The number of requests that `x-ratelimit-limit` states for it, by which what the headers say is
    /// matched; mostly that of the limit.
    pub stated: u64,
    /// Whether this is the limit of the operation for the credential, and not one of the service's.
    pub is_own: bool,
}
