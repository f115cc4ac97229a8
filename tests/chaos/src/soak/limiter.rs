//! The client-side limiter at its limits, as the server sees it.

use super::server::{self, SENT};
use super::windows::{Window, fullest, jitter};
use crate::Outcome;
use opencloud::body::Body;
use opencloud::limit::RateLimit;
use opencloud::{Client, OperationInfo, operations};
use opencloud::{Exchange, Transport};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many calls wait at a time, for each limit.
const CONCURRENCY: u64 = 64;

/// What the way to the server may add between two requests before windows cannot be told any more: a part of them.
const MOST_JITTER: f64 = 0.5;

/// Writes into each request when it is sent, behind the limiter.
struct Stamp(Arc<dyn Transport>);

impl Transport for Stamp {
    fn exchange(&self, mut request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        request.headers_mut().insert(SENT, server::now().into());
        self.0.exchange(request, max_response_bytes)
    }
}

/// Calls an operation as fast as it goes.
struct Load {
    operation: &'static OperationInfo,
    /// As the server names it.
    class: &'static str,
    limit: (u64, u64),
    call: fn(Client, u64) -> Calling,
}

type Calling = std::pin::Pin<Box<dyn Future<Output = Result<(), opencloud::Error>> + Send>>;

fn loads() -> Outcome<Vec<Load>> {
    let read = &operations::MEMORY_STORES_GET_SORTED_MAP_ITEM;
    let of_key = read.api_key_limit.ok_or("the operation has no limit")?;
    let ban = &operations::USER_RESTRICTIONS_UPDATE;
    let of_universe = ban.limits.last().ok_or("the operation has no limits")?.limit;
    Ok(vec![
        Load {
            operation: read,
            class: "GET memory-store sorted-maps map items",
            limit: (of_key.requests, of_key.seconds),
            call: |client, number| {
                Box::pin(async move {
                    client.memory_stores().sorted_map(1, "map").get::<u64>(number.to_string()).await.map(drop)
                })
            },
        },
        // Each user once: a user has a limit of its own.
        Load {
            operation: ban,
            class: "PATCH user-restrictions",
            limit: (of_universe.requests, of_universe.seconds),
            call: |client, number| {
                Box::pin(async move {
                    let hour = Duration::from_secs(3600);
                    client.user_restrictions().ban(1, number + 1, hour).await.map(drop)
                })
            },
        },
    ])
}

/// The fullest windows of each limit in this time.
pub(super) async fn measure(base_url: &str, time: Duration) -> Outcome<Vec<Window>> {
    let client = Client::builder()
        .api_key("any-key")
        .base_url(base_url)
        .rate_limit(RateLimit::from_spec())
        .wrap_transport(Stamp)
        .build()
        .map_err(|error| error.to_string())?;
    let end = Instant::now() + time;
    let loads = loads()?;
    let mut tasks = JoinSet::new();
    for load in &loads {
        let numbers = Arc::new(AtomicU64::new(0));
        for _ in 0..CONCURRENCY {
            let (client, numbers, call) = (client.clone(), numbers.clone(), load.call);
            tasks.spawn(tokio::time::timeout_at(end, async move {
                loop {
                    call(client.clone(), numbers.fetch_add(1, Ordering::Relaxed)).await?;
                }
            }));
        }
    }
    while let Some(task) = tasks.join_next().await {
        let ended: Result<Result<(), opencloud::Error>, _> = task.map_err(|error| error.to_string())?;
        if let Ok(Err(error)) = ended {
            return Err(format!("a call of the limiter's failed: {error}"));
        }
    }
    let mut windows = Vec::new();
    let plain = Client::builder().api_key("any-key").base_url(base_url).build();
    let plain = plain.map_err(|error| error.to_string())?;
    for load in loads {
        windows.push(window(&plain, &load).await?);
    }
    Ok(windows)
}

async fn window(client: &Client, load: &Load) -> Outcome<Window> {
    let arrivals = server::arrivals(client, load.class).await?;
    let (limit, seconds) = load.limit;
    let length = Duration::from_secs(seconds);
    let jitter = jitter(&arrivals);
    let name = load.operation.id.to_owned();
    if jitter > length.mul_f64(MOST_JITTER) {
        return Err(format!(
            "{name}: the machine is too slow to tell windows: requests took up to {jitter:?} longer"
        ));
    }
    let fullest = fullest(&arrivals, length);
    Ok(Window { name, limit, seconds, fullest, requests: arrivals.len() as u64 })
}
