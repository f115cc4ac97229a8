//! The first version of the API: versions and checksums.

use super::{emulator, store, store_of};
use opencloud::data_stores::Versioned;
use opencloud::ids::UserId;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde_json::{Value, json};

const ENTRY: &str = "/datastores/v1/universes/1/standard-datastores/datastore/entries/entry";

#[tokio::test]
async fn a_write_is_guarded_by_the_version() {
    let emulator = emulator().await;
    let store = store(&emulator).v1();
    assert_eq!(store.get::<i64>("key").await.expect("a response"), None);
    store.set("key", &1).users([156]).attributes([("a", "ä")]).exclusive_create().await.expect("a response");
    assert!(store.set("key", &2).exclusive_create().await.expect_err("a failure").is_conflict());
    let entry = store.get::<i64>("key").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.users.as_slice()), (1, &[UserId::from(156)][..]));
    assert_eq!(Value::Object(entry.attributes), json!({ "a": "ä" }));
    assert!(entry.created.is_some() && entry.versioned.is_some());
    let version = entry.version.expect("it is there");
    store.set("key", &3).match_version(&version).await.expect("a response");
    assert!(store.set("key", &4).match_version(&version).await.expect_err("a failure").is_conflict());
    assert_eq!(store.get::<i64>("key").await.expect("a response").expect("it is there").value, 3);
    let requests = emulator.requests();
    assert!(requests.iter().all(|request| request.violations.is_empty()), "{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn the_checksum_goes_with_the_content_and_is_verified() {
    let sum = "sTf90fedVsft8zZf6nUg8g==";
    let get = || Expect::get(ENTRY).query("datastoreName", "Players").query("scope", "global");
    let script = Script::new()
        .expect(
            Expect::post(ENTRY).header("content-md5", sum).json(750),
            MockResponse::json(json!({ "version": "v" })),
        )
        .expect(get(), MockResponse::bytes("750").header("content-md5", sum))
        // What was changed or cut on the way is asked for again (CN-03).
        .expect(get(), MockResponse::bytes("75").header("content-md5", sum))
        .expect(get(), MockResponse::bytes("750").header("content-md5", sum))
        .expect_times(4, get(), MockResponse::bytes("751").header("content-md5", sum))
        .expect(get(), MockResponse::status(204, ""));
    let store = store_of(&script.client()).v1();
    assert_eq!(store.set("key", &750).await.expect("a response").version.as_deref(), Some("v"));
    for _ in 0..2 {
        assert_eq!(store.get::<i64>("key").await.expect("a response").expect("it is there").value, 750);
    }
    let error = store.get::<i64>("key").await.expect_err("a failure");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Io, 4));
    assert!(error.to_string().contains("checksum"), "{error}");
    assert_eq!(store.get::<i64>("key").await.expect("a response"), None);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_users_of_an_entry_are_read_with_and_without_brackets() {
    let read = async |header: &str| {
        let response = MockResponse::bytes("1").header("roblox-entry-userids", header);
        let script = Script::new().expect(Expect::get(ENTRY), response);
        store_of(&script.client()).v1().get::<i64>("key").await
    };
    for (header, users) in [("[1,2]", &[1, 2][..]), ("1,2", &[1, 2]), ("1", &[1]), ("[]", &[]), ("", &[])] {
        let entry = read(header).await.expect("a response").expect("it is there");
        let expected: Vec<_> = users.iter().copied().map(UserId::from).collect();
        assert_eq!(entry.users, expected, "{header:?}");
    }
    let error = read("{}").await.expect_err("a failure");
    assert!(error.is_decode() && error.to_string().contains("roblox-entry-userids"), "{error}");
}

/// A service that writes a byte order mark or blanks around a value has written that value.
#[tokio::test(start_paused = true)]
async fn a_value_is_read_without_its_byte_order_mark() {
    for body in ["\u{feff}750", "\u{feff}\n 750 \n", "750\n"] {
        let script = Script::new()
            .expect(Expect::get(ENTRY), MockResponse::bytes(body))
            .expect(Expect::post(ENTRY), MockResponse::status(412, body));
        let store = store_of(&script.client()).v1();
        assert_eq!(
            store.get::<i64>("key").await.expect("a response").expect("it is there").value,
            750,
            "{body:?}"
        );
        let error = store.set("key", &1).exclusive_create().await.expect_err("refused");
        let there = Versioned::<i64>::of_conflict(&error).expect("an entry").expect("a number");
        assert_eq!(there.value, 750, "{body:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn conditions_that_exclude_each_other_are_refused() {
    let script = Script::new();
    let write = store_of(&script.client()).v1().set("key", &1).match_version("v").exclusive_create();
    assert_eq!(write.await.expect_err("a failure").kind(), ErrorKind::InvalidRequest);
    assert_eq!(script.count(), 0);
}

/// As the service says that a condition does not hold: with the entry that is there.
fn precondition_failed(value: &Value) -> MockResponse {
    MockResponse::status(412, value.to_string())
        .header("content-type", "application/json")
        .header("roblox-entry-version", "v2")
        .header("roblox-entry-userids", "[156]")
        .header("roblox-entry-attributes", "{\"a\":1}")
        .header("roblox-entry-created-time", "2026-01-02T03:04:05.6789012+00:00")
}

/// DS-09.
#[tokio::test(start_paused = true)]
async fn ds_09_a_conflict_holds_the_entry_that_is_there_and_none_of_it_is_a_message() {
    for value in [
        json!({ "message": "user is moderated", "code": "SECRET", "errors": [{ "message": "no" }] }),
        json!("some text"),
        json!(7),
        json!([1, 2]),
    ] {
        let script = Script::new().always(Expect::post(ENTRY), precondition_failed(&value));
        let store = store_of(&script.client()).v1();
        let guarded = store.set("key", &1).match_version("v1").await.expect_err("a conflict");
        let created = store.set("key", &1).exclusive_create().await.expect_err("a conflict");
        assert_eq!(script.count(), 2, "a conflict is final");
        for error in [guarded, created] {
            assert!(error.is_conflict(), "{error}");
            assert_eq!((error.code(), error.details()), (None, None), "{error}");
            assert_eq!(error.message(), "what is there is not what the request requires");
            let there = Versioned::<Value>::of_conflict(&error).expect("an entry").expect("it is read");
            assert_eq!((&there.value, there.version.as_deref()), (&value, Some("v2")));
            assert_eq!(there.users, [UserId::from(156)]);
            assert_eq!(Value::Object(there.attributes), json!({ "a": 1 }));
            assert!(there.created.is_some());
        }
    }
}

/// DS-09: it is said by the operation table, so that it holds however the operation is called.
#[tokio::test(start_paused = true)]
async fn ds_09_nothing_of_the_entry_is_a_message_whoever_writes_it() {
    let value = json!({ "message": "the user is moderated", "code": "SECRET" });
    let script = Script::new().always(Expect::post(ENTRY), precondition_failed(&value));
    let client = script.client();
    let generated = client.data_stores().set_value(1, "Inventory", "key", 1).match_version("v1").await;
    let request = client.request(http::Method::POST, ENTRY).query("datastoreName", "Inventory");
    let plain = request.query("entryKey", "key").json(&1).await;
    for error in [generated.expect_err("a conflict"), plain.expect_err("a conflict")] {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!((error.code(), error.details()), (None, None), "{error}");
        assert!(!error.to_string().contains("moderated"), "{error}");
        let there = Versioned::<Value>::of_conflict(&error).expect("an entry").expect("it is read");
        assert_eq!(there.value, value);
    }
    // Any other refusal speaks for itself.
    let refusal = MockResponse::error(ErrorShape::Error, 403, "INSUFFICIENT_SCOPE", "no");
    let script = Script::new().expect(Expect::post(ENTRY), refusal);
    let error = script.client().data_stores().set_value(1, "Inventory", "key", 1).await.expect_err("refused");
    assert_eq!((error.code(), error.message()), (Some("INSUFFICIENT_SCOPE"), "no"));
}

#[tokio::test(start_paused = true)]
async fn ds_09_an_error_that_holds_no_entry_gives_none() {
    let of = |response: MockResponse| async {
        let script = Script::new().expect(Expect::post(ENTRY), response);
        let error =
            store_of(&script.client()).v1().set("key", &1).match_version("v").await.expect_err("a failure");
        Versioned::<i64>::of_conflict(&error).map(|entry| entry.map(|entry| entry.value))
    };
    assert!(of(MockResponse::status(412, "")).await.is_none());
    // ER-03
    assert!(of(MockResponse::error(ErrorShape::Html, 412, "", "no")).await.is_none());
    assert!(of(MockResponse::error(ErrorShape::Error, 409, "ABORTED", "no")).await.is_none());
    assert_eq!(of(precondition_failed(&json!(7))).await.expect("an entry").expect("it is read"), 7);
    let kind =
        |outcome: Option<Result<i64, Error>>| outcome.expect("an entry").expect_err("not readable").kind();
    assert_eq!(kind(of(precondition_failed(&json!("text"))).await), ErrorKind::Decode);
    let damaged = precondition_failed(&json!(7)).header("content-md5", "sTf90fedVsft8zZf6nUg8g==");
    // CN-03: changed on the way; but the write was refused for certain, so it is no lost response.
    let error = of(damaged).await.expect("an entry").expect_err("damaged");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
    // A read has no condition.
    let script = Script::new().expect(Expect::get(ENTRY), precondition_failed(&json!(7)));
    let error = store_of(&script.client()).v1().get::<i64>("key").await.expect_err("a failure");
    assert!(Versioned::<i64>::of_conflict(&error).is_none());
}

/// DS-10.
#[tokio::test(start_paused = true)]
async fn ds_10_no_content_is_an_entry_that_is_not_there() {
    let script = Script::new().always(Expect::get(ENTRY), MockResponse::status(204, ""));
    assert_eq!(store_of(&script.client()).v1().get::<i64>("key").await.expect("a response"), None);
    // Keys that no path can hold are read the same way.
    assert!(store_of(&script.client()).get::<i64>("..").await.expect("a response").is_none());
}
