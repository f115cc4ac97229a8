//! Ordered data stores: values, ranges and the greatest.

use crate::support::assert_bounds;
use opencloud::ordered_data_stores::{OrderedDataStore, OrderedEntry};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use serde_json::json;
use std::pin::Pin;

const ENTRIES: &str = "/cloud/v2/universes/1/ordered-data-stores/Points/scopes/global/entries";

async fn filled() -> (Emulator, OrderedDataStore) {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let store = client.ordered_data_stores().store(1, "Points");
    for value in 0..150 {
        store.set(format!("p{value:03}"), value - 10).await.expect("a response");
    }
    (emulator, store)
}

fn values(entries: Vec<OrderedEntry>) -> Vec<i64> {
    entries.into_iter().map(|entry| entry.value).collect()
}

#[tokio::test]
async fn the_greatest_and_ranges_are_read() {
    let (emulator, store) = filled().await;
    let top = store.top(3).await.expect("a response");
    assert_eq!(top[0].key, "p149");
    assert_eq!(values(top), [139, 138, 137]);
    assert_eq!(values(store.top(1000).await.expect("a response")).len(), 150);
    let range = store.ranked().at_least(-2).at_most(2).items().collect().await.expect("a response");
    assert_eq!(values(range), [-2, -1, 0, 1, 2]);
    assert!(store.clone().scope("other").top(5).await.expect("a response").is_empty());
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}

#[tokio::test]
async fn values_are_set_created_added_to_and_deleted() {
    let (_emulator, store) = filled().await;
    assert_eq!(store.get("none").await.expect("a response"), None);
    assert_eq!(store.get("p010").await.expect("a response"), Some(0));
    assert_eq!(store.create("new", 5).await.expect("a response"), 5);
    assert_eq!(store.create("new", 6).await.expect_err("a failure").status().expect("it is there"), 400);
    assert_eq!(store.increment("new", -7).await.expect("a response"), -2);
    assert_eq!(store.increment("newer", 7).await.expect("a response"), 7);
    assert_eq!(store.replace("new", 9).await.expect("a response"), 9);
    assert!(store.replace("none", 9).await.expect_err("a failure").is_not_found());
    store.delete("new").await.expect("a response");
    assert_eq!(store.get("new").await.expect("a response"), None);
    assert!(store.delete("new").await.expect_err("a failure").is_not_found());
}

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>>>>;
/// What is done with a store and a key.
type Method = (&'static str, fn(OrderedDataStore, String) -> Outcome);

const OF_KEYS: &[Method] = &[
    ("get", |store, key| Box::pin(async move { store.get(key).await.map(drop) })),
    ("set", |store, key| Box::pin(async move { store.set(key, 1).await.map(drop) })),
    ("replace", |store, key| Box::pin(async move { store.replace(key, 1).await.map(drop) })),
    ("create", |store, key| Box::pin(async move { store.create(key, 1).await.map(drop) })),
    ("increment", |store, key| Box::pin(async move { store.increment(key, 1).await.map(drop) })),
    ("delete", |store, key| Box::pin(async move { store.delete(key).await })),
];

const OF_STORES: &[Method] = &[
    ("top", |store, _| Box::pin(async move { store.top(1).await.map(drop) })),
    ("ranked", |store, _| Box::pin(async move { store.ranked().items().collect().await.map(drop) })),
];

#[tokio::test(start_paused = true)]
async fn a_key_has_1_to_63_characters_and_names_and_scopes_1_to_50() {
    let text = |length| "ä".repeat(length);
    let points = |client: &Client| client.ordered_data_stores().store(1, "Points");
    for (what, method) in OF_KEYS {
        assert_bounds(what, 1..=63, async |client, length| method(points(&client), text(length)).await).await;
    }
    for (what, method) in OF_KEYS.iter().chain(OF_STORES) {
        let key = || "key".to_owned();
        assert_bounds(what, 1..=50, async |client, length| {
            method(client.ordered_data_stores().store(1, text(length)), key()).await
        })
        .await;
        assert_bounds(what, 1..=50, async |client, length| {
            method(points(&client).scope(text(length)), key()).await
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_service_would_round_is_refused() {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "value": 1.0 })));
    let store = script.client().ordered_data_stores().store(1, "Points");
    let greatest = 1_i64 << 53;
    for value in [greatest + 1, -greatest - 1, i64::MAX, i64::MIN] {
        for call in [store.set("key", value), store.create("key", value), store.increment("key", value)] {
            let error = call.await.expect_err("a failure");
            assert!(error.is_usage() && error.to_string().contains(&value.to_string()), "{error}");
        }
    }
    assert_eq!(script.count(), 0);
    for value in [greatest, greatest - 1, -greatest] {
        for call in [store.set("key", value), store.create("key", value), store.increment("key", value)] {
            call.await.expect("a response");
        }
    }
    assert_eq!(script.count(), 9);
}

#[tokio::test(start_paused = true)]
async fn setting_is_repeated_and_adding_is_not() {
    let lost = || MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let script = Script::new()
        .expect(Expect::patch(format!("{ENTRIES}/key")).query("allowMissing", true), lost())
        .expect(
            Expect::patch(format!("{ENTRIES}/key")).json(json!({ "value": 5.0 })),
            MockResponse::json(json!({ "value": 5 })),
        )
        .expect(Expect::post(format!("{ENTRIES}/key:increment")).json(json!({ "amount": 5 })), lost())
        .expect(Expect::post(ENTRIES).query("id", "key"), lost());
    let store = script.client().ordered_data_stores().store(1, "Points");
    assert_eq!(store.set("key", 5).await.expect("a response"), 5);
    for error in [
        store.increment("key", 5).await.expect_err("a failure"),
        store.create("key", 5).await.expect_err("a failure"),
    ] {
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
    }
    script.assert_done();
}
