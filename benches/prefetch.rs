//! What `prefetch` is worth: a list of 20 pages from a service that takes 10 ms for each, read by a
//! caller who takes 10 ms for each.
//!
//! `cargo bench --bench prefetch`. The times are waits, not work, so one run says it all and the
//! benchmark needs no statistics.

use opencloud::testing::{Expect, MockResponse, Script};
use serde_json::json;
use std::time::{Duration, Instant};

const PAGES: usize = 20;
const TURN: Duration = Duration::from_millis(10);

/// A service that takes its time for each page.
fn service() -> Script {
    let mut page = 0;
    Script::new().respond_with(Expect::any(), move |_| {
        page += 1;
        let next = if page < PAGES { format!("t{page}") } else { String::new() };
        MockResponse::json(json!({ "inventoryItems": [{}], "nextPageToken": next })).delay(TURN)
    })
}

async fn read(prefetch: usize) -> Duration {
    let mut items = service().client().users().list_inventory_items(1).items().prefetch(prefetch);
    let start = Instant::now();
    while let Some(item) = items.next().await {
        item.expect("an item");
        tokio::time::sleep(TURN).await;
    }
    start.elapsed()
}

#[tokio::main]
async fn main() {
    let plain = read(0).await;
    println!("plain loop    {:>7.1} ms", plain.as_secs_f64() * 1000.0);
    for prefetch in [1, 2, 4] {
        let took = read(prefetch).await;
        let share = took.as_secs_f64() / plain.as_secs_f64();
        println!(
            "prefetch({prefetch})   {:>7.1} ms, {share:.2} of the plain loop",
            took.as_secs_f64() * 1000.0
        );
    }
}
