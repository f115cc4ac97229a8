//! Reading, writing, deleting.

use super::{ENTRIES, ENTRY, emulator, store, store_of};
use opencloud::ErrorKind;
use opencloud::ids::UserId;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Player {
    coins: u64,
    name: String,
}

fn player(coins: u64) -> Player {
    Player { coins, name: "Ada".to_owned() }
}

#[tokio::test]
async fn an_entry_comes_back_with_all_that_belongs_to_it() {
    let emulator = emulator().await;
    let store = store(&emulator);
    assert_eq!(store.get::<Player>("key").await.expect("a response"), None);
    let written =
        store.set("key", &player(5)).users([156, 157]).attributes([("level", 3)]).await.expect("a response");
    let read = store.get::<Player>("key").await.expect("a response").expect("it is there");
    assert_eq!(read.value, player(5));
    assert_eq!(read.users, [UserId::from(156), UserId::from(157)]);
    assert_eq!(Value::Object(read.attributes), json!({ "level": 3 }));
    assert_eq!((read.scope.as_str(), read.key.as_str()), ("global", "key"));
    assert!(read.created.is_some() && read.revised.is_some() && read.revision.is_some());
    assert_eq!((read.etag, read.revision), (written.etag, written.revision));
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}

#[tokio::test]
async fn what_the_caller_does_not_touch_stays() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &1).users([156]).attributes([("a", "b")]).await.expect("a response");
    store.set("key", &2).await.expect("a response");
    store.update("key", |value: Option<i64>| value.map(|value| value + 1)).await.expect("a response");
    store.increment("key", 4).await.expect("a response");
    let entry = store.get::<i64>("key").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.users.len(), entry.attributes.len()), (7, 1, 1));
    // One of the two given, the other stays.
    store.set("key", &8).users::<u64>([]).await.expect("a response");
    store.increment("key", 1).attributes([("c", "d")]).await.expect("a response");
    let entry = store.get::<i64>("key").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.users.len()), (9, 0));
    assert_eq!(Value::Object(entry.attributes), json!({ "c": "d" }));
    // Only what replaces the whole entry clears.
    store.upsert("key", &10).await.expect("a response");
    let entry = store.get::<i64>("key").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.users.len(), entry.attributes.len()), (10, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_first_if_all_is_given() {
    let entry = json!({ "value": 6, "users": ["users/1"], "attributes": { "a": 1 } });
    let body = |amount: &str| json!({ amount: 5, "users": ["users/1"], "attributes": { "a": 1 } });
    let script = Script::new()
        .expect(
            Expect::patch(ENTRY).query("allowMissing", true).json(body("value")),
            MockResponse::json(entry.clone()),
        )
        .expect(Expect::post(format!("{ENTRY}:increment")).json(body("amount")), MockResponse::json(entry));
    let store = store_of(&script.client());
    store.set("key", &5).users([1]).attributes([("a", 1)]).await.expect("a response");
    assert_eq!(
        store.increment("key", 5).users([1]).attributes([("a", 1)]).await.expect("a response").value,
        6
    );
    script.assert_done();
}

#[tokio::test]
async fn creating_fails_where_there_is_an_entry() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.create("key", &1).users([156]).await.expect("a response");
    let error = store.create("key", &2).await.expect_err("a failure");
    assert_eq!(error.status().expect("it is there"), 400);
    assert_eq!(store.get::<i64>("key").await.expect("a response").expect("it is there").value, 1);
}

#[tokio::test]
async fn a_key_with_an_at_sign_is_no_revision() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for key in ["a@b", "a@latest", "@", "a/b", "a:increment", "ä %2F#?"] {
        store.set(key, &key).await.expect("a response");
        store.update(key, |value: Option<String>| value.map(|value| value + "!")).await.expect("a response");
        assert_eq!(
            store.get::<String>(key).await.expect("a response").expect("it is there").value,
            format!("{key}!")
        );
        let revisions = store.revisions(key).items().collect().await.expect("a response");
        let revision = revisions[0].revision_id.clone().expect("it is there");
        assert_eq!(
            store.get::<String>(key).at(revision).await.expect("a response").expect("it is there").value,
            format!("{key}!")
        );
    }
    let keys = store.entries().items().collect().await.expect("a response");
    assert_eq!(keys.len(), 6, "{keys:?}");
    for key in keys {
        store.delete(key.key).await.expect("a response");
    }
    assert!(store.entries().items().collect().await.expect("a response").is_empty());
}

#[tokio::test]
async fn revisions_are_read_by_id_and_by_time() {
    let emulator = emulator().await;
    let store = store(&emulator);
    let first = store.set("key", &1).await.expect("a response");
    emulator.advance(Duration::from_secs(3600));
    let second = store.set("key", &2).await.expect("a response");
    let read = |entry: Option<opencloud::data_stores::Entry<i64>>| entry.map(|entry| entry.value);
    assert_eq!(
        read(store.get("key").at(first.revision.expect("it is there")).await.expect("a response")),
        Some(1)
    );
    let (first, second) = (first.revised.expect("it is there"), second.revised.expect("it is there"));
    // Responses cut times to milliseconds.
    let moment = Duration::from_secs(1);
    assert_eq!(read(store.get("key").latest_before(first + moment).await.expect("a response")), Some(1));
    assert_eq!(read(store.get("key").latest_before(second + moment).await.expect("a response")), Some(2));
    let early = first - moment;
    assert_eq!(read(store.get("key").latest_before(early).await.expect("a response")), None);
}

#[tokio::test]
async fn a_deleted_entry_can_be_brought_back_with_all_that_belongs_to_it() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &player(1)).await.expect("a response");
    emulator.advance(Duration::from_secs(3600));
    store.set("key", &player(2)).users([156]).attributes([("a", 1)]).await.expect("a response");
    let error = store.undelete("key").await.expect_err("a failure");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 1));
    store.delete("key").await.expect("a response");
    assert_eq!(store.get::<Player>("key").await.expect("a response"), None);
    assert!(store.delete("key").await.expect_err("a failure").is_not_found());
    assert!(store.entries().items().collect().await.expect("a response").is_empty());
    assert_eq!(store.entries().with_deleted().items().collect().await.expect("a response").len(), 1);
    store.undelete("key").await.expect("a response");
    let entry = store.get::<Player>("key").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.users.len(), entry.attributes.len()), (player(2), 1, 1));
    assert!(store.undelete("never there").await.expect_err("a failure").attempts() > 0);
}

#[tokio::test(start_paused = true)]
async fn where_no_revision_is_left_the_error_counts_the_requests_that_looked_for_one() {
    let page = |next: &str| {
        MockResponse::json(json!({ "dataStoreEntries": [{ "state": "DELETED" }], "nextPageToken": next }))
    };
    let missing = || MockResponse::error(ErrorShape::Error, 404, "NOT_FOUND", "no");
    let script = Script::new()
        .expect(Expect::any(), missing())
        .expect(Expect::any(), page("2"))
        .expect(Expect::any(), page(""));
    let error =
        script.client().data_stores().store(1, "Players").undelete("key").await.expect_err("none is left");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 2), "{error}");
    script.assert_done();
}

#[tokio::test]
async fn keys_are_listed_by_scope_and_prefix() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for number in 0..300 {
        store.upsert(format!("a{number}"), &number).await.expect("a response");
    }
    store.clone().scope("other/scope").upsert("b/1", &1).await.expect("a response");
    assert_eq!(store.entries().items().collect().await.expect("a response").len(), 300);
    assert_eq!(store.entries().prefix("a29").items().collect().await.expect("a response").len(), 11);
    let all = store.entries().all_scopes().items().collect().await.expect("a response");
    assert_eq!(all.len(), 301);
    assert!(all.iter().any(|entry| entry.scope == "other/scope" && entry.key == "b/1"));
}

#[tokio::test(start_paused = true)]
async fn no_digit_of_a_number_is_lost() {
    let text = r#"{"big":123456789012345678901234567890,"exact":0.1000000000000000055511151231257827,"u64":18446744073709551615}"#;
    let body = format!(r#"{{"value":{text},"etag":"e","users":[]}}"#);
    let script = Script::new()
        .expect(
            Expect::get(ENTRY),
            MockResponse::bytes(body.clone()).header("content-type", "application/json"),
        )
        .expect(Expect::patch(ENTRY), MockResponse::bytes(body).header("content-type", "application/json"));
    let store = store_of(&script.client());
    let entry = store.get::<Box<RawValue>>("key").await.expect("a response").expect("it is there");
    assert_eq!(entry.value.get(), text);
    store.save(&entry).await.expect("a response");
    let sent = script.received()[1].bytes().cloned().expect("it is there");
    let sent = String::from_utf8(sent.to_vec()).expect("it is there");
    assert!(sent.contains(&format!(r#""value":{text}"#)), "{sent}");
    assert!(sent.contains(r#""etag":"e""#), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_value_of_another_type_says_so() {
    let script = Script::new().expect(Expect::get(ENTRY), MockResponse::json(json!({ "value": "text" })));
    let error = store_of(&script.client()).get::<i64>("key").await.expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("`key` cannot be read as i64"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn adding_is_not_repeated_after_a_failure_that_leaves_its_effect_unknown() {
    for response in
        [MockResponse::interrupted(), MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later")]
    {
        let script = Script::new()
            .expect(Expect::post(format!("{ENTRY}:increment")), response.clone())
            .expect(Expect::post(ENTRIES).query("id", "key"), response);
        let store = store_of(&script.client());
        let error = store.increment("key", 1).users([1]).attributes([("a", 1)]).await.expect_err("a failure");
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
        let error = store.create("key", &1).await.expect_err("a failure");
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
        script.assert_done();
    }
}

/// DS-06.
#[tokio::test(start_paused = true)]
async fn ds_06_a_revision_id_that_is_none_is_refused_and_one_that_is_gone_is_not_there() {
    let refused = MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "Invalid version id.");
    // DS-04: what a later write of the same hour has replaced is gone at once.
    let gone = MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "Entry not found at revision");
    let script = Script::new()
        .expect(Expect::get(format!("{ENTRY}@nonsense")), refused)
        .expect(Expect::get(format!("{ENTRY}@08DC.1")), gone);
    let store = store_of(&script.client());
    let error = store.get::<i64>("key").at("nonsense").await.expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(store.get::<i64>("key").at("08DC.1").await.expect("a response"), None);
    script.assert_done();
}
