//! The first version of the API: versions and checksums.

use super::{emulator, store, store_of};
use opencloud::ErrorKind;
use opencloud::ids::UserId;
use opencloud::testing::{Answer, Expect, Script};
use serde_json::{Value, json};

const ENTRY: &str = "/datastores/v1/universes/1/standard-datastores/datastore/entries/entry";

#[tokio::test]
async fn a_write_is_guarded_by_the_version() {
    let emulator = emulator().await;
    let store = store(&emulator).v1();
    assert_eq!(store.get::<i64>("key").await.expect("an answer"), None);
    store.set("key", &1).users([156]).attributes([("a", "ä")]).exclusive_create().await.expect("an answer");
    assert!(store.set("key", &2).exclusive_create().await.expect_err("a failure").is_conflict());
    let entry = store.get::<i64>("key").await.expect("an answer").expect("it is there");
    assert_eq!((entry.value, entry.users.as_slice()), (1, &[UserId::from(156)][..]));
    assert_eq!(Value::Object(entry.attributes), json!({ "a": "ä" }));
    assert!(entry.created.is_some() && entry.versioned.is_some());
    let version = entry.version.expect("it is there");
    store.set("key", &3).match_version(&version).await.expect("an answer");
    assert!(store.set("key", &4).match_version(&version).await.expect_err("a failure").is_conflict());
    assert_eq!(store.get::<i64>("key").await.expect("an answer").expect("it is there").value, 3);
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
            Answer::json(json!({ "version": "v" })),
        )
        .expect(get(), Answer::bytes("750").header("content-md5", sum))
        // What was changed or cut on the way is asked for again (CN-03).
        .expect(get(), Answer::bytes("75").header("content-md5", sum))
        .expect(get(), Answer::bytes("750").header("content-md5", sum))
        .expect_times(4, get(), Answer::bytes("751").header("content-md5", sum))
        .expect(get(), Answer::status(204, ""));
    let store = store_of(&script.client()).v1();
    assert_eq!(store.set("key", &750).await.expect("an answer").version.as_deref(), Some("v"));
    for _ in 0..2 {
        assert_eq!(store.get::<i64>("key").await.expect("an answer").expect("it is there").value, 750);
    }
    let error = store.get::<i64>("key").await.expect_err("a failure");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Io, 4));
    assert!(error.to_string().contains("checksum"), "{error}");
    assert_eq!(store.get::<i64>("key").await.expect("an answer"), None);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_users_of_an_entry_are_read_with_and_without_brackets() {
    let read = async |header: &str| {
        let answer = Answer::bytes("1").header("roblox-entry-userids", header);
        let script = Script::new().expect(Expect::get(ENTRY), answer);
        store_of(&script.client()).v1().get::<i64>("key").await
    };
    for (header, users) in [("[1,2]", &[1, 2][..]), ("1,2", &[1, 2]), ("1", &[1]), ("[]", &[]), ("", &[])] {
        let entry = read(header).await.expect("an answer").expect("it is there");
        let expected: Vec<_> = users.iter().copied().map(UserId::from).collect();
        assert_eq!(entry.users, expected, "{header:?}");
    }
    let error = read("{}").await.expect_err("a failure");
    assert!(error.is_decode() && error.to_string().contains("roblox-entry-userids"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn conditions_that_exclude_each_other_are_refused() {
    let script = Script::new();
    let write = store_of(&script.client()).v1().set("key", &1).match_version("v").exclusive_create();
    assert_eq!(write.await.expect_err("a failure").kind(), ErrorKind::InvalidRequest);
    assert_eq!(script.count(), 0);
}
