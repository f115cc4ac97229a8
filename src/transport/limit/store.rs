//! The trait of stores that several processes share.

use super::quota::{Observation, Quota};
use crate::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

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
    /// Waits until a request may be sent under all of these quotas, and counts it with its [cost](Quota::cost) in each. If
    /// the future is dropped before it is ready, nothing must be counted; while it is not polled, it must hold up no
    /// others. Of the limits of the service, the narrowest comes first.
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
