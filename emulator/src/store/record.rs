//! A request as it is written down.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use jiff::Timestamp;

use crate::identity;
use crate::incoming::{Incoming, is_secret};

/// A request that was applied.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) time: Timestamp,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Without credentials: when it is applied again, it was authorised already. To OAuth they say who asks.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Record {
    pub(crate) fn new(request: &Incoming, time: Timestamp) -> Record {
        let target = request.uri.path_and_query().map_or(request.path(), |target| target.as_str());
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let is_needed = identity::redact::concerns(request.path());
        let headers = request.headers.iter().filter(|(name, _)| is_needed || !is_secret(name));
        Record {
            time,
            method: request.method.to_string(),
            target: target.to_owned(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: request.body.clone(),
        }
    }

    /// The request again; none if it is not one.
    pub(crate) fn request(&self) -> Option<Incoming> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let uri = self.target.parse::<Uri>().ok()?;
        Some(Incoming::local(method, uri, headers, self.body.clone()))
    }
}

/// Tells when what was given to the keeper is safe.
#[derive(Debug)]
pub(crate) struct Ticket(pub(super) tokio::sync::oneshot::Receiver<()>);

impl Ticket {
    /// Waits until it is on the disk; `false` if it could not be written.
    pub(crate) async fn kept(self) -> bool {
        self.0.await.is_ok()
    }
}
