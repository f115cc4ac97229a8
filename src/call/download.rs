//! Responses that are written as they come.

use super::{Request, Response};
use crate::transport::{Chunks, Exchanged};
use crate::{Error, ErrorKind};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt as _;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use std::io::{self, Write};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// How much is decompressed at once, in bytes: what comes out is at most about a thousand times as
/// much.
const PIECE: usize = 4 * 1024;

impl Request {
    /// Sends the request and writes the response's content to a writer as it comes, decompressed if it is
    /// compressed with gzip. Returns the number of bytes written.
    ///
    /// Nothing is written unless the response is a success, and an attempt is repeated only before that.
    /// `with_timeout` bounds the time until the response begins; each further piece of it must come within
    /// the time of an attempt.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client, url: String) -> Result<(), opencloud::Error> {
    /// let mut content = Vec::new();
    /// let get = client.request(http::Method::GET, url).without_credentials();
    /// get.send_to(&mut content, 100 * 1024 * 1024).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for every call; if the content has more than `max_bytes` bytes; if it breaks off; or if the
    /// writer fails. What was written until then stays written.
    pub async fn send_to<W>(mut self, mut writer: W, max_bytes: u64) -> Result<Response<u64>, Error>
    where
        W: AsyncWrite + Unpin + Send,
    {
        if !self.headers.iter().any(|(name, _)| name == ACCEPT_ENCODING) {
            self.headers.push((ACCEPT_ENCODING, HeaderValue::from_static("gzip")));
        }
        let mut request = self.prepare()?;
        let operation = request.operation;
        // What does not compress grows a little by being compressed.
        let on_the_way = max_bytes.saturating_add(max_bytes / 1_000 + 1_024);
        let idle = self.client.longest_attempt(operation, &self.options);
        let opener = self.client.opener(on_the_way);
        let exchanged =
            self.client.exchange(&mut request, &self.options, Some(&opener), &mut |_| Ok(())).await?;
        let mut chunks =
            opener.into_chunks().unwrap_or_else(|| -> Chunks { Box::pin(futures_util::stream::empty()) });
        let named = |error: Error| self.named(error.with_attempts(exchanged.attempts), operation);
        let mut decoder = Decoder::of(&exchanged).map_err(named)?;
        let (mut received, mut written) = (0, 0);
        loop {
            let chunk = tokio::time::timeout(idle, chunks.next()).await;
            let chunk = chunk.map_err(|_| named(exchanged.attach_to(Error::timeout(idle.as_secs_f64()))))?;
            let mut rest = chunk.transpose().map_err(|error| named(exchanged.attach_to(error)))?;
            let is_last = rest.is_none();
            received += rest.as_ref().map_or(0, |chunk| chunk.len() as u64);
            loop {
                let plain = decoder
                    .decode(rest.as_mut())
                    .map_err(|error| named(exchanged.attach_to(Error::io(ErrorKind::Io, error))))?;
                written += plain.len() as u64;
                if written > max_bytes || received > on_the_way {
                    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
                    return Err(named(exchanged.attach_to(Error::too_large(limit))));
                }
                writer.write_all(&plain).await.map_err(|error| named(unwritable(error)))?;
                if rest.as_ref().is_none_or(Bytes::is_empty) {
                    break;
                }
            }
            if is_last {
                break;
            }
        }
        writer.flush().await.map_err(|error| named(unwritable(error)))?;
        Ok(Response::new(operation, exchanged, written))
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::local_io("what was received cannot be written", error)
}

enum Decoder {
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Decoder {
    fn of(exchanged: &Exchanged) -> Result<Self, Error> {
        let encoding = exchanged.headers().get(CONTENT_ENCODING).map(HeaderValue::to_str);
        match encoding.map(|encoding| encoding.unwrap_or("?").to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Ok(Self::Plain),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(other) => {
                Err(exchanged.attach_to(Error::unreadable(format!("the response is encoded as `{other}`"))))
            }
        }
    }

    /// Takes from the bytes what can be decoded at once; without bytes, the content is at its end, which
    /// fails if it has broken off.
    fn decode(&mut self, bytes: Option<&mut Bytes>) -> io::Result<Bytes> {
        match (self, bytes) {
            (Self::Plain, bytes) => Ok(bytes.map(std::mem::take).unwrap_or_default()),
            (Self::Gzip(decoder), bytes) => {
                match bytes {
                    Some(bytes) => decoder.write_all(&bytes.split_to(bytes.len().min(PIECE)))?,
                    None => decoder.try_finish()?,
                }
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }
}
