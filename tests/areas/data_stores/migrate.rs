//! A function for every entry: what is written, what is refused, and what is told.

use super::killed::content;
use super::{emulator, export, store, store_of};
use crate::support::script::{self, ok, status};
use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint, MigrationReport, Store};
use opencloud::testing::{Expect, MockResponse, Received, Script};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use proptest::collection::btree_map;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const SCOPE: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";

type Contents = BTreeMap<(String, String), Value>;

/// Three things that can become of a number.
pub(super) fn by_remainder(entry: &mut Entry<i64>) -> Migrated {
    match entry.value.rem_euclid(3) {
        0 => Migrated::Unchanged,
        1 => Migrated::Deleted,
        _ => {
            entry.value += 1000;
            Migrated::Changed
        }
    }
}

/// The same of contents in memory.
pub(super) fn applied(contents: &BTreeMap<(String, String), i64>) -> Contents {
    let result = |value: &i64| match value.rem_euclid(3) {
        0 => Some(json!(value)),
        1 => None,
        _ => Some(json!(value + 1000)),
    };
    contents.iter().filter_map(|(of, value)| Some((of.clone(), result(value)?))).collect()
}

pub(super) async fn filled(store: &Store, contents: &BTreeMap<(String, String), i64>) {
    for ((scope, key), value) in contents {
        store.clone().scope(scope).upsert(key, value).await.expect("a response");
    }
}

pub(super) async fn contents_of(store: &Store) -> Contents {
    content(&export::whole(store).await).into_iter().collect()
}

fn numbered(count: i64) -> BTreeMap<(String, String), i64> {
    (0..count)
        .map(|number| ((["global", "s"][number as usize % 2].to_owned(), format!("k{number}")), number))
        .collect()
}

fn counts(report: &MigrationReport) -> (u64, u64, u64, u64) {
    (report.read, report.changed, report.deleted, report.kept)
}

#[tokio::test]
async fn every_entry_goes_through_the_function_and_keeps_what_belongs_to_it() {
    let emulator = emulator().await;
    let store = store(&emulator);
    filled(&store, &numbered(30)).await;
    let other = store.clone().scope("s");
    other.set("kept", &2).users([156, 157]).attributes([("a", 1)]).await.expect("a response");
    let report = store.migrate(by_remainder).checkpoint_every(7).run(|_| Ok(())).await.expect("a response");
    assert_eq!(counts(&report), (31, 11, 10, 10));
    assert!(report.is_complete());
    assert_eq!(report.to_string(), "31 read: 11 changed, 10 deleted, 10 kept");
    let mut expected = applied(&numbered(30));
    expected.insert(("s".into(), "kept".into()), json!(1002));
    assert_eq!(contents_of(&store).await, expected);
    let kept = other.get::<i64>("kept").await.expect("a response").expect("an entry");
    assert_eq!((kept.users, kept.attributes["a"].clone()), (vec![156.into(), 157.into()], json!(1)));
}

#[tokio::test]
async fn users_and_attributes_can_be_changed_and_the_same_content_is_not_written() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("Player_156", &json!({ "coins": 1.0 })).await.expect("a response");
    let migrate = || {
        store.migrate(|entry: &mut Entry<Value>| {
            let user: u64 = entry.key.rsplit('_').next().and_then(|id| id.parse().ok()).expect("a user");
            entry.users = vec![user.into()];
            entry.attributes.insert("seen".into(), json!(true));
            Migrated::Changed
        })
    };
    let first = migrate().run(|_| Ok(())).await.expect("a response");
    let second = migrate().run(|_| Ok(())).await.expect("a response");
    assert_eq!((counts(&first), counts(&second)), ((1, 1, 0, 0), (1, 0, 0, 1)));
    let entry = store.get::<Value>("Player_156").await.expect("a response").expect("an entry");
    assert_eq!((entry.users, entry.attributes.len()), (vec![156.into()], 1));
}

#[tokio::test]
async fn a_scope_and_a_prefix_are_migrated_alone() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for (scope, key) in [("global", "a1"), ("global", "b1"), ("s", "a2"), ("s", "b2")] {
        store.clone().scope(scope).set(key, &1).await.expect("a response");
    }
    let double = |entry: &mut Entry<i64>| {
        entry.value *= 2;
        Migrated::Changed
    };
    let _ = store.migrate(double).prefix("a").run(|_| Ok(())).await.expect("a response");
    let _ = store.clone().scope("s").migrate(double).run(|_| Ok(())).await.expect("a response");
    let values: Vec<_> = contents_of(&store).await.into_values().collect();
    assert_eq!(values, [2, 1, 4, 2].map(Value::from));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_shows_a_sample_of_differences() {
    let emulator = emulator().await;
    let store = store(&emulator);
    filled(&store, &numbered(12)).await;
    let (state, before) = (emulator.state().dump(), emulator.requests().len());
    let report = store.migrate(by_remainder).dry_run(3).await.expect("a response");
    assert!(emulator.requests()[before..].iter().all(|request| request.method == "GET"));
    assert_eq!(emulator.state().dump()["dataStores"], state["dataStores"]);
    assert_eq!((counts(&report), report.sample.len()), ((12, 4, 4, 4), 3));
    for difference in &report.sample {
        let entry = &difference.entry;
        let before = difference.before.as_ref().map(|content| content.value.clone());
        assert_eq!(before, contents_of(&store).await.get(&(entry.scope.clone(), entry.key.clone())).cloned());
        let text = difference.to_string();
        assert!(text.contains("value") || text.ends_with("deleted"), "{text}");
    }
}

#[tokio::test]
async fn entries_go_into_another_store_of_another_universe() {
    let emulator = emulator().await;
    let from = store(&emulator);
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let to = client.data_stores().store(2, "Players");
    filled(&from, &numbered(15)).await;
    from.set("with", &3).users([156]).attributes([("a", 1)]).await.expect("a response");
    // Of these one is replaced, and one is the same already.
    to.set("k0", &7).await.expect("a response");
    to.set("k12", &12).await.expect("a response");
    let copy = || from.migrate(by_remainder).into_store(to.clone()).concurrency(3);
    let tried = copy().dry_run(0).await.expect("a response");
    let report = copy().run(|_| Ok(())).await.expect("a response");
    assert_eq!((counts(&tried), counts(&report)), ((16, 10, 5, 1), (16, 10, 5, 1)));
    let mut expected = applied(&numbered(15));
    expected.insert(("global".into(), "with".into()), json!(3));
    assert_eq!(contents_of(&to).await, expected);
    assert_eq!(contents_of(&from).await.len(), 16);
    let with = to.get::<i64>("with").await.expect("a response").expect("an entry");
    assert_eq!((with.users, with.attributes.len()), (vec![156.into()], 1));
    // Again: everything is there already.
    let again = copy().run(|_| Ok(())).await.expect("a response");
    assert_eq!(counts(&again), (16, 0, 5, 11));
}

#[tokio::test]
async fn what_the_target_has_can_be_left_alone_and_scopes_can_change() {
    let emulator = emulator().await;
    let from = store(&emulator).scope("s");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let to = client.data_stores().store(2, "Other").scope("t");
    from.set("a", &1).await.expect("a response");
    from.set("b", &2).await.expect("a response");
    to.set("a", &5).await.expect("a response");
    let copy = from.migrate(|_: &mut Entry<i64>| Migrated::Unchanged).into_store(to.clone()).skip_existing();
    assert_eq!(counts(&copy.run(|_| Ok(())).await.expect("a response")), (2, 1, 0, 1));
    let expected: Contents =
        [("a", 5), ("b", 2)].map(|(key, value)| (("t".into(), key.into()), json!(value))).into();
    assert_eq!(contents_of(&to).await, expected);
}

/// Nothing is sent, and the error names both.
#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let emulator = emulator().await;
    let saved = Mutex::new(None::<MigrationCheckpoint>);
    let of_emulator = store(&emulator);
    filled(&of_emulator, &numbered(3)).await;
    let keep = |checkpoint: &MigrationCheckpoint| {
        *saved.lock().expect("a checkpoint") = Some(checkpoint.clone());
        Ok(())
    };
    let _ = of_emulator.migrate(by_remainder).name("first").run(keep).await.expect("a response");
    let saved = saved.lock().expect("a checkpoint").clone().expect("a checkpoint");
    assert!(saved.is_done());

    let script = Script::new();
    let store = store_of(&script.client());
    let migrate = || store.migrate(by_remainder).name("first").resume(saved.clone());
    let target = script.client().data_stores().store(2, "Players");
    let refused = [
        (migrate().name("second"), "migration `second`"),
        (migrate().prefix("k"), "keys that begin with `k`"),
        (migrate().into_store(target.clone()), "the universe 2"),
        (store.clone().scope("s").migrate(by_remainder).name("first").resume(saved.clone()), "scope `s`"),
        (store.migrate(by_remainder).into_store(store.clone()), "its target is its source"),
        (store.migrate(by_remainder).into_store(target.scope("t")), "choose a scope"),
        (store.clone().scope("").migrate(by_remainder), "scope"),
    ];
    for (migration, words) in refused {
        let error = migration.run(|_| panic!("nothing is saved")).await.expect_err(words);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = migrate().dry_run(1).await.expect_err("a checkpoint");
    assert!(error.to_string().contains("leave the checkpoint out"), "{error}");
    // One that is done does nothing.
    let report = migrate().run(|_| Ok(())).await.expect("nothing to do");
    assert_eq!((counts(&report), script.count()), ((3, 1, 1, 1), 0));
    let text = serde_json::to_string(&saved).expect("JSON").replace("first", "other");
    assert!(serde_json::from_str::<MigrationCheckpoint>(&text).is_err());
}

#[tokio::test]
async fn a_function_that_fails_ends_it_and_what_cannot_be_read_is_the_callers_decision() {
    let emulator = emulator().await;
    let store = store(&emulator).scope("s");
    for (key, value) in [("a", json!(1)), ("b", json!("text")), ("c", json!(3))] {
        store.set(key, &value).await.expect("a response");
    }
    let add = |entry: &mut Entry<i64>| {
        entry.value += 1;
        Migrated::Changed
    };
    let error = store.migrate(add).run(|_| Ok(())).await.expect_err("no number");
    assert!(error.is_decode() && error.to_string().contains("`b`"), "{error}");
    let failing = |_: &mut Entry<Value>| Err::<Migrated, _>("not today");
    let error = store.try_migrate(failing).run(|_| Ok(())).await.expect_err("the function");
    assert!(error.kind() == ErrorKind::LocalIo && error.to_string().contains("not today"), "{error}");
    let report = store.migrate(add).skip_unreadable(|_, _| true).run(|_| Ok(())).await.expect("a response");
    assert_eq!((report.changed, report.unreadable.count), (2, 1));
    assert_eq!(report.unreadable.first[0].key, "b");
    assert!(!report.is_complete());
    let values: Vec<_> = contents_of(&store).await.into_values().collect();
    assert_eq!(values, [json!(2), json!("text"), json!(4)]);
}

#[tokio::test]
async fn a_buffer_that_would_become_a_table_ends_it() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("k", &1).await.expect("a response");
    let buffer = |entry: &mut Entry<Value>| {
        entry.value = json!({ "t": "buffer", "base64": "" });
        Migrated::Changed
    };
    let error = store.migrate(buffer).run(|_| Ok(())).await.expect_err("a buffer");
    assert!(error.to_string().contains("Luau buffer") && error.to_string().contains("`k`"), "{error}");
    let _ = store.migrate(buffer).allow_buffers().run(|_| Ok(())).await.expect("a response");
}

#[tokio::test]
async fn progress_is_told_and_a_checkpoint_that_cannot_be_saved_ends_it_before_anything_is_written() {
    let emulator = emulator().await;
    let store = store(&emulator);
    filled(&store, &numbered(20)).await;
    let done = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&done);
    let migration = store.migrate(by_remainder).on_progress(move |done, total: Option<u64>| {
        assert_eq!(total, None);
        told.store(done, Ordering::Relaxed);
    });
    let before = contents_of(&store).await;
    let full = |_: &MigrationCheckpoint| Err(std::io::Error::other("disk full"));
    let error = store.migrate(by_remainder).run(full).await.expect_err("no room");
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(contents_of(&store).await, before);
    let _ = migration.run(|_| Ok(())).await.expect("a response");
    assert_eq!(done.load(Ordering::Relaxed), 20);
}

/// One entry that heeds its etag, and somebody else who changes it after each of the first reads.
fn contended(changes: usize) -> Script {
    let (mut value, mut etag, mut changes) = (json!(0), 0, changes);
    script::by(move |asked: &Received| {
        let body = script::body(asked);
        match asked.method.as_str() {
            "GET" if asked.path == SCOPE => {
                let entry = json!({ "id": "key", "path": format!("{SCOPE}/key") });
                ok(json!({ "dataStoreEntries": [entry] }))
            }
            "GET" => {
                let read = ok(json!({ "value": value, "etag": etag.to_string() }));
                if changes > 0 {
                    changes -= 1;
                    value = json!(value.as_i64().expect("a number") + 1);
                    etag += 1;
                }
                read
            }
            _ if body["etag"] == json!(etag.to_string()) => {
                value = body["value"].clone();
                etag += 1;
                ok(json!({ "value": value, "etag": etag.to_string() }))
            }
            _ => status(409, json!({ "code": "ABORTED", "message": "DataUpdateConflict" })),
        }
    })
}

fn hundred(entry: &mut Entry<i64>) -> Migrated {
    entry.value += 100;
    Migrated::Changed
}

async fn of_one(script: &Script) -> MigrationReport {
    store_of(&script.client()).scope("s").migrate(hundred).run(|_| Ok(())).await.expect("a response")
}

async fn value(script: &Script) -> i64 {
    let entry = store_of(&script.client()).scope("s").get::<i64>("key").await;
    entry.expect("a response").expect("an entry").value
}

#[tokio::test(start_paused = true)]
async fn what_others_change_meanwhile_gets_another_pass() {
    // A conflict takes two reads: the entry, and whether it was the write itself.
    let script = contended(2);
    let report = of_one(&script).await;
    assert_eq!((counts(&report), report.is_complete()), ((1, 1, 0, 0), true));
    assert_eq!(value(&script).await, 102);
}

#[tokio::test(start_paused = true)]
async fn what_others_change_in_every_pass_is_told_and_left() {
    let script = contended(usize::MAX);
    let report = of_one(&script).await;
    assert_eq!((report.changed, report.contended.count, report.is_complete()), (0, 1, false));
    assert_eq!(report.contended.first[0].key, "key");
    assert!(value(&script).await < 100);
    let writes = script.received().iter().filter(|request| request.method != "GET").count();
    assert_eq!(writes, 10);
}

/// A service that applies a write and loses its response; then somebody else may change the entry.
fn lossy(is_changed: bool) -> Script {
    let (mut value, mut etag, mut lost) = (0, 0, false);
    script::by(move |asked: &Received| {
        let body = script::body(asked);
        match asked.method.as_str() {
            "GET" if asked.path == SCOPE => {
                let entry = json!({ "id": "key", "path": format!("{SCOPE}/key") });
                ok(json!({ "dataStoreEntries": [entry] }))
            }
            "GET" => ok(json!({ "value": value, "etag": etag.to_string() })),
            _ if body["etag"] == json!(etag.to_string()) && !lost => {
                (value, etag, lost) = (body["value"].as_i64().expect("a number"), etag + 1, true);
                if is_changed {
                    (value, etag) = (value + 1, etag + 1);
                }
                status(503, json!({ "code": "UNAVAILABLE" }))
            }
            _ => status(409, json!({ "code": "ABORTED", "message": "DataUpdateConflict" })),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_response_is_lost_is_recognised_or_told_as_in_doubt() {
    let recognised = lossy(false);
    let report = of_one(&recognised).await;
    assert_eq!((counts(&report), report.is_complete(), value(&recognised).await), ((1, 1, 0, 0), true, 100));
    let doubtful = lossy(true);
    let report = of_one(&doubtful).await;
    assert_eq!((report.in_doubt.count, report.changed, value(&doubtful).await), (1, 0, 101));
    assert_eq!(report.in_doubt.first[0].key, "key");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_longer_than_a_call_is_waited_for() {
    let begun = tokio::time::Instant::now();
    let script = Script::new()
        .always(
            Expect::get(SCOPE),
            MockResponse::page(
                "dataStoreEntries",
                [json!({ "id": "key", "path": format!("{SCOPE}/key") })],
                None,
            ),
        )
        .expect_times(3, Expect::get(format!("{SCOPE}/key")), MockResponse::rate_limited(300))
        .always(Expect::any(), MockResponse::json(json!({ "value": 1, "etag": "e" })));
    let report = of_one(&script).await;
    assert_eq!(report.changed, 1);
    assert!(begun.elapsed().as_secs() >= 900, "{:?}", begun.elapsed());
}

async fn equals_the_function(
    contents: BTreeMap<(String, String), i64>,
    page: u64,
    concurrency: usize,
) -> Result<(), Error> {
    let emulator = Emulator::start().await.expect("an emulator");
    let store = store(&emulator);
    filled(&store, &contents).await;
    let migration = store.migrate(by_remainder).checkpoint_every(page).concurrency(concurrency);
    let report = migration.run(|_| Ok(())).await?;
    assert_eq!(contents_of(&store).await, applied(&contents));
    assert_eq!(report.read, contents.len() as u64);
    Ok(())
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn a_migration_is_the_function_applied_to_each_entry(
        contents in btree_map(("[a-b./\u{1}ä-]{0,2}[a-z/]", "[a-b./@:%\u{7f}]{1,3}"), -9_i64..9, 1..25),
        page in 1_u64..9,
        concurrency in 1_usize..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(equals_the_function(contents, page, concurrency)).expect("a response");
    }
}

/// `a/b/c` is the name of two entries: what was not written of them when the function failed is found again.
#[tokio::test]
async fn entries_that_share_a_name_go_through_the_function_once_each_also_after_a_failure() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for (scope, key) in [("a", "b/c"), ("a/b", "c"), ("a", "other")] {
        store.clone().scope(scope).set(key, &1).await.expect("a response");
    }
    let mut saved: Option<MigrationCheckpoint> = None;
    for fails in [true, true, false] {
        let mut migration = store.try_migrate(move |entry: &mut Entry<i64>| {
            entry.value += 1;
            if fails && entry.key == "other" { Err("not yet") } else { Ok(Migrated::Changed) }
        });
        if let Some(saved) = saved.take() {
            migration = migration.resume(saved);
        }
        let outcome = migration.run(|checkpoint| {
            saved = Some(checkpoint.clone());
            Ok(())
        });
        assert_eq!(outcome.await.is_err(), fails);
    }
    let values: Vec<_> = contents_of(&store).await.into_values().collect();
    assert_eq!(values, [2, 2, 2].map(Value::from));
}

/// As many requests a minute as the service takes, and no call runs out of time while it waits for its turn.
#[tokio::test(start_paused = true)]
async fn the_clients_rate_limit_is_kept_however_long_that_takes() {
    let per_minute = |operation: &opencloud::OperationInfo| {
        let windows = operation.limits.iter().map(|class| class.limit).chain(operation.api_key_limit);
        windows.map(|limit| limit.requests * 60 / limit.seconds).min().expect("a limit")
    };
    let reads = per_minute(&opencloud::operations::DATA_STORES_GET_SCOPED_ENTRY);
    let count = usize::try_from(reads * 5).expect("it is small");
    let keys = |of: &str| {
        let keys = (0..256).map(|number| format!("{of}{number}"));
        keys.map(|key| json!({ "id": key, "path": format!("{SCOPE}/{key}") })).collect::<Vec<_>>()
    };
    let script = script::by(move |asked: &Received| match asked.path == SCOPE {
        false => ok(json!({ "value": 3, "etag": "e" })),
        true => {
            let page: usize =
                asked.query("pageToken").and_then(|token| token.parse().ok()).unwrap_or_default();
            let next = if (page + 1) * 256 < count { (page + 1).to_string() } else { String::new() };
            ok(json!({ "dataStoreEntries": keys(&format!("p{page}-")), "nextPageToken": next }))
        }
    });
    let limit = opencloud::limit::RateLimit::from_spec();
    let client = script.builder().rate_limit(limit).timeout(std::time::Duration::from_secs(5));
    let store = store_of(&client.build().expect("a client")).scope("s");
    let begun = tokio::time::Instant::now();
    let report = store.migrate(by_remainder).concurrency(64).run(|_| Ok(())).await.expect("a response");
    assert!(report.read >= reads * 5);
    assert!(begun.elapsed().as_secs() >= 4 * 60, "{:?}", begun.elapsed());
}
