//! Exports whose writer is slow, and imports whose reader is.

use super::store_of;
use opencloud::ErrorKind;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{Instant, sleep};

const SCOPE: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
/// Longer than a call may take.
const LONG: Duration = Duration::from_secs(60 * 60);

/// A service that has no time for the first two entries at first, and then for all.
fn busy(request: fn(String) -> Expect) -> Script {
    let keys = ["a", "b", "c"].map(|key| json!({ "id": key, "path": format!("{SCOPE}/{key}") }));
    Script::new()
        .expect(request(format!("{SCOPE}/a")), MockResponse::rate_limited(10))
        .expect_times(2, request(format!("{SCOPE}/b")), MockResponse::rate_limited(20))
        .always(Expect::get(SCOPE), MockResponse::page("dataStoreEntries", keys, None))
        .always(Expect::any(), MockResponse::json(json!({ "value": 1 })))
}

#[tokio::test(start_paused = true)]
async fn no_read_of_an_export_runs_out_of_time_while_the_writer_is_slow() {
    let script = busy(Expect::get);
    let (writer, mut reader) = tokio::io::duplex(1);
    let export = store_of(&script.client()).scope("s").export().concurrency(2);
    let export = tokio::spawn(export.write_to(writer, |_| Ok(())));
    sleep(LONG).await;
    let mut file = String::new();
    reader.read_to_string(&mut file).await.expect("a text");
    assert_eq!(export.await.expect("no panic").expect("a response").entries(), 3);
    assert_eq!(file.lines().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_write_of_an_import_runs_out_of_time_while_the_reader_is_slow() {
    let script = busy(Expect::patch);
    let (mut writer, reader) = tokio::io::duplex(1024);
    let import = store_of(&script.client()).scope("s").import().concurrency(2);
    let import = tokio::spawn(import.read_from(BufReader::new(reader), |_| Ok(())));
    let line = |key: &str| format!("{}\n", json!({ "scope": "s", "key": key, "value": 1 }));
    writer.write_all([line("a"), line("b")].concat().as_bytes()).await.expect("there is room");
    sleep(LONG).await;
    writer.write_all(line("c").as_bytes()).await.expect("there is room");
    drop(writer);
    assert_eq!(import.await.expect("no panic").expect("a response").written, 3);
}

/// A limit of the service that lasts longer than a call may take.
#[tokio::test(start_paused = true)]
async fn an_export_and_an_import_wait_for_a_rate_limit_that_outlasts_a_call() {
    let entry = json!({ "id": "a", "path": format!("{SCOPE}/a") });
    let script = Script::new()
        .expect_times(3, Expect::get(format!("{SCOPE}/a")), MockResponse::rate_limited(300))
        .expect_times(3, Expect::patch(format!("{SCOPE}/a")), MockResponse::rate_limited(300))
        .always(Expect::get(SCOPE), MockResponse::page("dataStoreEntries", [entry], None))
        .always(Expect::any(), MockResponse::json(json!({ "value": 1 })));
    let store = store_of(&script.client()).scope("s");
    let waits = Arc::new(Waits::default());
    let mut file = Vec::new();
    let end = store.export().on_progress(Told(Arc::clone(&waits))).write_to(&mut file, |_| Ok(())).await;
    assert_eq!(end.expect("a response").entries(), 1);
    let import = store.import().on_progress(Told(Arc::clone(&waits)));
    assert_eq!(import.read_from(&file[..], |_| Ok(())).await.expect("a response").written, 1);
    assert_eq!(waits.done.load(Ordering::Relaxed), 2);
    assert!(waits.messages.lock().expect("messages").iter().any(|text| text.contains("rate limit")));
}

/// A service that fails for a number of requests, each of which is sent four times, and has one entry.
fn failing(times: usize) -> Script {
    let down = || MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let entry = json!({ "id": "a", "path": format!("{SCOPE}/a") });
    Script::new()
        .expect_times(times * 4, Expect::get(SCOPE), down())
        .expect_times(times * 4, Expect::get(format!("{SCOPE}/a")), down())
        .expect_times(times * 4, Expect::patch(format!("{SCOPE}/a")), down())
        .always(Expect::get(SCOPE), MockResponse::page("dataStoreEntries", [entry], None))
        .always(Expect::any(), MockResponse::json(json!({ "value": 1, "etag": "1" })))
}

const LINE: &[u8] = b"{\"scope\":\"s\",\"key\":\"a\",\"value\":1}\n";

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_is_waited_for_and_a_longer_one_ends_the_job() {
    let script = failing(3);
    let store = store_of(&script.client()).scope("s");
    let waits = Arc::new(Waits::default());
    let mut file = Vec::new();
    let end = store.export().on_progress(Told(Arc::clone(&waits))).write_to(&mut file, |_| Ok(())).await;
    assert_eq!(end.expect("a response").entries(), 1);
    assert_eq!(store.import().read_from(&file[..], |_| Ok(())).await.expect("a response").written, 1);
    script.assert_done();
    let messages = waits.messages.lock().expect("messages").clone();
    let of_waits = ["waiting 1 s", "waiting 2 s", "waiting 4 s", ""].repeat(2);
    assert_eq!(messages.len(), of_waits.len(), "{messages:?}");
    assert!(messages.iter().zip(of_waits).all(|(told, wait)| told.starts_with(wait)), "{messages:?}");

    let down = MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let script = Script::new().always(Expect::any(), down);
    let store = store_of(&script.client()).scope("s");
    let begun = Instant::now();
    let error = store.export().write_to(Vec::new(), |_| Ok(())).await.expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    assert!((60..90).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());

    let begun = Instant::now();
    let import = store.import().wait_for_service(Duration::ZERO).read_from(LINE, |_| Ok(()));
    assert_eq!(import.await.expect_err("a failure").kind(), ErrorKind::Service);
    assert!(begun.elapsed().as_secs() < 10, "the calls alone are retried: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_no_wait_helps_against_ends_the_job_at_once() {
    let refused = MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no");
    let script = Script::new().always(Expect::any(), refused);
    let store = store_of(&script.client()).scope("s");
    let begun = Instant::now();
    store.export().write_to(Vec::new(), |_| Ok(())).await.expect_err("a failure");
    store.import().read_from(LINE, |_| Ok(())).await.expect_err("a failure");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[derive(Default)]
struct Waits {
    done: AtomicU64,
    messages: Mutex<Vec<String>>,
}

struct Told(Arc<Waits>);

impl opencloud::Progress for Told {
    fn advanced(&self, done: u64, total: Option<u64>) {
        assert_eq!((done, total), (1, None));
        self.0.done.fetch_add(done, Ordering::Relaxed);
    }

    fn message(&self, text: &str) {
        self.0.messages.lock().expect("messages").push(text.to_owned());
    }
}
