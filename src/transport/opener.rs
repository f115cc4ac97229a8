//! A response whose content is read later, sent for by the same loop as every other.

use super::{Chunks, Exchange, LONGEST_ERROR, REFUSAL_TIME, Transport};
use crate::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::{Instant, timeout_at};

/// Sends with another transport and keeps the content of the response that succeeded.
pub(crate) struct Opener {
    transport: Arc<dyn Transport>,
    max_bytes: u64,
    opened: Mutex<Option<Chunks>>,
}

impl Opener {
    pub(crate) fn new(transport: Arc<dyn Transport>, max_bytes: u64) -> Self {
        Self { transport, max_bytes, opened: Mutex::new(None) }
    }

    /// The content of the response, to be taken once.
    pub(crate) fn into_chunks(self) -> Option<Chunks> {
        self.opened.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Opener {
    /// A response that succeeded has no body here; of any other, the body is read.
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        Box::pin(async move {
            let (parts, mut chunks) = self.transport.open(request, self.max_bytes).await?.into_parts();
            let mut response = http::Response::from_parts(parts, Bytes::new());
            if response.status().is_success() {
                *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(chunks);
                return Ok(response);
            }
            let mut content = BytesMut::new();
            let until = Instant::now() + REFUSAL_TIME;
            while let Ok(Some(Ok(chunk))) = timeout_at(until, chunks.next()).await {
                content.extend_from_slice(&chunk[..chunk.len().min(LONGEST_ERROR - content.len())]);
                if content.len() == LONGEST_ERROR {
                    break;
                }
            }
            *response.body_mut() = content.freeze();
            Ok(response)
        })
    }
}
