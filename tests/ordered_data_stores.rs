//! Ordered data stores: values, ranges and the greatest.

#![cfg(feature = "ordered_data_stores")]

use opencloud::ordered_data_stores::{OrderedDataStore, OrderedEntry};
use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::json;

const ENTRIES: &str = "/cloud/v2/universes/1/ordered-data-stores/Points/scopes/global/entries";

async fn filled() -> (Emulator, OrderedDataStore) {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let store = client.ordered_data_stores().store(1, "Points");
    for value in 0..150 {
        store.set(format!("p{value:03}"), value - 10).await.expect("an answer");
    }
    (emulator, store)
}

fn values(entries: Vec<OrderedEntry>) -> Vec<i64> {
    entries.into_iter().map(|entry| entry.value).collect()
}

#[tokio::test]
async fn the_greatest_and_ranges_are_read() {
    let (emulator, store) = filled().await;
    let top = store.top(3).await.expect("an answer");
    assert_eq!(top[0].key, "p149");
    assert_eq!(values(top), [139, 138, 137]);
    assert_eq!(values(store.top(1000).await.expect("an answer")).len(), 150);
    let range = store.ranked().at_least(-2).at_most(2).items().collect().await.expect("an answer");
    assert_eq!(values(range), [-2, -1, 0, 1, 2]);
    assert!(store.clone().scope("other").top(5).await.expect("an answer").is_empty());
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}

#[tokio::test]
async fn values_are_set_created_added_to_and_deleted() {
    let (_emulator, store) = filled().await;
    assert_eq!(store.get("none").await.expect("an answer"), None);
    assert_eq!(store.get("p010").await.expect("an answer"), Some(0));
    assert_eq!(store.create("new", 5).await.expect("an answer"), 5);
    assert_eq!(store.create("new", 6).await.expect_err("a failure").status().expect("it is there"), 400);
    assert_eq!(store.increment("new", -7).await.expect("an answer"), -2);
    assert_eq!(store.increment("newer", 7).await.expect("an answer"), 7);
    assert_eq!(store.replace("new", 9).await.expect("an answer"), 9);
    assert!(store.replace("none", 9).await.expect_err("a failure").is_not_found());
    store.delete("new").await.expect("an answer");
    assert_eq!(store.get("new").await.expect("an answer"), None);
    assert!(store.delete("new").await.expect_err("a failure").is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_the_service_would_not_keep_is_refused() {
    let script = Script::new().always(Expect::any(), Answer::json(json!({ "value": 1.0 })));
    let store = script.client().ordered_data_stores().store(1, "Points");
    let greatest = 1_i64 << 53;
    let refused = |error: Error| assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    refused(store.set("key", greatest + 1).await.expect_err("a failure"));
    refused(store.set("key", -greatest - 1).await.expect_err("a failure"));
    refused(store.increment("key", i64::MAX).await.expect_err("a failure"));
    refused(store.get("").await.expect_err("a failure"));
    refused(store.get("k".repeat(64)).await.expect_err("a failure"));
    refused(store.clone().scope("s".repeat(51)).get("key").await.expect_err("a failure"));
    refused(store.clone().scope("s".repeat(51)).top(1).await.expect_err("a failure"));
    assert_eq!(script.count(), 0);
    for value in [greatest, -greatest] {
        store.set("k".repeat(63), value).await.expect("an answer");
    }
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn setting_is_repeated_and_adding_is_not() {
    let lost = || Answer::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let script = Script::new()
        .expect(Expect::patch(format!("{ENTRIES}/key")).query("allowMissing", true), lost())
        .expect(
            Expect::patch(format!("{ENTRIES}/key")).json(json!({ "value": 5.0 })),
            Answer::json(json!({ "value": 5 })),
        )
        .expect(Expect::post(format!("{ENTRIES}/key:increment")).json(json!({ "amount": 5 })), lost())
        .expect(Expect::post(ENTRIES).query("id", "key"), lost());
    let store = script.client().ordered_data_stores().store(1, "Points");
    assert_eq!(store.set("key", 5).await.expect("an answer"), 5);
    for error in [
        store.increment("key", 5).await.expect_err("a failure"),
        store.create("key", 5).await.expect_err("a failure"),
    ] {
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
    }
    script.assert_done();
}
