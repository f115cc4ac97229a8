use crate::Error;
use bytes::Bytes;
use futures_core::Stream;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

type Content = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A body that is read while it is sent. It can be sent once, so a request with it is not retried.
#[derive(Clone)]
pub struct BodyStream {
    content_type: String,
    length: Option<u64>,
    /// Clones share it: the first to be sent takes it.
    content: Arc<Mutex<Option<Content>>>,
}

impl BodyStream {
    /// A stream of a media type, and its length in bytes if it is known. Many services insist on a
    /// length.
    pub fn new(
        content_type: impl Into<String>,
        length: Option<u64>,
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self {
            content_type: content_type.into(),
            length,
            content: Arc::new(Mutex::new(Some(Box::pin(content)))),
        }
    }

    /// The media type.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    pub(crate) fn take(self) -> Result<(String, Option<u64>, OneReader), Error> {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner).take();
        match content {
            Some(content) => Ok((self.content_type, self.length, OneReader(Mutex::new(content)))),
            None => Err(Error::invalid_request("the body is a stream that was sent already")),
        }
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// HTTP bodies have to be `Sync`, which most streams are not; nobody reads this one twice at once.
pub(crate) struct OneReader(Mutex<Content>);

impl Stream for OneReader {
    type Item = io::Result<Bytes>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let reader = self.get_mut();
        reader.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(context)
    }
}
