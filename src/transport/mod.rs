//! Sending: one attempt after another, and the seam at which something else than HTTP can stand.

pub(crate) mod backoff;
mod clients;
mod edge;
mod exchanged;
mod hosts;
pub mod limit;
#[cfg(feature = "files")]
mod opener;
#[cfg(feature = "tracing")]
mod redact;
mod reqwest;
pub mod retry;
mod send;
mod trace;

pub(crate) use self::reqwest::Reqwest;
pub(crate) use clients::HttpOptions;
pub(crate) use exchanged::{Exchanged, Origin, PreparedRequest};
pub(crate) use hosts::{BaseUrl, DEFAULT_HOST, Hosts, OnThisMachine, shown};
#[cfg(feature = "files")]
pub(crate) use opener::Opener;
pub(crate) use send::{Accept, RetryLoop, Times, in_words};

use crate::Error;
use crate::body::Body;
use bytes::Bytes;
use futures_core::Stream;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How much of a response that is not a success is kept, in bytes. An error page of any length is still
/// an error, not a response that is too large.
const LONGEST_ERROR: usize = 1024 * 1024;

/// How long the body of a refusal is waited for. What it says is worth less than the status, which would
/// be lost with the attempt's time.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// What a [`Transport`] returns.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Error>> + Send + 'a>>;

/// The content of a response, while it is read.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// What [`Transport::open`] returns.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Chunks>, Error>> + Send + 'a>>;

/// Carries one request to a service and its response back.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once, follows no redirect, and reads the response, of any status, up to
    /// `max_response_bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::not_sent`] if the service certainly has not begun the request, and
    /// [`Error::interrupted`] if it may have.
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_>;

    /// As [`exchange`](Self::exchange), but hands the response over before its content is there: for
    /// downloads, whose caller counts the bytes. Unless a transport does it better, the content comes
    /// in one piece.
    ///
    /// # Errors
    ///
    /// As for [`exchange`](Self::exchange).
    fn open(&self, request: http::Request<Body>, max_response_bytes: u64) -> Opening<'_> {
        let limit = usize::try_from(max_response_bytes).unwrap_or(usize::MAX);
        Box::pin(async move {
            let response = self.exchange(request, limit).await?;
            Ok(response.map(|content| -> Chunks { Box::pin(futures_util::stream::iter([Ok(content)])) }))
        })
    }
}
