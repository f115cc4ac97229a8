//! Exports and imports that wait for their writer or reader keep nobody else waiting.

use super::store_of;
use opencloud::data_stores::Store;
use opencloud::limit::RateLimit;
use opencloud::testing::{Answer, Expect, Script};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::{sleep, timeout};

const SCOPE: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
/// How many entries of a universe without users may be read in a minute, and how many written.
const LIMIT: usize = 300;

/// A store that gives each of its callers a turn.
fn limited(script: &Script) -> Store {
    let client = script.builder().rate_limit(RateLimit::from_spec()).build().expect("a client");
    store_of(&client).scope("s")
}

/// Uses the limit up, so that the next call has its turn after 50 seconds, and the one behind it 10 later.
async fn use_up<F: IntoFuture<Output = Result<T, opencloud::Error>>, T>(call: impl Fn() -> F) {
    call().await.expect("an answer");
    sleep(Duration::from_secs(10)).await;
    for _ in 1..LIMIT {
        call().await.expect("an answer");
    }
}

#[tokio::test(start_paused = true)]
async fn an_export_whose_writer_is_slow_holds_up_no_other_reads() {
    let keys = ["a", "b", "c"].map(|key| json!({ "id": key, "path": format!("{SCOPE}/{key}") }));
    let script = Script::new().always(Expect::get(SCOPE), Answer::page("dataStoreEntries", keys, None));
    let script = script.always(Expect::any(), Answer::json(json!({ "value": 1 })));
    let store = limited(&script);
    use_up(|| store.get::<i64>("other")).await;
    let (writer, mut reader) = tokio::io::duplex(1);
    let export = tokio::spawn(store.export().concurrency(2).write_to(writer, |_| Ok(())));
    sleep(Duration::from_secs(55)).await;
    let other = timeout(Duration::from_secs(20), store.get::<i64>("other")).await;
    other.expect("in time").expect("an answer").expect("it is there");
    let mut file = String::new();
    reader.read_to_string(&mut file).await.expect("a text");
    assert_eq!(export.await.expect("no panic").expect("an answer").entries(), 3);
    assert_eq!(file.lines().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_import_whose_reader_is_slow_holds_up_no_other_writes() {
    let script = Script::new().always(Expect::any(), Answer::json(json!({})));
    let store = limited(&script);
    use_up(|| store.upsert("other", &1)).await;
    let (mut writer, reader) = tokio::io::duplex(1024);
    let import = store.import().concurrency(2);
    let import = tokio::spawn(import.read_from(BufReader::new(reader), |_| Ok(())));
    let line = |key: &str| format!("{}\n", json!({ "scope": "s", "key": key, "value": 1 }));
    writer.write_all([line("a"), line("b")].concat().as_bytes()).await.expect("there is room");
    sleep(Duration::from_secs(55)).await;
    timeout(Duration::from_secs(20), store.upsert("other", &1)).await.expect("in time").expect("an answer");
    writer.write_all(line("c").as_bytes()).await.expect("there is room");
    drop(writer);
    assert_eq!(import.await.expect("no panic").expect("an answer").written, 3);
}
