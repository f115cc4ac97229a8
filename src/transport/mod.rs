//! Sending: one attempt after another, and the seam at which something else than HTTP can stand.

mod reqwest;
pub(crate) mod url;

pub(crate) use self::reqwest::Reqwest;

use crate::Error;
use crate::call::Body;
use crate::call::info::OperationInfo;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// What a [`Transport`] returns.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Error>> + Send + 'a>>;

/// Carries one request to a service and its answer back.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once and reads the answer, of any status, up to `max_response_bytes`.
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_>;
}

/// The bounds of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: usize,
}

/// Sends a call and turns every answer that is no success into an error.
pub(crate) async fn send(
    transport: &dyn Transport,
    operation: &'static OperationInfo,
    request: http::Request<Body>,
    bounds: Bounds,
) -> Result<http::Response<Bytes>, Error> {
    let exchange = transport.exchange(request, bounds.max_response_bytes);
    let reply = tokio::time::timeout(bounds.timeout, exchange)
        .await
        .unwrap_or_else(|_| Err(Error::timeout(bounds.timeout.as_secs_f64())))
        .map_err(|error| error.of(operation).attempted(1))?;
    match reply.status().is_success() {
        true => Ok(reply),
        false => Err(Error::status(operation, &reply).attempted(1)),
    }
}
