//! Connections: each is served by a task of its own.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming as IncomingBody};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::api::Failure;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::{WireBody, WireResponse};

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

async fn connection(stream: TcpStream, peer: IpAddr, inner: Arc<Inner>, large_bodies: Arc<Semaphore>) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let is_reset = AtomicBool::new(false);
    let is_reused = AtomicBool::new(false);
    let service = service_fn(|request| {
        let came = Came { peer, is_reused: is_reused.swap(true, Ordering::Relaxed) };
        Box::pin(answer(&inner, request, came, &large_bodies, &is_reset))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away is no error of ours.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if is_reset.load(Ordering::Relaxed) {
        let _ = stream.set_zero_linger();
    }
}

/// The connection is to be reset instead of a response.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is reset on purpose")
    }
}

impl std::error::Error for Reset {}

/// How a request came.
#[derive(Debug, Clone, Copy)]
struct Came {
    peer: IpAddr,
    /// Whether the connection has served another request before.
    is_reused: bool,
}

async fn answer(
    inner: &Arc<Inner>,
    request: Request<IncomingBody>,
    came: Came,
    large_bodies: &Semaphore,
    is_reset: &AtomicBool,
) -> Result<Response<WireBody>, Reset> {
    let (head, body) = request.into_parts();
    let answer = match read(body, inner.body_limit, large_bodies).await {
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
    match answer {
        WireResponse::Response(response) => Ok(response),
        WireResponse::Close => Err(Reset),
        WireResponse::Reset => {
            is_reset.store(true, Ordering::Relaxed);
            Err(Reset)
        }
    }
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
