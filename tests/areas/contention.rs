//! Many who change the same at a time. The service is a script in paused time, so that no machine is too slow.

use crate::support::script::{self, ok, status};
use opencloud::testing::{Received, Script};
use opencloud::{Client, Error};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const WRITERS: i64 = 30;
/// Each way.
const LATENCY: Duration = Duration::from_millis(30);

/// One entry that heeds its etag.
fn guarded() -> Script {
    let (mut value, mut etag) = (json!(0), 0);
    script::by(move |asked| {
        let body = script::body(asked);
        let response = match asked.method.as_str() {
            "GET" => ok(json!({ "value": value, "etag": etag.to_string() })),
            _ if body["etag"] == json!(etag.to_string()) => {
                value = body["value"].clone();
                etag += 1;
                ok(json!({ "value": value, "etag": etag.to_string() }))
            }
            _ => status(409, json!({ "code": "ABORTED", "message": "DataUpdateConflict" })),
        };
        response.delay(LATENCY)
    })
}

async fn all_are_through<F>(change: impl Fn(Client) -> F)
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    for seed in 0..20 {
        fastrand::seed(seed);
        let script = guarded();
        let begun = Instant::now();
        let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(change(script.client()))).collect();
        for writer in writers {
            writer.await.expect("a task").expect("a change");
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        let is_write = |received: &&Received| received.method != "GET";
        let writes = script.received().iter().filter(is_write).count();
        assert!(writes <= 10 * 30, "{writes}");
        // The script has one value, under whichever path.
        let entry = script.client().data_stores().store(1, "Players").get::<i64>("key").await;
        assert_eq!(entry.expect("a response").expect("an entry").value, WRITERS, "seed {seed}");
    }
}

fn add(value: Option<i64>) -> Option<i64> {
    Some(value.unwrap_or_default() + 1)
}

#[tokio::test(start_paused = true)]
async fn thirty_writers_of_an_entry_are_through_in_ten_seconds() {
    all_are_through(|client| async move {
        client.data_stores().store(1, "Players").update("key", add).await.map(|_| ())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn thirty_writers_of_a_map_item_are_through_in_ten_seconds() {
    all_are_through(|client| async move {
        client.memory_stores().sorted_map(1, "Map").update("id", add).await.map(|_| ())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_has_no_etag_is_not_changed() {
    for etag in [Value::Null, json!("")] {
        let script = script::json([json!({ "value": 1, "etag": etag })]);
        let map = script.client().memory_stores().sorted_map(1, "Map");
        let item = map.update("id", add).await.expect_err("no guard");
        let store = script.client().data_stores().store(1, "Players");
        let entry = store.update("key", add).await.expect_err("no guard");
        for error in [item, entry] {
            assert!(error.is_decode() && error.to_string().contains("cannot be guarded"), "{error}");
            assert!(!error.may_have_been_applied());
        }
        assert!(
            script.received().iter().all(|received| received.method == "GET"),
            "{:?}",
            script::targets(&script)
        );
    }
}
