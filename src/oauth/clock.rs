use http::HeaderMap;
use http::header::DATE;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// The time, and how far it was from Roblox's when a response came last.
#[derive(Clone)]
pub(super) struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ahead: Arc<Mutex<Option<SignedDuration>>>,
}

impl Clock {
    pub(super) fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ahead: Arc::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Compares this clock with the `Date` of a response that has just come. Not of one that a cache may hold.
    pub(super) fn compare(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let Some(date) = date.and_then(|date| Timestamp::try_from(date).ok()) else { return };
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.now().duration_since(date));
    }

    /// How far this clock is ahead of Roblox's; `None` before there was a response that says it.
    pub(super) fn ahead(&self) -> Option<SignedDuration> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Timestamp::now)
    }
}
