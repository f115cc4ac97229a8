//! Answers that are written as they come.

use super::response::attempts;
use super::source::next;
use super::{Request, Response};
use crate::{Error, ErrorKind};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue};
use std::io::{self, Write};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// How much is decompressed at once, in bytes: what comes out is at most about a thousand times as
/// much.
const PIECE: usize = 4 * 1024;

impl Request {
    /// Sends the request and writes the answer's content to a writer as it comes, decompressed if it is
    /// compressed with gzip. Returns the number of bytes written.
    ///
    /// Nothing is written unless the answer is a success, and an attempt is repeated only before that.
    /// `with_timeout` bounds the time until the answer begins; each further piece of it must come within
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
        let (operation, request) = self.prepare()?;
        let named = |error| self.named(error, operation);
        // What does not compress grows a little by being compressed.
        let on_the_way = max_bytes.saturating_add(max_bytes / 1_000 + 1_024);
        let (reply, mut chunks, idle) =
            self.client.open(operation, request, &self.options, on_the_way).await?;
        let sent = attempts(&reply);
        let named = |error: Error| named(error.attempted(sent));
        let mut decoder = Decoder::of(&reply).map_err(named)?;
        let (mut received, mut written) = (0, 0);
        loop {
            let chunk = tokio::time::timeout(idle, next(&mut chunks)).await;
            let chunk = chunk.map_err(|_| named(Error::timeout(idle.as_secs_f64()).with_reply(&reply)))?;
            let mut rest = chunk.transpose().map_err(|error| named(error.with_reply(&reply)))?;
            let is_last = rest.is_none();
            received += rest.as_ref().map_or(0, |chunk| chunk.len() as u64);
            loop {
                let plain = decoder.decode(rest.as_mut()).map_err(|error| named(broken(error, &reply)))?;
                written += plain.len() as u64;
                if written > max_bytes || received > on_the_way {
                    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
                    return Err(named(Error::too_large(limit).with_reply(&reply)));
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
        Ok(Response::raw(operation, reply).with(written))
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::local_io("what was received cannot be written", error)
}

fn broken(error: io::Error, reply: &http::Response<Bytes>) -> Error {
    Error::io(ErrorKind::Io, error).with_reply(reply)
}

enum Decoder {
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

impl Decoder {
    fn of(reply: &http::Response<Bytes>) -> Result<Self, Error> {
        let encoding = reply.headers().get(CONTENT_ENCODING).map(HeaderValue::to_str);
        match encoding.map(|encoding| encoding.unwrap_or("?").to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Ok(Self::Plain),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(other) => {
                Err(Error::unreadable(format!("the answer is encoded as `{other}`")).with_reply(reply))
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
