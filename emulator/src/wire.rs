//! What goes out over a connection: mostly a whole response, for events a stream, and for faults something worse.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::api::Response;

/// What a client gets.
#[derive(Debug)]
pub(crate) enum WireResponse {
    Response(http::Response<WireBody>),
    /// No response: the connection is reset.
    Reset,
    /// No response: the connection ends in order.
    Close,
    /// No response: over HTTP/2 the client is told that the request was not begun.
    Refused,
}

/// The body of a response.
pub(crate) enum WireBody {
    Whole(Option<Bytes>),
    /// The connection ends before the announced length is reached.
    Truncated(Truncated),
    /// Comes piece by piece, for as long as the client stays.
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

#[derive(Debug)]
pub(crate) enum Truncated {
    Beginning(Bytes),
    /// The beginning is given time to be sent.
    Flush,
    End,
}

impl WireResponse {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, WireResponse::Response(response) if response.status().is_success())
    }

    /// Server-sent events, or anything else that does not end by itself.
    pub(crate) fn stream(
        content_type: &'static str,
        stream: impl Stream<Item = Bytes> + Send + 'static,
    ) -> WireResponse {
        let mut response = http::Response::new(WireBody::Stream(Box::pin(stream)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        WireResponse::Response(response)
    }

    /// A response of which only the first bytes arrive.
    pub(crate) fn truncated(response: Response, bytes: usize) -> WireResponse {
        let whole = response.body.len();
        // Something must be missing, even of a response without a body.
        let announced = whole.max(bytes + 1);
        let beginning = response.body.slice(..bytes.min(whole));
        let mut written = write(response);
        written.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
        *written.body_mut() = WireBody::Truncated(Truncated::Beginning(beginning));
        WireResponse::Response(written)
    }
}

impl From<Response> for WireResponse {
    fn from(response: Response) -> WireResponse {
        WireResponse::Response(write(response))
    }
}

fn write(response: Response) -> http::Response<WireBody> {
    let mut written = http::Response::new(WireBody::Whole(Some(response.body)));
    *written.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = response.content_type.map(|value| (CONTENT_TYPE, value));
    let headers = response.headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in headers.chain(content_type) {
        // Some services put text into headers; HeaderValue::from_str takes only ASCII.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            written.headers_mut().append(name, value);
        }
    }
    written
}

impl WireBody {
    pub(crate) fn whole(self) -> Option<Bytes> {
        match self {
            WireBody::Whole(bytes) => bytes,
            WireBody::Truncated(_) | WireBody::Stream(_) => None,
        }
    }

    /// A whole body as text.
    pub(crate) fn text(&self) -> String {
        match self {
            WireBody::Whole(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        }
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut() {
            WireBody::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            WireBody::Stream(stream) => {
                stream.as_mut().poll_next(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            WireBody::Truncated(rest) => match std::mem::replace(rest, Truncated::End) {
                Truncated::Beginning(bytes) if !bytes.is_empty() => {
                    *rest = Truncated::Flush;
                    Poll::Ready(Some(Ok(Frame::data(bytes))))
                }
                Truncated::Beginning(_) | Truncated::Flush => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Truncated::End => {
                    Poll::Ready(Some(Err(std::io::Error::other("the response is cut off on purpose"))))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, WireBody::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            WireBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            _ => SizeHint::default(),
        }
    }
}

impl fmt::Debug for WireBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WireBody::Whole(_) => "Whole",
            WireBody::Truncated(_) => "Truncated",
            WireBody::Stream(_) => "Stream",
        })
    }
}
