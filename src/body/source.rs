//! Where the bytes of a file come from, and how they are read while they are sent.

use super::content::{CHUNK, Chained, Content, unreadable};
#[cfg(feature = "files")]
use super::disk::OnDisk;
use crate::{Error, Progress};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// How long a reader that has delivered all that it was said to have may take to say that it ends. A pipe or
/// a socket may never say it.
const SURPLUS_TIME: std::time::Duration = std::time::Duration::from_millis(250);

/// Told how many bytes of an attempt were handed to the connection, and how many there are.
pub(crate) type OnProgress = Arc<dyn Progress>;

#[derive(Clone)]
pub(crate) enum Source {
    Bytes(Bytes),
    /// A file, opened anew for each attempt.
    #[cfg(feature = "files")]
    Disk(Arc<OnDisk>),
    /// A stream. Clones share it: the first to be sent takes it.
    Once {
        length: Option<u64>,
        content: Arc<Mutex<Option<Content>>>,
    },
}

impl Source {
    pub(crate) fn once(length: Option<u64>, content: Content) -> Self {
        Self::Once { length, content: Arc::new(Mutex::new(Some(content))) }
    }

    /// The length in bytes, if it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            #[cfg(feature = "files")]
            Self::Disk(file) => Some(file.length()),
            Self::Once { length, .. } => *length,
        }
    }

    /// Whether it can be read more than once.
    pub(crate) fn is_replayable(&self) -> bool {
        !matches!(self, Self::Once { .. })
    }

    /// Reads it from its beginning.
    pub(crate) fn open(self, progress: Option<OnProgress>) -> Result<Reader, Error> {
        let expected = self.length();
        let content = self.content()?;
        Ok(Reader(Mutex::new(Measured::new(content, expected, progress))))
    }

    /// The bare content.
    pub(crate) fn content(self) -> Result<Content, Error> {
        match self {
            // In pieces, so that progress can be told.
            Self::Bytes(bytes) => {
                let pieces = (0..bytes.len()).step_by(CHUNK).rev();
                let first = pieces.map(|at| bytes.slice(at..bytes.len().min(at + CHUNK))).collect();
                Ok(Box::pin(Chained { first, rest: None }))
            }
            #[cfg(feature = "files")]
            Self::Disk(file) => Ok(file.read()),
            Self::Once { content, .. } => content
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
                .ok_or_else(|| Error::invalid_request("the body is a stream that was sent already")),
        }
    }

    /// All of it, in memory: for test doubles, which look at what they are sent.
    pub(crate) async fn collect(self) -> Result<Bytes, Error> {
        if let Self::Bytes(bytes) = self {
            return Ok(bytes);
        }
        let mut reader = self.open(None)?;
        let mut all = Vec::new();
        while let Some(chunk) = reader.next().await {
            all.extend_from_slice(&chunk.map_err(unreadable)?);
        }
        Ok(all.into())
    }
}

/// Content that is as long as was said, or an error. A request with too little or too much in its body
/// would be taken apart in the wrong place.
struct Measured {
    state: State,
    expected: Option<u64>,
    sent: u64,
    /// The last piece, until it is known that it is the last.
    held: Option<Bytes>,
    progress: Option<OnProgress>,
}

enum State {
    Reading(Content),
    /// All is there; whether more comes is found out for a short time.
    Ending(Pin<Box<dyn Future<Output = Option<io::Result<Bytes>>> + Send>>),
    Over,
}

impl Measured {
    fn new(content: Content, expected: Option<u64>, progress: Option<OnProgress>) -> Self {
        let mut new = Self { state: State::Reading(content), expected, sent: 0, held: None, progress };
        new.end_if_complete();
        new
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let chunk = match &mut self.state {
                State::Reading(content) => ready!(content.as_mut().poll_next(context)),
                State::Ending(surplus) => ready!(surplus.as_mut().poll(context)),
                State::Over => return Poll::Ready(None),
            };
            let Some(chunk) = chunk.transpose()? else {
                self.state = State::Over;
                return match (self.held.take(), self.expected) {
                    (Some(held), _) => self.pass(held),
                    (None, Some(expected)) if self.sent < expected => wrong("shorter", expected),
                    (None, _) => Poll::Ready(None),
                };
            };
            if chunk.is_empty() {
                continue;
            }
            self.sent += chunk.len() as u64;
            match self.expected {
                Some(expected) if self.sent > expected => return wrong("longer", expected),
                // Who sends it stops reading when all is there, and would never see what follows.
                Some(expected) if self.sent == expected => self.held = Some(chunk),
                _ => return self.pass(chunk),
            }
            self.end_if_complete();
        }
    }

    fn end_if_complete(&mut self) {
        if self.expected != Some(self.sent) {
            return;
        }
        if let State::Reading(content) = std::mem::replace(&mut self.state, State::Over) {
            self.state = State::Ending(Box::pin(surplus(content)));
        }
    }

    fn pass(&self, chunk: Bytes) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(progress) = &self.progress {
            progress.advanced(self.sent, self.expected);
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

/// What comes after all that was expected, if it comes soon.
async fn surplus(mut content: Content) -> Option<io::Result<Bytes>> {
    let more = async {
        loop {
            match content.next().await {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                other => return other,
            }
        }
    };
    tokio::time::timeout(SURPLUS_TIME, more).await.unwrap_or_default()
}

fn wrong(how: &str, expected: u64) -> Poll<Option<io::Result<Bytes>>> {
    let text = format!("the content is {how} than the {expected} bytes that it was said to have");
    Poll::Ready(Some(Err(io::Error::other(text))))
}

/// HTTP bodies have to be `Sync`, which most streams are not; nobody reads this one twice at once.
pub(crate) struct Reader(Mutex<Measured>);

impl Stream for Reader {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(said: u64, chunks: &[&'static str]) -> Source {
        let first = chunks.iter().rev().map(|chunk| Bytes::from_static(chunk.as_bytes())).collect();
        Source::once(Some(said), Box::pin(Chained { first, rest: None }))
    }

    #[tokio::test]
    async fn content_is_as_long_as_was_said_or_an_error() {
        let read = |source: Source| async { source.collect().await.map_err(|error| error.to_string()) };
        assert_eq!(read(once(3, &["ab", "c"])).await.expect("content"), "abc");
        assert!(read(once(4, &["ab", "c"])).await.expect_err("short").contains("shorter than the 4 bytes"));
        assert!(
            read(once(3, &["abc", "", "d"])).await.expect_err("long").contains("longer than the 3 bytes")
        );
        assert!(read(once(2, &["ab", "c"])).await.expect_err("long").contains("longer than the 2 bytes"));
    }

    /// The stated length is enough: a pipe or a socket need not end.
    #[tokio::test(start_paused = true)]
    async fn content_that_does_not_end_is_over_when_all_is_there() {
        let endless = |said: u64, text: &'static str| {
            let first = vec![Bytes::from_static(text.as_bytes())];
            let rest: Content = Box::pin(futures_util::stream::pending());
            Source::once(Some(said), Box::pin(Chained { first, rest: Some(rest) }))
        };
        let start = tokio::time::Instant::now();
        assert_eq!(endless(3, "abc").collect().await.expect("content"), "abc");
        assert_eq!(endless(0, "").collect().await.expect("content"), "");
        assert!(endless(2, "abc").collect().await.is_err());
        assert!(start.elapsed() < std::time::Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_stream_is_read_once_and_bytes_as_often_as_one_likes() {
        let stream = once(1, &["a"]);
        let again = stream.clone();
        assert!(stream.collect().await.is_ok());
        assert!(again.collect().await.expect_err("taken").to_string().contains("sent already"));
        let bytes = Source::Bytes(Bytes::from_static(b"a"));
        assert!(bytes.clone().collect().await.is_ok() && bytes.collect().await.is_ok());
    }

    #[tokio::test]
    async fn progress_is_told_for_each_chunk() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&seen);
        let progress: OnProgress =
            Arc::new(move |sent, total| told.lock().expect("lock").push((sent, total)));
        let mut reader = once(3, &["ab", "c"]).open(Some(progress)).expect("a reader");
        while reader.next().await.is_some() {}
        assert_eq!(*seen.lock().expect("lock"), [(2, Some(3)), (3, Some(3))]);
    }
}
