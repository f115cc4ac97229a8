//! Migrations at a service that fails, in a process that is killed: every entry goes through the function once.

use super::killed::killed_after;
use super::migrate::{contents_of, filled};
use super::{emulator, store_of};
use opencloud::data_stores::{
    Entry, EntryKey, Migrated, MigrationCheckpoint, MigrationReport, SomeEntries, Store,
};
use opencloud::retry::{Retry, RetryBudget};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What may happen to a request.
const FAULTS: &[&str] = &[
    "latency:5ms",
    "429,retry-after=1",
    "408",
    "500",
    "502",
    "503",
    "html",
    "stall:50ms",
    "reset",
    "truncate",
    "cut",
    "applied:500",
    "applied:reset",
];
const KILLS: usize = 10;

fn swift(emulator: &Emulator) -> Client {
    let retry =
        Retry::standard().initial_delay(Duration::from_millis(1)).maximum_delay(Duration::from_millis(10));
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).retry(retry);
    client.retry_budget(RetryBudget::unlimited()).build().expect("a client")
}

/// Not the same if it is made twice.
fn doubled(entry: &mut Entry<i64>) -> Migrated {
    match entry.value % 5 {
        0 => return Migrated::Unchanged,
        1 => return Migrated::Deleted,
        _ => entry.value = entry.value * 2 + 1_000_000,
    }
    Migrated::Changed
}

fn contents(count: i64) -> BTreeMap<(String, String), i64> {
    let place =
        |number: i64| (["global", "s", "a/b"][number as usize % 3].to_owned(), format!("k{number:03}"));
    (0..count).map(|number| (place(number), number)).collect()
}

fn expected(contents: &BTreeMap<(String, String), i64>) -> BTreeMap<(String, String), serde_json::Value> {
    let result = |value: i64| match value % 5 {
        0 => Some(value),
        1 => None,
        _ => Some(value * 2 + 1_000_000),
    };
    contents.iter().filter_map(|(of, value)| Some((of.clone(), json!(result(*value)?)))).collect()
}

/// A program that keeps its last checkpoint on a disk, and is started again until it is done.
#[derive(Default)]
struct Program {
    saved: Option<String>,
    runs: usize,
}

impl Program {
    /// `None` if it was killed.
    async fn run(
        &mut self,
        store: &Store,
        into: Option<&Store>,
        polls: usize,
    ) -> Option<Result<MigrationReport, Error>> {
        self.runs += 1;
        let mut migration = store.migrate(doubled).checkpoint_every(16).concurrency(1 + self.runs % 6);
        if let Some(target) = into {
            migration = migration.into_store(target.clone());
        }
        if let Some(text) = &self.saved {
            let checkpoint: MigrationCheckpoint = serde_json::from_str(text).expect("a checkpoint");
            migration = migration.resume(checkpoint);
        }
        let running = migration.run(|checkpoint| {
            self.saved = Some(serde_json::to_string(checkpoint)?);
            Ok(())
        });
        killed_after(polls, running).await
    }

    /// Kills it at random moments, then starts it again until it is done.
    async fn finish(&mut self, store: &Store, into: Option<&Store>, kills: usize) -> MigrationReport {
        for _ in 0..kills {
            let polls = fastrand::usize(1..120);
            self.run(store, into, polls).await;
        }
        let mut last = None;
        for _ in 0..50 {
            match self.run(store, into, usize::MAX).await {
                Some(Ok(report)) => return report,
                outcome => last = outcome,
            }
        }
        panic!("it is not done after {} runs: {last:?}", self.runs);
    }
}

#[tokio::test]
async fn with_every_fault_at_ten_percent_and_ten_kills_each_entry_is_changed_once() {
    for (number, fault) in FAULTS.iter().enumerate() {
        fastrand::seed(number as u64);
        let emulator = emulator().await;
        let store = store_of(&swift(&emulator));
        let contents = contents(60);
        filled(&store, &contents).await;
        emulator.fault(&format!("*={fault},probability=0.1")).expect("a fault");
        let report = Program::default().finish(&store, None, KILLS).await;
        emulator.clear_faults();
        assert_eq!(contents_of(&store).await, expected(&contents), "{fault}");
        assert!(report.is_complete(), "{fault}: {report}");
        assert_eq!(report.read + report.vanished, 60, "{fault}: {report}");
    }
}

#[tokio::test]
async fn with_all_faults_at_a_time_a_copy_is_whole() {
    fastrand::seed(7);
    let emulator = emulator().await;
    let client = swift(&emulator);
    let (from, to) = (store_of(&client), client.data_stores().store(2, "Players"));
    let contents = contents(60);
    filled(&from, &contents).await;
    for fault in ["503", "reset", "applied:500", "cut"] {
        emulator.fault(&format!("*={fault},probability=0.1")).expect("a fault");
    }
    let report = Program::default().finish(&from, Some(&to), KILLS).await;
    emulator.clear_faults();
    assert_eq!(contents_of(&to).await, expected(&contents));
    assert_eq!(contents_of(&from).await.len(), 60);
    assert!(report.is_complete(), "{report}");
}

/// What an earlier run was about to write is looked at before anything else.
#[tokio::test]
async fn a_write_that_was_announced_is_found_done_or_not_done_or_in_doubt() {
    let emulator = emulator().await;
    let store = store_of(&swift(&emulator));
    for (key, value) in [("written", 2), ("deleted", 1), ("kept", 5)] {
        store.set(key, &value).await.expect("a response");
    }
    let (before, mut announced) = (emulator.state().dump(), None);
    let first = store.migrate(doubled).run(|checkpoint| {
        announced.get_or_insert_with(|| checkpoint.clone());
        Ok(())
    });
    let first = first.await.expect("a response");
    let announced: MigrationCheckpoint = announced.expect("a checkpoint");
    assert!(!announced.is_done() && announced.report().changed == 0);
    let done = contents_of(&store).await;
    let resumed = || store.migrate(doubled).resume(announced.clone()).run(|_| Ok(()));
    let counts =
        |report: &MigrationReport| (report.read, report.changed, report.deleted, report.in_doubt.count);

    let found = resumed().await.expect("a response");
    assert_eq!((counts(&found), counts(&first)), ((3, 1, 1, 0), (3, 1, 1, 0)));
    assert_eq!(contents_of(&store).await, done);

    emulator.state().load(&before).expect("a state");
    let not_done = resumed().await.expect("a response");
    assert_eq!(counts(&not_done), (3, 1, 1, 0));
    assert_eq!(contents_of(&store).await, done);

    store.set("written", &7).await.expect("a response");
    let doubtful = resumed().await.expect("a response");
    assert_eq!(counts(&doubtful), (3, 0, 1, 1));
    assert_eq!(doubtful.in_doubt.first[0].key, "written");
    assert_eq!(store.get::<i64>("written").await.expect("a response").map(|entry| entry.value), Some(7));
}

/// Adds one to entries at random until it is told to stop: how often it has done so of each.
async fn others(
    store: Store,
    keys: Vec<(String, String)>,
    stop: Arc<AtomicBool>,
) -> BTreeMap<(String, String), i64> {
    let mut added = BTreeMap::new();
    let mut random = fastrand::Rng::with_seed(9);
    while !stop.load(Ordering::Relaxed) {
        let (scope, key) = &keys[random.usize(..keys.len())];
        store
            .clone()
            .scope(scope)
            .increment(key, 1)
            .users([1_u64])
            .attributes([("a", 1)])
            .await
            .expect("a sum");
        *added.entry((scope.clone(), key.clone())).or_default() += 1;
    }
    added
}

/// Whatever others write meanwhile stays, and the function is applied once; where nobody can know, that is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_faults_kills_and_others_who_write_nothing_is_lost_or_done_twice() {
    const ONCE: i64 = 1_000_000;
    fastrand::seed(5);
    let emulator = emulator().await;
    let store = store_of(&swift(&emulator));
    let keys: Vec<_> = contents(40).into_keys().collect();
    filled(&store, &keys.iter().map(|of| (of.clone(), 0)).collect()).await;
    for operation in ["get_scoped_entry", "update_scoped_entry", "list_scoped_entries"] {
        for fault in ["503", "reset", "applied:500", "cut"] {
            emulator.fault(&format!("data_stores.{operation}={fault},probability=0.05")).expect("a fault");
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let others = tokio::spawn(others(store.clone(), keys.clone(), Arc::clone(&stop)));
    let (mut saved, mut report): (Option<String>, Option<MigrationReport>) = (None, None);
    for run in 0..60 {
        let mut migration = store.migrate(|entry: &mut Entry<i64>| {
            entry.value += ONCE;
            Migrated::Changed
        });
        if let Some(text) = &saved {
            migration = migration.resume(serde_json::from_str(text).expect("a checkpoint"));
        }
        let running = migration.checkpoint_every(8).concurrency(4).run(|checkpoint| {
            saved = Some(serde_json::to_string(checkpoint)?);
            Ok(())
        });
        let polls = if run < KILLS { fastrand::usize(1..100) } else { usize::MAX };
        if let Some(Ok(done)) = killed_after(polls, running).await {
            report = Some(done);
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let added = others.await.expect("no panic");
    emulator.clear_faults();
    let report = report.expect("it is done after sixty runs");
    let named = |entries: &SomeEntries<EntryKey>, of: &(String, String)| {
        entries.first.iter().any(|entry| (&entry.scope, &entry.key) == (&of.0, &of.1))
    };
    let now = contents_of(&store).await;
    for of in &keys {
        let value = now[of].as_i64().expect("a number");
        assert_eq!(value % ONCE, added.get(of).copied().unwrap_or(0), "{of:?} of {report}");
        let expected = match (named(&report.contended, of), named(&report.in_doubt, of)) {
            (false, false) => 1..=1,
            (true, _) => 0..=0,
            (_, true) => 0..=1,
        };
        assert!(expected.contains(&(value / ONCE)), "{of:?} is {value}; {report}");
    }
}
