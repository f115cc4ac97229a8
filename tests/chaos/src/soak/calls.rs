//! Calls of all sorts, many at a time.

use crate::Outcome;
use opencloud::body::File;
use opencloud::types::{Asset, DataStoreEntry};
use opencloud::{Client, Error};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// How many calls are made at a time.
const CONCURRENCY: u64 = 32;

/// What came of the calls.
#[derive(Debug, Default)]
pub(super) struct Made {
    done: AtomicU64,
    failed: AtomicU64,
    /// By the caller, before they were done.
    dropped: AtomicU64,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [done, failed, dropped] =
            [&self.done, &self.failed, &self.dropped].map(|count| count.load(Ordering::Relaxed));
        write!(f, "{} calls: {done} succeeded, {failed} failed, {dropped} dropped", done + failed + dropped)
    }
}

/// Makes this number of calls with a client of its own, which is gone afterwards.
pub(super) async fn make(base_url: &str, calls: u64, seed: u64) -> Outcome<Arc<Made>> {
    let client = Client::builder()
        .api_key("any-key")
        .base_url(base_url)
        .timeout(Duration::from_secs(20))
        .attempt_timeout(Duration::from_secs(10))
        .build()
        .map_err(|error| error.to_string())?;
    let made = Arc::new(Made::default());
    let begun = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for slot in 0..CONCURRENCY {
        let (client, made, begun) = (client.clone(), made.clone(), begun.clone());
        let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(CONCURRENCY).wrapping_add(slot));
        tasks.spawn(async move {
            while begun.fetch_add(1, Ordering::Relaxed) < calls {
                one(&client, &mut random, &made).await;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.map_err(|error| format!("a call failed badly: {error}"))?;
    }
    match made.done.load(Ordering::Relaxed) {
        0 => Err("no call succeeded".to_owned()),
        _ => Ok(made),
    }
}

/// One call; some are dropped in the middle.
async fn one(client: &Client, random: &mut fastrand::Rng, made: &Made) {
    let kind = random.u64(..100);
    let id = random.u64(1..1_000_000);
    let call = async {
        match kind {
            0..70 => client.users().get(id).await.map(drop),
            70..85 => create(client, id).await,
            85..95 => client.memory_stores().sorted_map(1, "map").get::<u64>(id.to_string()).await.map(drop),
            95..97 => upload(client).await,
            _ => client.request(http::Method::GET, format!("/any/{id}")).send().await.map(drop),
        }
    };
    // The time is drawn from that of a whole call.
    let timeout =
        if random.u64(..100) == 0 { Duration::from_micros(random.u64(..3_000)) } else { Duration::MAX };
    let count = match tokio::time::timeout(timeout, call).await {
        Ok(Ok(())) => &made.done,
        Ok(Err(_)) => &made.failed,
        Err(_) => &made.dropped,
    };
    count.fetch_add(1, Ordering::Relaxed);
}

async fn create(client: &Client, id: u64) -> Result<(), Error> {
    let entry = DataStoreEntry::new().value(serde_json::json!({ "coins": id }));
    client.data_stores().create_entry(1, "store", id.to_string(), entry).await.map(drop)
}

async fn upload(client: &Client) -> Result<(), Error> {
    client.assets().create(Asset::new(), File::new(vec![7; 20_000]).name("a.png")).await.map(drop)
}
