//! The limiter of a client.

use super::local::Local;
use super::quota::{Observation, Quota};
use super::rules::{self, Counted};
use super::schedule;
use super::seen;
use super::settings::{Settings, Users};
use super::store::{Permit, RateLimitStore};
use crate::Error;
use crate::spec::Limit;
use crate::spec::rate_limit::Said;
use bytes::Bytes;
use futures_util::FutureExt as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A client-side rate limit. Clones share their counts, unless one is changed afterwards.
///
/// ```
/// use opencloud::{Client, limit::{Limit, RateLimit}};
///
/// # fn build(players: std::sync::Arc<std::sync::atomic::AtomicU64>) -> Result<(), opencloud::Error> {
/// let limit = RateLimit::from_spec()
///     .share(0.2) // and leave four fifths to the game and other programs
///     .limit("users.get", Limit::per_minute(100))
///     .concurrent_users_from(move |_universe| players.load(std::sync::atomic::Ordering::Relaxed));
/// let client = Client::builder().api_key("key").rate_limit(limit).build()?;
/// # Ok(())
/// # }
/// ```
///
/// A setting that cannot be, such as a share of 0, is an error of
/// [`ClientBuilder::build`](crate::ClientBuilder::build). A limit of more than 100,000 requests in its period is not
/// counted.
#[derive(Clone, Debug)]
pub struct RateLimit {
    store: Store,
    settings: Settings,
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
        Self { store: Store::Local(Arc::default()), settings: Settings::default() }
    }

    /// The same limits, counted in a store that several processes share: `RedisRateLimit` of the crate
    /// `opencloud-redis`, or one of your own.
    pub fn with_store(store: impl RateLimitStore) -> Self {
        Self { store: Store::Shared(Arc::new(store)), settings: Settings::default() }
    }

    /// Takes only this part of every limit, from 0.001 to 1, and leaves the rest to others: to the running game, whose servers
    /// use up the limits of data stores and memory stores too, or to programs with a key of the same owner.
    ///
    /// It is never exceeded in any period. A part is rounded down to whole requests; where that would be none, it is one
    /// request in a longer period: a fifth of one request a minute is one in five minutes.
    #[must_use]
    pub fn share(self, part: f64) -> Self {
        self.with(|settings| settings.set_share(part))
    }

    /// Replaces a limit. The name is one of
    ///
    /// - an operation, such as `users.get`: its limit for the credential,
    /// - an area, such as `users`: the same of each of its operations that is not named itself; they are still counted apart,
    /// - the class of a limit that a service keeps besides, such as `v2.read`, the reads of data stores of a universe
    ///   ([`OperationInfo::limits`](crate::OperationInfo::limits)). It no longer grows with the users.
    ///
    /// Responses that state a smaller limit still correct it; a [share](Self::share) is taken of it.
    #[must_use]
    pub fn limit(self, name: impl Into<String>, limit: Limit) -> Self {
        self.with(|settings| settings.set_limit(name.into(), limit))
    }

    /// Sets how many users are in the universe at a time. The limits of data stores, memory stores and
    /// translation grow with it; without it, they are those of an empty universe.
    #[must_use]
    pub fn concurrent_users(self, users: u64) -> Self {
        self.with(|settings| settings.users = Users::Known(users))
    }

    /// Asks this function how many users are in a universe at a time, before each request to which it matters: a limit then
    /// grows and shrinks with the game. It is given the id of the universe, and is called while a request waits for it:
    /// let another task find the number, and this read it.
    #[must_use]
    pub fn concurrent_users_from(self, users: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.users = Users::Asked(Arc::new(users)))
    }

    /// Lifts the limits of an area that Roblox sells more of, for universes that pay for it
    /// ([Extended Services](https://create.roblox.com/docs/cloud-services/extended-services)): `data_stores`,
    /// `ordered_data_stores` or `memory_stores`. What is sent beyond them costs money. With [`limit`](Self::limit) a class
    /// of them is given a number of yours, which then holds.
    #[must_use]
    pub fn extended_services(self, area: impl Into<String>) -> Self {
        self.with(|settings| settings.extend(area.into()))
    }

    /// The same with other settings. Counts under different limits are not shared.
    fn with(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(&mut self.settings);
        if let Store::Local(local) = &mut self.store {
            *local = Arc::default();
        }
        self
    }

    /// # Errors
    ///
    /// The first setting that cannot be.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.settings.check()
    }

    /// Asks for a permit; `None` if nothing counts the request.
    pub(crate) fn acquire<'a>(&'a self, request: &Counted<'_>) -> Option<Acquiring<'a>> {
        let limits = rules::of(&self.settings, request);
        match &self.store {
            Store::Local(local) => match local.enter(limits) {
                Ok(place) => place.is_counted().then_some(Acquiring::Granted(Place::Local(place))),
                Err(waiting) => {
                    Some(Acquiring::Pending(Box::pin(waiting.map(|place| Ok(Place::Local(place))))))
                }
            },
            Store::Shared(store) => {
                let quotas: Vec<Quota> = limits.map(|limit| limit.quota()).collect();
                (!quotas.is_empty()).then(|| {
                    Acquiring::Pending(Box::pin(async move {
                        let permit = store.acquire(&quotas).await?;
                        Ok(Place::Shared(Box::new((quotas, permit))))
                    }))
                })
            }
        }
    }

    /// Gives back the place of a request that was not sent.
    pub(crate) fn give_back(&self, place: &Place) {
        match (&self.store, place) {
            (Store::Local(local), Place::Local(place)) => local.give_back(place),
            (Store::Shared(store), Place::Shared(held)) => store.give_back(&held.0, held.1),
            // A place is of the store that gave it.
            _ => {}
        }
    }

    /// Takes note of what the response to the request of this place says.
    pub(crate) fn observe(
        &self,
        request: &Counted<'_>,
        place: &Place,
        response: &http::Response<Bytes>,
        refused: bool,
    ) {
        let said = Said::read(response.headers());
        let own = rules::only_own(&self.settings, request).filter(|_| !refused);
        match own.and_then(|rule| seen::of_own(&rule, &said)) {
            Some(seen) => self.note(place, &[seen]),
            None => {
                let limits = rules::of(&self.settings, request);
                self.note(place, &seen::of(limits, said, response.body(), refused));
            }
        }
    }

    fn note(&self, place: &Place, seen: &[Observation]) {
        let says = |seen: &Observation| *seen != Observation::default();
        match (&self.store, place) {
            _ if !seen.iter().any(says) => {}
            (Store::Local(local), Place::Local(place)) => local.observe(place, seen),
            (Store::Shared(store), Place::Shared(held)) => {
                let said = held.0.iter().zip(seen).filter(|(_, seen)| says(seen));
                said.for_each(|(quota, seen)| store.observe(quota, held.1, seen));
            }
            // A place is of the store that gave it.
            _ => {}
        }
    }
}

/// A permit, or what is waited for until there is one.
pub(crate) enum Acquiring<'a> {
    Granted(Place),
    Pending(Pin<Box<dyn Future<Output = Result<Place, Error>> + Send + 'a>>),
}

/// What one request is counted as.
pub(crate) enum Place {
    Local(schedule::Place),
    /// What it was counted under, and the permit.
    Shared(Box<(Vec<Quota>, Permit)>),
}
