use super::source::{OnProgress, Source};
use crate::Progress;
use crate::wire::debug_fields;
use bytes::Bytes;
use futures_core::Stream;
use std::io;
use std::sync::Arc;

/// A file to send, and what is known of it.
///
/// Bytes, and files on disk, can be sent again if an attempt fails; a reader or stream can be read
/// once, so a request with it is not retried. Only bytes are held in memory.
///
/// ```
/// use opencloud::body::File;
///
/// let file = File::new(vec![0x89, b'P', b'N', b'G']).name("hat.png").media_type("image/png");
/// ```
#[derive(Clone)]
pub struct File {
    pub(super) name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) source: Source,
    pub(super) progress: Option<OnProgress>,
}

impl File {
    /// A file of these bytes.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self::of(Source::Bytes(content.into()))
    }

    /// A file whose content is read from a stream while it is sent, and its length in bytes if that is
    /// known. Roblox insists on a length: see [`spooled`](Self::spooled).
    pub fn stream(
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        length: impl Into<Option<u64>>,
    ) -> Self {
        Self::of(Source::once(length.into(), Box::pin(content)))
    }

    pub(super) fn of(source: Source) -> Self {
        Self { name: None, content_type: None, source, progress: None }
    }

    /// Sets the file's name; of a path, only the last part is sent.
    #[must_use]
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        let base = name.as_ref().rsplit(['/', '\\']).next().unwrap_or_default();
        // What a header cannot carry would end it.
        let plain = base.replace(char::is_control, "_");
        self.name = Some(plain).filter(|name| !name.is_empty());
        self
    }

    /// Sets the media type, such as `image/png`.
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    /// Tells this while the file is sent, with the bytes that were handed to the connection so far and
    /// the bytes that there are, if that is known. Each attempt counts from the beginning.
    #[must_use]
    pub fn on_progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// The length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        self.source.length()
    }

    /// The file's name, if it has one.
    pub fn file_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The media type, if it was set.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }
}

#[cfg(feature = "files")]
mod on_disk {
    use super::super::content::{CHUNK, Chained, next_in_time, unreadable};
    use super::super::disk::{self, OnDisk, Spool};
    use super::super::source::{Reader, Source};
    use super::File;
    use crate::Error;
    use bytes::Bytes;
    use std::path::Path;
    use std::sync::Arc;
    use tokio::io::AsyncRead;
    use tokio_util::io::ReaderStream;

    impl File {
        /// A file on disk. It is opened anew for each attempt and sent as it is read; its name is the
        /// path's last part.
        ///
        /// # Errors
        ///
        /// Of kind [`LocalIo`](crate::ErrorKind::LocalIo) if there is no such file, or it may not be read.
        pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
            let path = path.as_ref();
            let file = Self::of(Source::Disk(Arc::new(OnDisk::find(path).await?)));
            Ok(match path.file_name() {
                Some(name) => file.name(name.to_string_lossy()),
                None => file,
            })
        }

        /// A file whose content is read while it is sent, and its length in bytes if that is known.
        /// Roblox insists on a length: see [`spooled`](Self::spooled).
        pub fn reader(reader: impl AsyncRead + Send + 'static, length: impl Into<Option<u64>>) -> Self {
            Self::stream(ReaderStream::with_capacity(reader, CHUNK), length)
        }

        /// The same file with a known length: content whose length is unknown is first copied to a
        /// temporary file, which is deleted after use.
        ///
        /// # Errors
        ///
        /// If the content has more than `max_bytes` bytes; and of kind
        /// [`LocalIo`](crate::ErrorKind::LocalIo) if it cannot be read, if nothing of it comes for five
        /// minutes, or if no temporary file can be written.
        pub async fn spooled(mut self, max_bytes: u64) -> Result<Self, Error> {
            if self.length().is_none() {
                self.source = Source::Disk(Arc::new(disk::spool(self.source.content()?, max_bytes).await?));
            }
            Ok(self)
        }

        /// The same file, but one that can be sent again: what can be read once is first copied to a
        /// temporary file, which is deleted after use.
        pub(crate) async fn replayable(mut self, max_bytes: u64) -> Result<Self, Error> {
            if !self.source.is_replayable() {
                // Read no further than was said: a pipe does not end.
                let reader = self.source.open(None)?;
                self.source = Source::Disk(Arc::new(disk::spool(Box::pin(reader), max_bytes).await?));
            }
            Ok(self)
        }

        /// What this writes, in a temporary file that is deleted after use. It returns how many bytes there are.
        pub(crate) async fn written(
            write: impl AsyncFnOnce(&mut tokio::fs::File) -> Result<u64, Error>,
        ) -> Result<Self, Error> {
            let mut spool = Spool::create().await?;
            let length = write(&mut spool.file).await?;
            Ok(Self::of(Source::Disk(Arc::new(spool.finish(length).await?))))
        }

        /// The content, as it is now.
        pub(crate) fn read(&self) -> Result<Reader, Error> {
            self.source.clone().open(None)
        }

        /// The first `least` bytes or more, or all if there are fewer. The file stays whole.
        pub(crate) async fn head(&mut self, least: usize) -> Result<Bytes, Error> {
            let length = match &self.source {
                Source::Bytes(bytes) => return Ok(bytes.slice(..least.min(bytes.len()))),
                Source::Disk(file) => return file.head(least as u64).await.map_err(unreadable),
                Source::Once { length, .. } => *length,
            };
            let mut rest = self.source.clone().content()?;
            // More than there is never comes, and a pipe does not say so.
            let least =
                length.map_or(least, |length| usize::try_from(length).map_or(least, |all| all.min(least)));
            let (mut head, mut chunks) = (Vec::new(), Vec::new());
            while head.len() < least
                && let Some(chunk) = next_in_time(&mut rest).await?
            {
                head.extend_from_slice(&chunk);
                chunks.push(chunk);
            }
            chunks.reverse();
            self.source = Source::once(length, Box::pin(Chained { first: chunks, rest: Some(rest) }));
            Ok(head.into())
        }
    }
}

debug_fields!(File { name, content_type, length() });

impl From<Vec<u8>> for File {
    fn from(content: Vec<u8>) -> Self {
        Self::new(content)
    }
}

impl From<Bytes> for File {
    fn from(content: Bytes) -> Self {
        Self::new(content)
    }
}

impl From<&'static [u8]> for File {
    fn from(content: &'static [u8]) -> Self {
        Self::new(content)
    }
}
