use super::source::{OnProgress, Reader, Source};
use crate::Error;
use crate::wire::debug_fields;
use bytes::Bytes;
use futures_core::Stream;
use std::io;

/// A body that is read while it is sent: of a stream, which can be sent once, so that a request with
/// it is not retried, or of a file, which is opened anew for each attempt.
#[derive(Clone)]
pub struct BodyStream {
    content_type: String,
    source: Source,
    progress: Option<OnProgress>,
}

impl BodyStream {
    /// A stream of a media type, and its length in bytes if it is known. Many services insist on a
    /// length.
    pub fn new(
        content_type: impl Into<String>,
        length: Option<u64>,
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self::of(content_type.into(), Source::once(length, Box::pin(content)), None)
    }

    pub(crate) fn of(content_type: String, source: Source, progress: Option<OnProgress>) -> Self {
        Self { content_type, source, progress }
    }

    /// The media type.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        self.source.length()
    }

    pub(crate) fn is_replayable(&self) -> bool {
        self.source.is_replayable()
    }

    pub(crate) fn into_source(self) -> Source {
        self.source
    }

    pub(crate) fn open(self) -> Result<(String, Option<u64>, Reader), Error> {
        let length = self.length();
        Ok((self.content_type, length, self.source.open(self.progress)?))
    }
}

debug_fields!(BodyStream { content_type, length() });
