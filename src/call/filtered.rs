//! The filter of a call, and what it is checked by.

use crate::Error;
use crate::error::RequestPath;
use crate::filter::{Condition, Invalid};
use crate::transport::Exchanged;
use bytes::Bytes;
use tokio::time::Instant;

/// Why a call with these path parameters cannot have this filter, if so.
pub(super) type Refuse = fn(&[String], &Condition) -> Option<String>;

/// The filter of a call, and what it is checked by.
#[derive(Clone, Debug, Default)]
pub(super) struct Filtered {
    pub(super) condition: Condition,
    pub(super) refuse: Option<Refuse>,
}

/// The response to a call that is not sent, since nothing can match its filter: an empty object, which
/// every list reads as an empty page.
pub(super) fn nothing() -> Exchanged {
    let response = http::Response::new(Bytes::from_static(b"{}"));
    Exchanged { response, attempts: 0, sent_at: Instant::now(), secret: None, path: RequestPath::default() }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::invalid_request(invalid.to_string())
    }
}
