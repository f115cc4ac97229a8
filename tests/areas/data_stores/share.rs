//! The part of the limits that jobs take, and what they leave to the game.

use super::emulator;
use crate::support::script;
use opencloud::data_stores::{Entry, Export, Migrated, Store};
use opencloud::limit::RateLimit;
use opencloud::retry::Retry;
use opencloud::testing::{MockResponse, Received, Script};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

const SCOPE: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/-/entries";

/// A data store of this number of entries.
fn store_of(entries: u64) -> Script {
    script::by(move |asked: &Received| match asked.path.ends_with("/entries") {
        true => {
            let from: u64 = asked.query("pageToken").and_then(|token| token.parse().ok()).unwrap_or_default();
            let to = (from + 256).min(entries);
            let entry = |number| json!({ "id": format!("global/{number}"), "path": format!("{SCOPE}/global%2F{number}") });
            let next = if to < entries { to.to_string() } else { String::new() };
            let page: Vec<_> = (from..to).map(entry).collect();
            MockResponse::json(json!({ "dataStoreEntries": page, "nextPageToken": next }))
        }
        false => MockResponse::json(json!({ "value": 3, "etag": "e", "users": ["users/156"] })),
    })
}

fn players(script: &Script, limit: RateLimit) -> Store {
    let client = script.builder().rate_limit(limit).build().expect("a client");
    client.data_stores().store(1, "Players")
}

/// When the requests came that this is true of, in seconds.
fn times(script: &Script, is_meant: impl Fn(&Received) -> bool) -> Vec<u64> {
    script.received().iter().filter(|asked| is_meant(asked)).map(|asked| asked.elapsed.as_secs()).collect()
}

fn reads(script: &Script) -> Vec<u64> {
    times(script, |asked| asked.method == http::Method::GET && !asked.path.ends_with("/entries"))
}

/// The most requests in any minute.
fn busiest(times: &[u64]) -> usize {
    let within = |from: &u64| times.iter().filter(|time| (*from..from + 60).contains(time)).count();
    times.iter().map(within).max().unwrap_or_default()
}

async fn exported(export: Export) -> Result<u64, Error> {
    export.write_to(Vec::new(), |_| Ok(())).await.map(|end| end.entries())
}

#[tokio::test(start_paused = true)]
async fn jobs_take_half_of_what_they_share_with_the_game() {
    for (share, most) in [(None, 150), (Some(0.1), 30), (Some(1.0), 300)] {
        let script = store_of(700);
        let export = players(&script, RateLimit::from_spec()).export();
        let export = share.into_iter().fold(export, Export::share);
        assert_eq!(exported(export).await.expect("an export"), 700);
        assert_eq!(busiest(&reads(&script)), most, "{share:?} of 300 a minute");
    }
}

#[tokio::test(start_paused = true)]
async fn the_share_grows_with_the_players() {
    let script = store_of(1000);
    let store = players(&script, RateLimit::from_spec().concurrent_users(20));
    exported(store.export()).await.expect("an export");
    assert_eq!(busiest(&reads(&script)), 550, "of 300 and 40 for each player");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_leaves_already_is_not_left_twice() {
    let script = store_of(300);
    exported(players(&script, RateLimit::from_spec().share(0.4)).export()).await.expect("an export");
    assert_eq!(busiest(&reads(&script)), 120);
}

#[tokio::test(start_paused = true)]
async fn jobs_at_the_same_time_take_the_share_together_and_leave_the_rest_to_other_calls() {
    let script = store_of(300);
    let store = players(&script, RateLimit::from_spec());
    let start = Instant::now();
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..150 {
            store.get::<Value>("key").await.expect("an entry");
        }
        start.elapsed().as_secs()
    };
    let (one, two, other) = tokio::join!(exported(store.export()), exported(store.export()), other);
    assert_eq!((one.expect("an export"), two.expect("an export")), (300, 300));
    assert_eq!(other, 1, "the other half was free");
    assert!(start.elapsed().as_secs() >= 3 * 60, "600 reads at 150 a minute");
    assert_eq!(busiest(&reads(&script)), 300, "and all together keep the whole limit");
}

#[tokio::test(start_paused = true)]
async fn imports_migrations_and_erasures_take_half_as_well() {
    let write = |asked: &Received| asked.method == http::Method::PATCH;
    let lines: String = (0..400)
        .map(|number| format!("{}\n", json!({ "scope": "global", "key": number.to_string(), "value": 1 })))
        .collect();
    let script = store_of(0);
    let import = players(&script, RateLimit::from_spec()).import();
    import.read_from(lines.as_bytes(), |_| Ok(())).await.expect("an import");
    assert_eq!(busiest(&times(&script, write)), 150);

    let script = store_of(400);
    let change = |entry: &mut Entry<u64>| {
        entry.value += 1;
        Migrated::Changed
    };
    let report = players(&script, RateLimit::from_spec()).migrate(change).run(|_| Ok(())).await;
    assert_eq!(report.expect("a migration").changed, 400);
    assert_eq!((busiest(&reads(&script)), busiest(&times(&script, write))), (150, 150));

    let script = store_of(400);
    let plan = players(&script, RateLimit::from_spec()).erase_user(156).find().await.expect("a plan");
    assert_eq!((plan.entries.len(), busiest(&reads(&script))), (400, 150));
    plan.erase().await.complete().expect("all deleted");
    assert_eq!(busiest(&times(&script, |asked| asked.method == http::Method::DELETE)), 150);
}

#[tokio::test(start_paused = true)]
async fn a_share_that_is_none_is_refused_before_anything_is_sent() {
    let script = store_of(1);
    let store = players(&script, RateLimit::from_spec());
    let none = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("is not a share of a rate limit; give a number from"), "{error}");
    };
    for part in [0.0, -1.0, 1.5, f64::NAN] {
        none(exported(store.export().share(part)).await.expect_err("no share"));
        none(store.import().share(part).read_from(&b""[..], |_| Ok(())).await.expect_err("no share"));
        let kept = |_: &mut Entry<Value>| Migrated::Unchanged;
        none(store.migrate(kept).share(part).run(|_| Ok(())).await.expect_err("no share"));
        none(store.migrate(kept).share(part).dry_run(1).await.expect_err("no share"));
        none(store.erase_user(156).share(part).find().await.expect_err("no share"));
    }
    assert_eq!(script.count(), 0);
}

/// On real sockets, against a service that keeps the limits.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_leaves_the_rest_to_another_client() {
    let filled = emulator().await;
    let store = super::store(&filled);
    for number in 0..400 {
        store.set(format!("Player_{number}"), &number).await.expect("a response");
    }
    // Its minute does not end.
    let limited = Emulator::builder().rate_limits(true).frozen_at(SystemTime::now());
    let emulator = limited.start().await.expect("an emulator");
    emulator.state().load(&filled.state().dump()).expect("the same state");
    let exporter = Client::builder().api_key("exporter").base_url(emulator.base_url());
    let exporter = exporter.rate_limit(RateLimit::from_spec()).build().expect("a client");
    let done = Arc::new(AtomicU64::new(0));
    let told = done.clone();
    let export = exporter.data_stores().store(1, "Players").export();
    let export = export.on_progress(move |entries, _| told.store(entries, Ordering::Relaxed));
    let export = tokio::spawn(exported(export));
    // 150 a minute, in batches of 8.
    while done.load(Ordering::Relaxed) < 144 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let game = Client::builder().api_key("game").base_url(emulator.base_url()).retry(Retry::never());
    let game = game.build().expect("a client").data_stores().store(1, "Players");
    for number in 0..150 {
        game.get::<u64>(format!("Player_{number}")).await.expect("what the export has left");
    }
    let error = game.get::<u64>("Player_150").await.expect_err("the export has taken its half");
    assert!(error.is_rate_limited(), "{error}");
    export.abort();
}
