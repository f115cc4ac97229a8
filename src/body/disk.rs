//! Files on disk, read while they are sent.

use super::content::{CHUNK, Content, next_in_time};
use crate::Error;
use bytes::Bytes;
use futures_core::Stream;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

/// A file of a known length.
#[derive(Debug)]
pub(crate) struct OnDisk {
    path: PathBuf,
    length: u64,
    /// Deletes the file when nobody needs it any more, if it is ours.
    _temporary: Option<tempfile::TempPath>,
}

impl OnDisk {
    pub(crate) async fn find(path: &Path) -> Result<Self, Error> {
        let found = tokio::fs::metadata(path).await;
        let found = found.map_err(|error| Error::local_io(&path.display().to_string(), error))?;
        match found.is_file() {
            true => Ok(Self { path: path.to_owned(), length: found.len(), _temporary: None }),
            false => Err(Error::invalid_request(format!("{}: is not a file", path.display()))),
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The first bytes, at most this number.
    pub(crate) async fn head(&self, most: u64) -> io::Result<Bytes> {
        let mut head = Vec::new();
        tokio::fs::File::open(&self.path).await?.take(most).read_to_end(&mut head).await?;
        Ok(head.into())
    }

    pub(crate) fn read(self: Arc<Self>) -> Content {
        let file = Arc::clone(&self);
        let opening = Box::pin(async move { tokio::fs::File::open(&file.path).await });
        Box::pin(DiskReader { state: State::Opening(opening), _file: self })
    }
}

/// A temporary file that is being written, and deleted when nobody needs it any more.
pub(crate) struct Spool {
    pub(crate) file: tokio::fs::File,
    path: tempfile::TempPath,
}

impl Spool {
    pub(crate) async fn create() -> Result<Self, Error> {
        let made = tokio::task::spawn_blocking(tempfile::NamedTempFile::new);
        let made = made.await.map_err(|error| unwritable(io::Error::other(error)))?.map_err(unwritable)?;
        let (file, path) = made.into_parts();
        Ok(Self { file: tokio::fs::File::from_std(file), path })
    }

    /// The file, once all its bytes are written: `length` of them.
    pub(crate) async fn finish(mut self, length: u64) -> Result<OnDisk, Error> {
        self.file.flush().await.map_err(unwritable)?;
        Ok(OnDisk { path: self.path.to_path_buf(), length, _temporary: Some(self.path) })
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::local_io("no temporary file can be written", error)
}

/// Copies content of unknown length to a temporary file, so that its length is known.
pub(crate) async fn spool(mut content: Content, most: u64) -> Result<OnDisk, Error> {
    let mut spool = Spool::create().await?;
    let mut length = 0;
    while let Some(chunk) = next_in_time(&mut content).await? {
        length += chunk.len() as u64;
        if length > most {
            return Err(Error::invalid_request(format!("the file is larger than {most} bytes")));
        }
        spool.file.write_all(&chunk).await.map_err(unwritable)?;
    }
    spool.finish(length).await
}

type Opening = Pin<Box<dyn Future<Output = io::Result<tokio::fs::File>> + Send>>;

enum State {
    Opening(Opening),
    Open(ReaderStream<tokio::fs::File>),
}

struct DiskReader {
    state: State,
    /// A temporary file must not vanish while it is read.
    _file: Arc<OnDisk>,
}

impl Stream for DiskReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Opening(opening) => {
                    let file = ready!(opening.as_mut().poll(context))?;
                    self.state = State::Open(ReaderStream::with_capacity(file, CHUNK));
                }
                State::Open(reader) => return Pin::new(reader).poll_next(context),
            }
        }
    }
}
