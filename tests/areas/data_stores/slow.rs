//! Exports whose writer is slow, and imports whose reader is.

use super::store_of;
use opencloud::testing::{Expect, MockResponse, Script};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::sleep;

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
