//! Content that is read piece by piece.

use crate::Error;
use bytes::Bytes;
use futures_core::Stream;
#[cfg(feature = "files")]
use futures_util::StreamExt as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How much is read at once, in bytes.
pub(crate) const CHUNK: usize = 64 * 1024;

/// How long the next piece of a reader may take that is looked into, or copied, before it is sent.
#[cfg(feature = "files")]
const CHUNK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5 * 60);

pub(crate) type Content = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Content that could not be read.
pub(crate) fn unreadable(error: io::Error) -> Error {
    Error::local_io("the file cannot be read", error)
}

/// The next piece of what is read before it is sent.
#[cfg(feature = "files")]
pub(crate) async fn next_in_time(content: &mut Content) -> Result<Option<Bytes>, Error> {
    let late = |_| {
        io::Error::new(
            io::ErrorKind::TimedOut,
            format!("nothing came for {} seconds", CHUNK_TIMEOUT.as_secs()),
        )
    };
    let chunk =
        tokio::time::timeout(CHUNK_TIMEOUT, content.next()).await.map_err(late).map_err(unreadable)?;
    chunk.transpose().map_err(unreadable)
}

/// Content behind what was already read of it.
pub(crate) struct Chained {
    /// Backwards.
    pub(crate) first: Vec<Bytes>,
    pub(crate) rest: Option<Content>,
}

impl Stream for Chained {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(bytes) = self.first.pop() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        match &mut self.rest {
            Some(rest) => rest.as_mut().poll_next(context),
            None => Poll::Ready(None),
        }
    }
}
