//! What goes out over a connection: mostly a whole reply, for events a stream, and for faults something worse.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::call::Reply;

/// What a client gets.
#[derive(Debug)]
pub(crate) enum Answer {
    Response(Response<Payload>),
    /// No answer: the connection is reset.
    Reset,
    /// No answer: the connection ends in order.
    Close,
    /// No answer: over HTTP/2 the client is told that the request was not begun.
    Refused,
}

/// The body of an answer.
pub(crate) enum Payload {
    Whole(Option<Bytes>),
    /// The connection ends before the announced length is reached.
    Cut(Cut),
    /// Comes piece by piece, for as long as the client stays.
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

#[derive(Debug)]
pub(crate) enum Cut {
    Beginning(Bytes),
    /// The beginning is given time to be sent.
    Flush,
    End,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Answer::Response(response) if response.status().is_success())
    }

    /// Server-sent events, or anything else that does not end by itself.
    pub(crate) fn stream(
        content_type: &'static str,
        stream: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Answer {
        let mut response = Response::new(Payload::Stream(Box::pin(stream)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Answer::Response(response)
    }

    /// A reply of which only the first bytes arrive.
    pub(crate) fn cut(reply: Reply, bytes: usize) -> Answer {
        let whole = reply.body.len();
        // Something must be missing, even of an answer without a body.
        let announced = whole.max(bytes + 1);
        let beginning = reply.body.slice(..bytes.min(whole));
        let mut response = response(reply);
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
        *response.body_mut() = Payload::Cut(Cut::Beginning(beginning));
        Answer::Response(response)
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer::Response(response(reply))
    }
}

fn response(reply: Reply) -> Response<Payload> {
    let mut response = Response::new(Payload::Whole(Some(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = reply.content_type.map(|value| (CONTENT_TYPE, value));
    let headers = reply.headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in headers.chain(content_type) {
        // Some services put text into headers; HeaderValue::from_str takes only ASCII.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

impl Payload {
    /// A whole body as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Payload::Whole(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut() {
            Payload::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Payload::Stream(stream) => {
                stream.as_mut().poll_next(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Payload::Cut(cut) => match std::mem::replace(cut, Cut::End) {
                Cut::Beginning(bytes) if !bytes.is_empty() => {
                    *cut = Cut::Flush;
                    Poll::Ready(Some(Ok(Frame::data(bytes))))
                }
                Cut::Beginning(_) | Cut::Flush => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Cut::End => Poll::Ready(Some(Err(std::io::Error::other("the answer is cut off on purpose")))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Payload::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Payload::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            _ => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Payload::Whole(_) => "Whole",
            Payload::Cut(_) => "Cut",
            Payload::Stream(_) => "Stream",
        })
    }
}
