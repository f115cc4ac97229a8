//! Receives Roblox's webhooks: verifies, responds at once, and hands the events to a queue.
//!
//! ```sh
//! ROBLOX_WEBHOOK_SECRET=... cargo run --example webhook_receiver
//! ```
//!
//! A notification such as Roblox sends, to try it out:
//!
//! ```sh
//! time=$(date +%s)
//! body='{"NotificationId":"1","EventType":"SampleNotification","EventPayload":{"UserId":1}}'
//! signature=$(printf '%s.%s' "$time" "$body" | openssl dgst -sha256 -hmac "$ROBLOX_WEBHOOK_SECRET" -binary | base64)
//! curl -i -H "roblox-signature: t=$time,v1=$signature" --data-binary "$body" http://127.0.0.1:8918/webhook
//! ```
//!
//! Roblox posts to public HTTPS addresses only: put a reverse proxy or a tunnel in front. The queue is in
//! memory and lost with the process, although Roblox was told that all is well: where no event may be
//! lost, write them to a queue that is kept.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use opencloud::webhook::{Claim, Event, MemoryReplayGuard, Notification, ReplayGuard, Verifier};
use std::sync::Arc;
use tokio::sync::mpsc;

const USAGE: &str = "\
usage: webhook_receiver

Listens at http://127.0.0.1:8918/webhook, and takes what is signed with ROBLOX_WEBHOOK_SECRET.";

const LARGEST_BODY: usize = 256 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().skip(1).collect::<Vec<_>>()[..] {
        [] => {}
        [ref flag] if ["--help", "-h"].contains(&flag.as_str()) => {
            println!("{USAGE}");
            return Ok(());
        }
        _ => return Err(USAGE.into()),
    }
    let secret = std::env::var("ROBLOX_WEBHOOK_SECRET").map_err(|_| "set ROBLOX_WEBHOOK_SECRET")?;
    let (sender, queue) = mpsc::channel(1000);
    let worker = tokio::spawn(work(queue));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8918").await?;
    println!("listening at http://{}/webhook", listener.local_addr()?);
    axum::serve(listener, service(Verifier::new(secret)?, sender)).await?;
    Ok(worker.await?)
}

struct Receiver {
    verifier: Verifier,
    guard: MemoryReplayGuard,
    queue: mpsc::Sender<Notification>,
}

/// The service, which a test can call as well.
pub(crate) fn service(verifier: Verifier, queue: mpsc::Sender<Notification>) -> Router {
    let receiver = Receiver { verifier, guard: MemoryReplayGuard::default(), queue };
    Router::new()
        .route("/webhook", post(receive))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Arc::new(receiver))
}

/// Responds within the five seconds that Roblox waits: nothing here takes long.
async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if let Err(problem) = receiver.verifier.verify_headers(&headers, &body) {
        eprintln!("refused: {problem}");
        return StatusCode::UNAUTHORIZED;
    }
    let notification = match Notification::parse(&body) {
        Ok(notification) => notification,
        Err(problem) => {
            eprintln!("signed, but not understood: {problem}");
            return StatusCode::BAD_REQUEST;
        }
    };
    let id = notification.id().to_owned();
    match receiver.guard.claim(&id).await {
        Ok(Claim::New) => {}
        Ok(Claim::Seen) => return StatusCode::NO_CONTENT,
        Err(problem) => {
            eprintln!("no memory of earlier notifications: {problem}");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    // A full queue is no place to wait: Roblox tries again.
    if receiver.queue.try_send(notification).is_err() {
        if let Err(problem) = receiver.guard.release(&id).await {
            eprintln!("{id} will be taken for a replay: {problem}");
        }
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::NO_CONTENT
}

/// Does what takes long.
async fn work(mut queue: mpsc::Receiver<Notification>) {
    while let Some(notification) = queue.recv().await {
        match notification.event() {
            Event::SampleNotification(sample) => println!("a test by {}", sample.user_id),
            Event::RightToErasureRequest(request) => {
                let places: Vec<&str> = request.start_place_ids.iter().map(AsRef::as_ref).collect();
                println!("erase what is known of {} in the places {}", request.user_id, places.join(", "));
            }
            Event::Unknown(payload) => {
                eprintln!("{} is not understood, look at it: {payload}", notification.event_type());
            }
            event => println!("{} at {:?}: {event:?}", notification.event_type(), notification.time()),
        }
    }
}
