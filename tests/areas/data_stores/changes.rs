//! Changes of several at a time.

use super::{ENTRIES, ENTRY, emulator, store, store_of};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_lost_when_many_change_the_same() {
    let emulator = emulator().await;
    let store = store(&emulator);
    let tasks: Vec<_> = (0..8)
        .map(|user| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    let add = |value: Option<i64>| Some(value.unwrap_or_default() + 1);
                    store.update("key", add).attempts(1000).await.expect("a response");
                    store.set(format!("own{user}"), &1).await.expect("a response");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a response");
    }
    assert_eq!(store.get::<i64>("key").await.expect("a response").expect("it is there").value, 40);
}

fn entry(value: i64, etag: &str) -> Value {
    json!({ "value": value, "etag": etag, "users": ["users/1"], "attributes": { "a": 1 } })
}

fn conflict() -> MockResponse {
    MockResponse::error(ErrorShape::Code, 409, "ABORTED", "changed")
}

#[tokio::test(start_paused = true)]
async fn a_change_begins_anew_when_somebody_else_was_faster() {
    let script = Script::new()
        .expect(Expect::get(ENTRY), MockResponse::json(entry(1, "one")))
        .expect(Expect::patch(ENTRY).json(entry(11, "one")), conflict())
        .expect(Expect::get(ENTRY), MockResponse::json(entry(2, "two")))
        .expect(Expect::patch(ENTRY).json(entry(12, "two")), MockResponse::json(entry(12, "three")));
    let changed = store_of(&script.client())
        .update("key", |value: Option<i64>| Some(value? + 10))
        .await
        .expect("a response");
    let changed = changed.expect("it is there");
    assert_eq!((changed.value, changed.etag.as_deref()), (12, Some("three")));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_change_ends_with_the_conflict_after_its_attempts() {
    let script = Script::new()
        .always(Expect::get(ENTRY), MockResponse::json(entry(1, "one")))
        .always(Expect::patch(ENTRY), conflict());
    let store = store_of(&script.client());
    let error = store.update("key", |value: Option<i64>| value).attempts(3).await.expect_err("a failure");
    assert!(error.is_conflict() && !error.may_have_been_applied(), "{error}");
    assert_eq!(script.count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_not_made_twice_when_its_response_is_lost() {
    let script = Script::new()
        .expect(Expect::get(ENTRY), MockResponse::json(entry(1, "one")))
        .expect(Expect::patch(ENTRY), MockResponse::interrupted());
    let error = store_of(&script.client())
        .update("key", |value: Option<i64>| Some(value? + 1))
        .await
        .expect_err("a failure");
    assert!(error.may_have_been_applied(), "{error}");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn setting_is_repeated_when_its_response_is_lost() {
    let script = Script::new()
        .expect(Expect::get(ENTRY), MockResponse::json(entry(1, "one")))
        .expect(Expect::patch(ENTRY), MockResponse::interrupted())
        // It was written after all.
        .expect(Expect::patch(ENTRY), conflict())
        .expect(Expect::get(ENTRY), MockResponse::json(entry(5, "two")))
        .expect(Expect::patch(ENTRY).json(entry(5, "two")), MockResponse::json(entry(5, "three")));
    store_of(&script.client()).set("key", &5).await.expect("a response");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_somebody_else_creates_meanwhile_is_not_overwritten() {
    let missing = || MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "none");
    let script = Script::new()
        .expect(Expect::get(ENTRY), missing())
        .expect(
            Expect::post(ENTRIES).query("id", "key").json(json!({ "value": 5 })),
            MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "it exists"),
        )
        .expect(Expect::get(ENTRY), MockResponse::json(entry(7, "one")))
        .expect(Expect::get(ENTRY), MockResponse::json(entry(7, "one")))
        .expect(Expect::patch(ENTRY).json(entry(5, "one")), MockResponse::json(entry(5, "two")));
    store_of(&script.client()).set("key", &5).await.expect("a response");
    script.assert_done();
}

/// A service that keeps a deleted entry from being created.
fn deleted_entry(content: &Value) -> Script {
    refusing(content, MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "it exists"))
}

fn refusing(content: &Value, refused: MockResponse) -> Script {
    Script::new()
        .always(Expect::get(ENTRY), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "none"))
        .expect(Expect::post(ENTRIES).query("id", "key").json(content.clone()), refused)
        .expect(
            Expect::patch(ENTRY).query("allowMissing", true).json(content.clone()),
            MockResponse::json(json!({ "etag": "new" })),
        )
}

#[tokio::test(start_paused = true)]
async fn a_deleted_entry_that_cannot_be_created_is_written_over() {
    let script = deleted_entry(&json!({ "value": 5 }));
    let store = store_of(&script.client());
    assert_eq!(store.set("key", &5).await.expect("a response").etag.as_deref(), Some("new"));
    script.assert_done();
    let script = deleted_entry(&json!({ "value": 5 }));
    let changed = store_of(&script.client()).update("key", |value: Option<i64>| Some(value.unwrap_or(5)));
    // It is no conflict, so that one attempt is enough.
    assert_eq!(changed.attempts(1).await.expect("a response").expect("it is there").value, 5);
    script.assert_done();
    let content = json!({ "value": 5, "users": ["users/1"] });
    let revisions = [json!({ "revisionId": "r", "revisionCreateTime": "2026-01-02T03:04:05Z" })];
    let script = deleted_entry(&content)
        .always(
            Expect::get(format!("{ENTRY}:listRevisions")),
            MockResponse::page("dataStoreEntries", revisions, None),
        )
        .always(Expect::get(format!("{ENTRY}@r")), MockResponse::json(content));
    store_of(&script.client()).undelete("key").await.expect("a response");
    script.assert_done();
}

/// DS-13.
#[tokio::test(start_paused = true)]
async fn ds_13_it_exists_is_said_in_several_ways() {
    for (status, code) in [
        (400, "INVALID_ARGUMENT"),
        (400, "FAILED_PRECONDITION"),
        (409, "ALREADY_EXISTS"),
        (409, "ABORTED"),
        (412, ""),
    ] {
        let refused = MockResponse::error(ErrorShape::Code, status, code, "it exists");
        let script = refusing(&json!({ "value": 5 }), refused);
        store_of(&script.client()).set("key", &5).await.expect(code);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_that_is_refused_is_refused_for_good() {
    let refused = || MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "no");
    let script = Script::new()
        .always(Expect::get(ENTRY), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "none"))
        .expect(Expect::post(ENTRIES), refused())
        .expect(Expect::patch(ENTRY), refused());
    let error = store_of(&script.client()).set("key", &5).await.expect_err("a failure");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_without_a_guard() {
    for entry in [json!({ "value": 1 }), json!({ "value": 1, "etag": "" })] {
        let script = Script::new().always(Expect::get(ENTRY), MockResponse::json(entry));
        let store = store_of(&script.client());
        let set = store.set("key", &5).await.expect_err("a failure");
        let update = store.update("key", |value: Option<i64>| value).await.expect_err("a failure");
        for error in [set, update] {
            assert!(error.is_decode() && error.to_string().contains("etag"), "{error}");
            assert!(!error.may_have_been_applied());
        }
        let read = store.get::<i64>("key").await.expect("a response").expect("it is there");
        assert!(store.save(&read).await.expect_err("a failure").is_usage());
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_to_a_write_that_cannot_be_read_says_that_it_may_be_written() {
    let odd = || MockResponse::json(json!({ "value": 2, "etag": "e", "attributes": [1] }));
    let script = Script::new()
        .always(Expect::get(ENTRY), MockResponse::json(entry(1, "one")))
        .always(Expect::patch(ENTRY), odd())
        .always(Expect::post(format!("{ENTRY}:increment")), MockResponse::json(json!({ "value": "two" })));
    let store = store_of(&script.client());
    let set = store.set("key", &5).await.expect_err("a failure");
    let update = store.update("key", |value: Option<i64>| value).await.expect_err("a failure");
    let increment = store.increment("key", 1).await.expect_err("a failure");
    for error in [set, update, increment] {
        assert!(error.is_decode() && error.may_have_been_applied(), "{error}");
    }
}

#[tokio::test]
async fn a_change_may_leave_things_as_they_are() {
    let emulator = emulator().await;
    let store = store(&emulator);
    assert!(store.update("key", |value: Option<i64>| value).await.expect("a response").is_none());
    assert!(store.get::<i64>("key").await.expect("a response").is_none());
}

#[tokio::test]
async fn an_entry_is_saved_only_if_it_is_unchanged() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &1).users([156]).await.expect("a response");
    let mut mine = store.get::<i64>("key").await.expect("a response").expect("it is there");
    store.set("key", &2).await.expect("a response");
    mine.value = 3;
    assert!(store.save(&mine).await.expect_err("a failure").is_conflict());
    let mut mine = store.get::<i64>("key").await.expect("a response").expect("it is there");
    mine.value = 3;
    store.save(&mine).await.expect("a response");
    let now = store.get::<i64>("key").await.expect("a response").expect("it is there");
    assert_eq!((now.value, now.users.len()), (3, 1));
}
