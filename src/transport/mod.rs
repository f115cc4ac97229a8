//! Sending: one attempt after another, and the seam at which something else than HTTP can stand.

mod headers;
mod hosts;
pub mod limit;
#[cfg(feature = "tracing")]
mod redact;
mod reqwest;
pub mod retry;
mod send;
mod trace;

pub use headers::RateLimitStatus;

pub(crate) use self::reqwest::{HttpOptions, Reqwest};
pub(crate) use hosts::{DEFAULT_HOST, Hosts, OnThisMachine, shown};
pub(crate) use send::{Exchanged, PathValues, Sending, Times};

use crate::Error;
use crate::call::Body;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;

/// What a [`Transport`] returns.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Error>> + Send + 'a>>;

/// Carries one request to a service and its answer back.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once, follows no redirect, and reads the answer, of any status, up to
    /// `max_response_bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::not_sent`] if the service certainly did not see the request, and
    /// [`Error::interrupted`] if it may have.
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_>;
}
