//! The jobs with this crate.

use futures_util::FutureExt;
use futures_util::future::ready;
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use opencloud::body::File;
use opencloud::limit::RateLimit;
use opencloud::testing::{Expect, MockResponse, Script};
use std::time::Duration;
use streams::{AT_ONCE, KEY, Meter, Peak, STORE, arguments, place_file};

#[global_allocator]
static ALLOCATOR: Peak = Peak;

/// Users whose inventory the server gives a page of every 10 ms.
const SLOW: u64 = 7;
/// Calls at a time to an emulator.
const EMULATED: usize = 64;
const TURN: Duration = Duration::from_millis(10);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (job, address, count) = arguments();
    let client = opencloud::Client::builder().api_key(KEY).base_url(address);
    let client = client.build().expect("a client");
    match job.as_str() {
        "items" => items(&client, count).await,
        "export" => export(&client, count).await,
        "publish" => publish(&client, count).await,
        "prefetch" => prefetch(&client, count as usize).await,
        "waiting" => waiting(count).await,
        "reads" => reads(&client, count).await,
        "fill" => fill(&client, count).await,
        other => panic!("no job {other}"),
    }
}

/// All items of a list, which is as long as the number of the user.
async fn items(client: &opencloud::Client, count: u64) {
    let mut items = client.users().list_inventory_items(count).items();
    for _ in 0..1000 {
        items.next().await.expect("an item").expect("an item");
    }
    let meter = Meter::start();
    let mut seen = 1000;
    while let Some(item) = items.next().await {
        std::hint::black_box(item.expect("an item"));
        seen += 1;
    }
    assert_eq!(seen, count);
    meter.print();
}

async fn export(client: &opencloud::Client, count: u64) {
    let meter = Meter::start();
    let export = client.data_stores().store(count, STORE).scope("global").export().concurrency(AT_ONCE);
    let end = export.write_to(tokio::io::sink(), |_| Ok(())).await;
    assert_eq!(end.expect("an export").entries(), count);
    meter.print();
}

async fn publish(client: &opencloud::Client, bytes: u64) {
    let path = place_file(bytes);
    let meter = Meter::start();
    let file = File::open(&path).await.expect("a file");
    let place = opencloud::places::PlaceFile::new(file).max_bytes(u64::MAX);
    let version = client.places().publish(1, 2, place).await;
    let _ = std::fs::remove_file(path);
    version.expect("a version");
    meter.print();
}

/// The time of a list of slow pages whose reader is as slow, with a number of pages read ahead.
async fn prefetch(client: &opencloud::Client, pages: usize) {
    client.users().list_inventory_items(SLOW).await.expect("a connection");
    let meter = Meter::start();
    let mut items = client.users().list_inventory_items(SLOW).items().prefetch(pages);
    while let Some(item) = items.next().await {
        item.expect("an item");
        tokio::time::sleep(TURN).await;
    }
    meter.print();
}

/// `count` calls that wait for the rate limit: what waiting takes beside the calls themselves.
async fn waiting(count: u64) {
    let response = MockResponse::json(serde_json::json!({ "path": "users/1" }));
    let script = Script::new().always(Expect::any(), response);
    let client = script.builder().rate_limit(RateLimit::from_spec()).build().expect("a client");
    let users = client.users();
    let call = |user: u64| users.get(user + 1).with_timeout(Duration::from_secs(3600)).into_future();
    let mut calls: FuturesUnordered<_> = (0..count).map(call).collect();
    let meter = Meter::start();
    // Each is polled; those that the limit lets through are done.
    while calls.next().now_or_never().flatten().is_some() {}
    tokio::time::sleep(TURN).await;
    while calls.next().now_or_never().flatten().is_some() {}
    assert!(calls.len() as u64 > count / 2, "they wait");
    meter.print();
}

/// `count` users, from an emulator.
async fn reads(client: &opencloud::Client, count: u64) {
    client.users().get(1).await.expect("a connection");
    let meter = Meter::start();
    let users = client.users();
    let calls = stream::iter(0..count).map(|user| users.get(user + 1).into_future());
    calls.buffer_unordered(EMULATED).for_each(|user| ready(drop(user.expect("a user")))).await;
    meter.print();
}

/// Writes `count` entries of a data store to an emulator.
async fn fill(client: &opencloud::Client, count: u64) {
    let store = client.data_stores().store(1, STORE);
    let meter = Meter::start();
    let value = serde_json::json!({ "coins": 1250, "level": 17, "inventory": ["sword", "shield", "potion"] });
    let calls = stream::iter(0..count).map(|at| store.upsert(format!("Player_{at}"), &value).into_future());
    calls.buffer_unordered(EMULATED).for_each(|entry| ready(drop(entry.expect("written")))).await;
    meter.print();
}
