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

    /// The same limits, counted in a store that several processes share: `RedisRateLimit` of the crate
    /// `opencloud-redis`, or one of your own.
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

    /// Asks for a permit.
    pub(crate) fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquiring<'a> {
        match &self.store {
            Store::Local(local) => match local.enter(quotas) {
                Ok(at) => Acquiring::Granted(Place::Local(at)),
                Err(place) => Acquiring::Pending(Box::pin(place.map(|at| Ok(Place::Local(at))))),
            },
            Store::Shared(store) => Acquiring::Pending(Box::pin(store.acquire(quotas).map_ok(Place::Shared))),
        }
    }

    /// Gives back the place of a request that was not sent.
    pub(crate) fn give_back(&self, quotas: &[Quota], place: Place) {
        match (&self.store, place) {
            (Store::Local(local), Place::Local(at)) => local.give_back(quotas, at),
            (Store::Shared(store), Place::Shared(permit)) => store.give_back(quotas, permit),
            // A place is of the store that gave it.
            _ => {}
        }
    }

    /// Takes note of what the response to the request of this place says.
    pub(crate) fn observe(&self, quotas: &[Quota], place: Place, status: &RateLimitStatus, refused: bool) {
        for (quota, seen) in quotas.iter().zip(seen::of(quotas, status, refused)) {
            match (&self.store, place) {
                _ if seen == Observation::default() => {}
                (Store::Local(local), Place::Local(at)) => local.observe(quota, &seen, Some(at)),
                (Store::Shared(store), Place::Shared(permit)) => store.observe(quota, permit, &seen),
                _ => {}
            }
        }
    }
}

/// A permit, or what is waited for until there is one.
pub(crate) enum Acquiring<'a> {
    Granted(Place),
    Pending(Pin<Box<dyn Future<Output = Result<Place, Error>> + Send + 'a>>),
}

/// What one request is counted as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The time at which it may be sent.
    Local(Instant),
    Shared(Permit),
}

/// Whose requests are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) name: &'a str,
    /// Whether the limits are those of OAuth 2.0 tokens.
    pub(crate) is_bearer: bool,
}

/// What [`RateLimitStore::acquire`] returns.
pub type Acquire<'a> = Pin<Box<dyn Future<Output = Result<Permit, Error>> + Send + 'a>>;

/// The permission to send one request, as a store has counted it.
///
/// It holds a number of the store's choice, by which the store finds again what it has counted. A store that keeps
/// only totals needs none: `Permit::default()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Permit(u128);

impl Permit {
    /// A permit with this number.
    pub fn new(id: u128) -> Self {
        Self(id)
    }

    /// Its number.
    pub fn id(self) -> u128 {
        self.0
    }
}

/// Counts requests and makes them wait.
///
/// The functions that are not `async` are called within the tokio runtime of the call and must not block: a store that
/// asks a server does so in a task of its own, and keeps the number of such tasks bounded.
pub trait RateLimitStore: fmt::Debug + Send + Sync + 'static {
    /// Waits until a request may be sent under all of these quotas, and counts it. If the future is
    /// dropped before it is ready, nothing must be counted; while it is not polled, it must hold up no others. The
    /// narrowest quota comes first.
    ///
    /// # Errors
    ///
    /// If the store fails; the call then fails without being sent. A store that would rather let
    /// requests through returns `Ok`.
    fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquire<'a>;

    /// Gives back the permit of a request that was not sent, so that another request can be sent instead. Unless a store
    /// overrides it, the request stays counted until its period is over.
    ///
    /// The client calls it where the service has certainly not seen the request: no connection was made, the request could
    /// not be built, or the permit came when the call's deadline was over. It is called with the quotas of
    /// [`acquire`](Self::acquire), and at most once for each permit. It is not called if the caller drops the call once
    /// the request is being sent, because the service may then count it.
    ///
    /// It must free no more than that one request, and nothing if the request is no longer counted: its period may be
    /// over, and the server of a store may be told twice where the store repeats a command.
    fn give_back(&self, quotas: &[Quota], permit: Permit) {
        let _ = (quotas, permit);
    }

    /// Takes note of what the response to the request of a permit says of a quota, if it says anything of this one.
    fn observe(&self, quota: &Quota, permit: Permit, seen: &Observation) {
        let _ = (quota, permit, seen);
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

impl Quota {
    /// As many requests in as many seconds, counted for this key: for tests of a [`RateLimitStore`] of your own.
    pub fn new(key: impl Into<String>, requests: u64, seconds: u64) -> Self {
        Self { key: key.into(), limit: Limit { requests, seconds }, stated: requests, is_own: true }
    }
}
