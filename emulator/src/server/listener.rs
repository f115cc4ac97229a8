//! Connections: each is served by a task of its own.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use http::header::{DATE, HOST};
use http::{HeaderValue, Request, Response, Version, request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming as IncomingBody};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

use crate::api::Failure;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::{WireBody, WireResponse};

/// What a client of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long it may take to send the body.
const BODY_TIMEOUT: Duration = Duration::from_secs(600);
/// How many clients are served at a time. Others wait until one of them goes.
const MAX_CONNECTIONS: usize = 1_024;
/// From how many bytes on a body is large.
const LARGE_BODY: u64 = 1024 * 1024;
/// How many large bodies are read at a time. Others wait.
const MAX_LARGE_BODIES: usize = 16;
/// How long to wait when no more connections can be accepted, such as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until it is dropped.
pub(super) async fn serve(listener: TcpListener, inner: Arc<Inner>) -> Infallible {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let large_bodies = Arc::new(Semaphore::new(MAX_LARGE_BODIES));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, peer)) => {
                let served = connection(stream, peer.ip(), Arc::clone(&inner), Arc::clone(&large_bodies));
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Serves a connection, over HTTP/2 if the client begins so (with prior knowledge, as there is no TLS to agree on it).
async fn connection(mut stream: TcpStream, peer: IpAddr, inner: Arc<Inner>, large_bodies: Arc<Semaphore>) {
    // Responses are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(start)) = tokio::time::timeout(HEAD_TIMEOUT, start(&mut stream)).await else { return };
    let is_http2 = start == PREFACE;
    let end = Arc::new(End::default());
    let io = TokioIo::new(Connection { start, stream, end: Arc::clone(&end) });
    let is_reused = Arc::new(AtomicBool::new(false));
    let ending = Arc::clone(&end);
    let service = service_fn(move |request| {
        let came = Came { peer, is_reused: is_reused.swap(true, Ordering::Relaxed) };
        let (inner, large_bodies, end) = (Arc::clone(&inner), Arc::clone(&large_bodies), Arc::clone(&ending));
        Box::pin(async move { respond(&inner, request, came, &large_bodies, &end).await })
    });
    // A client that goes away is no error of ours.
    if is_http2 {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(HEAD_TIMEOUT)
            .serve_connection(io, service);
        tokio::select! {
            biased;
            () = end.told.notified() => {}
            _ = connection => {}
        }
    } else {
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(io, service);
        let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    }
}

/// What a client sends first, as far as it may be the beginning of HTTP/2.
async fn start(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(PREFACE.len());
    while start.len() < PREFACE.len() && PREFACE.starts_with(&start) {
        let mut rest = (&mut *stream).take((PREFACE.len() - start.len()) as u64);
        if rest.read_buf(&mut start).await? == 0 {
            break;
        }
    }
    Ok(start)
}

/// How a connection is to end before its client wants it.
#[derive(Debug, Default)]
struct End {
    is_reset: AtomicBool,
    told: Notify,
}

impl End {
    /// Ends the connection, with all that goes on over it.
    fn now(&self, is_reset: bool) -> NoResponse {
        self.is_reset.store(is_reset, Ordering::Relaxed);
        self.told.notify_one();
        NoResponse(None)
    }
}

/// A connection of which the start was read already.
struct Connection {
    start: Vec<u8>,
    stream: TcpStream,
    end: Arc<End>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.start.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let length = self.start.len().min(buffer.remaining());
        buffer.put_slice(&self.start[..length]);
        self.start.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.end.is_reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

/// There is no response, on purpose. With a reason, only the stream of the request ends.
#[derive(Debug)]
struct NoResponse(Option<h2::Error>);

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no response, on purpose")
    }
}

impl std::error::Error for NoResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().map(|reason| reason as _)
    }
}

/// How a request came.
#[derive(Debug, Clone, Copy)]
struct Came {
    peer: IpAddr,
    /// Whether the connection has served another request before.
    is_reused: bool,
}

async fn respond(
    inner: &Arc<Inner>,
    request: Request<IncomingBody>,
    came: Came,
    large_bodies: &Semaphore,
    end: &End,
) -> Result<Response<WireBody>, NoResponse> {
    let is_http2 = request.version() == Version::HTTP_2;
    let (mut head, body) = request.into_parts();
    if is_http2 {
        as_http1(&mut head);
    }
    let response = match read(body, inner.body_limit, large_bodies).await {
        Some(body) => {
            let incoming = Incoming {
                method: head.method,
                uri: head.uri,
                headers: head.headers,
                body,
                peer: came.peer,
                is_reused: came.is_reused,
            };
            inner.respond(incoming).await
        }
        None => {
            let failure = Failure::too_large("The request body is too large or incomplete.");
            failure.response(head.uri.path()).into()
        }
    };
    match response {
        WireResponse::Response(mut response) => {
            // Clients measure by the service's clock how long something has lasted, and where a window ends.
            let now = inner.state().clock.now();
            response.headers_mut().entry(DATE).or_insert_with(|| date(now));
            Ok(response)
        }
        WireResponse::Close => Err(end.now(false)),
        WireResponse::Refused if is_http2 => Err(NoResponse(Some(h2::Reason::REFUSED_STREAM.into()))),
        WireResponse::Reset | WireResponse::Refused => Err(end.now(true)),
    }
}

/// Names the host where HTTP/1.1 does: the rest of the emulator knows no other.
fn as_http1(head: &mut request::Parts) {
    let host = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        head.headers.entry(HOST).or_insert(host);
    }
    if let Some(path) = head.uri.path_and_query().cloned() {
        head.uri = path.into();
    }
}

/// A time as HTTP writes it.
fn date(time: Timestamp) -> HeaderValue {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time);
    let text = text.ok().and_then(|text| HeaderValue::try_from(text).ok());
    text.unwrap_or_else(|| HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

/// The whole body; none if it is larger than the limit, or does not come to its end in time.
async fn read(body: IncomingBody, limit: usize, large_bodies: &Semaphore) -> Option<Bytes> {
    let announced = body.size_hint();
    if announced.lower() > limit as u64 {
        // What is not to be read is not waited for.
        return None;
    }
    let is_large = announced.upper().is_none_or(|bytes| bytes > LARGE_BODY);
    let read = async {
        let _place = if is_large { Some(large_bodies.acquire().await) } else { None };
        Limited::new(body, limit).collect().await.ok()
    };
    let read = tokio::time::timeout(BODY_TIMEOUT, read).await.ok()??;
    Some(read.to_bytes())
}
