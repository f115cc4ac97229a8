//! Memory stores: queues whose items are dealt with once, and sorted maps.

use crate::support::assert_bounds;
use opencloud::filter::{SortKey, SortedMapFilter};
use opencloud::retry::Retry;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::time::Duration;

const QUEUE: &str = "/cloud/v2/universes/1/memory-store/queues/Jobs";
const ITEM: &str = "/cloud/v2/universes/1/memory-store/sorted-maps/Map/items/id";

async fn emulator() -> (Emulator, Client) {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    (emulator, client)
}

#[tokio::test]
async fn items_are_read_by_priority_and_gone_when_they_are_discarded() {
    let (emulator, client) = emulator().await;
    let queue = client.memory_stores().queue(1, "Jobs");
    for (value, priority) in [("low", 1.0), ("high", 5.0), ("middle", 2.0)] {
        queue.add(value).priority(priority).ttl(Duration::from_secs(60)).await.expect("a response");
    }
    let batch = queue.read::<String>(2).invisible_for(Duration::from_secs(20)).await.expect("a response");
    let values: Vec<_> = batch.items.iter().map(|item| item.value.as_deref().expect("a text")).collect();
    assert_eq!(values, ["high", "middle"]);
    assert!(batch.items[0].expires.is_some() && batch.remaining() <= Duration::from_secs(20));
    // They are hidden, not gone.
    let rest = queue.read::<String>(10).await.expect("a response");
    assert_eq!(rest.items.len(), 1);
    batch.discard().await.expect("a response");
    emulator.advance(Duration::from_secs(31));
    let again = queue.read::<String>(10).await.expect("a response");
    assert_eq!(again.items.len(), 1);
    assert_eq!(again.items[0].value.as_deref().expect("a text"), "low");
    assert!(queue.read::<String>(2).all_or_nothing().await.expect_err("a failure").is_not_found());
    again.discard().await.expect("a response");
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_not_discarded_when_others_may_have_it() {
    let item = json!({ "id": "1", "data": 7 });
    let read = Expect::get(format!("{QUEUE}/items:read"))
        .query("count", 5)
        .query("invisibilityWindow", "20s")
        .query("allOrNothing", true);
    let discard = Expect::post(format!("{QUEUE}/items:discard")).json(json!({ "readId": "r" }));
    let script = Script::new()
        .expect(read.clone(), MockResponse::json(json!({ "readId": "r", "items": [item.clone()] })))
        .expect(read.clone(), MockResponse::json(json!({ "readId": "r", "items": [item] })))
        .expect(discard.clone(), MockResponse::interrupted())
        .expect(discard, MockResponse::json(json!({})))
        .expect(read, MockResponse::json(json!({ "readId": "r" })));
    let queue = script.client().memory_stores().queue(1, "Jobs");
    let read = || queue.read::<i64>(5).invisible_for(Duration::from_secs(20)).all_or_nothing();
    let late = read().await.expect("a response");
    assert_eq!((late.read_id(), late.items[0].value.as_ref().ok()), ("r", Some(&7)));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(late.discard().await.expect_err("a failure").kind(), ErrorKind::InvalidRequest);
    read().await.expect("a response").discard().await.expect("a response");
    // Nothing was read, so nothing is discarded.
    read().await.expect("a response").discard().await.expect("a response");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn one_item_that_cannot_be_read_keeps_neither_the_others_nor_the_batch_away() {
    let items = json!([{ "id": "1", "data": 7 }, { "id": "2", "data": "seven", "priority": 3 }]);
    let script = Script::new()
        .expect(
            Expect::get(format!("{QUEUE}/items:read")),
            MockResponse::json(json!({ "readId": "r", "items": items })),
        )
        .expect(
            Expect::post(format!("{QUEUE}/items:discard")).json(json!({ "readId": "r" })),
            MockResponse::json(json!({})),
        );
    let queue = script.client().memory_stores().queue(1, "Jobs");
    let batch = queue.read::<i64>(2).await.expect("a response");
    assert_eq!(batch.items[0].value.as_ref().ok(), Some(&7));
    let error = batch.items[1].value.as_ref().expect_err("a failure");
    assert!(error.is_decode() && error.to_string().contains("the item 2 "), "{error}");
    assert_eq!((batch.items[1].id.as_deref(), batch.items[1].priority), (Some("2"), 3.0));
    batch.discard().await.expect("a response");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_discard_is_tried_again_and_never_sent_when_the_items_are_visible() {
    let read = Expect::get(format!("{QUEUE}/items:read"));
    let discard = Expect::post(format!("{QUEUE}/items:discard"));
    let item = json!({ "readId": "r", "items": [{ "id": "1", "data": 7 }] });
    let lost = || MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let script = Script::new()
        .expect(read.clone(), MockResponse::json(item.clone()))
        .expect(discard.clone(), lost())
        .expect(discard.clone(), MockResponse::json(json!({})))
        .expect(read, MockResponse::json(item))
        .always(discard, lost());
    let queue = script.client().memory_stores().queue(1, "Jobs");
    // The options of the read are those of its end.
    let batch = queue.read::<i64>(1).with_retry(Retry::never()).await.expect("a response");
    let error = batch.discard().await.expect_err("a failure");
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(503), 1));
    batch.discard().await.expect("a response");
    // However often it may be sent, it is not sent when somebody else may have the items.
    let begin = tokio::time::Instant::now();
    let batch = queue.read::<i64>(1).invisible_for(Duration::from_secs(5));
    let batch = batch.with_timeout(Duration::from_secs(600)).with_retry(Retry::standard().attempts(1000));
    batch.await.expect("a response").discard().await.expect_err("a failure");
    assert!(begin.elapsed() <= Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_items_are_hidden_begins_when_the_request_leaves() {
    let read = Expect::get(format!("{QUEUE}/items:read"));
    let item = json!({ "readId": "r", "items": [{ "id": "1", "data": 7 }] });
    let limited =
        MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "slow").header("retry-after", "20");
    let script = Script::new().expect(read.clone(), limited).expect(read, MockResponse::json(item));
    let queue = script.client().memory_stores().queue(1, "Jobs");
    let batch = queue.read::<i64>(1).invisible_for(Duration::from_secs(10)).await.expect("a response");
    assert!(batch.remaining() > Duration::from_secs(9), "{:?}", batch.remaining());
}

#[tokio::test(start_paused = true)]
async fn adding_and_reading_are_not_repeated_after_a_failure_that_leaves_their_effect_unknown() {
    let lost = || MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later");
    let script = Script::new()
        .expect(Expect::post(format!("{QUEUE}/items")).json(json!({ "data": 1, "ttl": "1.5s" })), lost())
        .expect(Expect::get(format!("{QUEUE}/items:read")), lost());
    let queue = script.client().memory_stores().queue(1, "Jobs");
    let error = queue.add(&1).ttl(Duration::from_millis(1500)).await.expect_err("a failure");
    assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
    let error = queue.read::<i64>(1).await.expect_err("a failure");
    assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
    script.assert_done();
}

fn add(value: Option<i64>) -> Option<i64> {
    Some(value.unwrap_or_default() + 1)
}

/// This many characters of two bytes each.
fn text(length: usize) -> String {
    "ä".repeat(length)
}

#[tokio::test(start_paused = true)]
async fn the_names_of_queues_and_maps_have_1_to_127_characters() {
    let queue = |client: &Client, length| client.memory_stores().queue(1, text(length));
    let map = |client: &Client, length| client.memory_stores().sorted_map(1, text(length));
    assert_bounds("add", 1..=127, async |client, length| queue(&client, length).add(&1).await).await;
    assert_bounds("read", 1..=127, async |client, length| queue(&client, length).read::<Value>(1).await)
        .await;
    assert_bounds("get", 1..=127, async |client, length| map(&client, length).get::<Value>("id").await).await;
    assert_bounds("set", 1..=127, async |client, length| map(&client, length).set("id", &1).await).await;
    assert_bounds("update", 1..=127, async |client, length| map(&client, length).update("id", add).await)
        .await;
    assert_bounds("delete", 1..=127, async |client, length| map(&client, length).delete("id").await).await;
    assert_bounds("items", 1..=127, async |client, length| {
        map(&client, length).items::<Value>().items().collect().await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_id_of_an_item_has_1_to_127_characters() {
    let map = |client: &Client| client.memory_stores().sorted_map(1, "Map");
    assert_bounds("get", 1..=127, async |client, length| map(&client).get::<Value>(text(length)).await).await;
    assert_bounds("set", 1..=127, async |client, length| map(&client).set(text(length), &1).await).await;
    assert_bounds("replace", 1..=127, async |client, length| map(&client).replace(text(length), &1).await)
        .await;
    assert_bounds("create", 1..=127, async |client, length| map(&client).create(text(length), &1).await)
        .await;
    assert_bounds("update", 1..=127, async |client, length| map(&client).update(text(length), add).await)
        .await;
    assert_bounds("delete", 1..=127, async |client, length| map(&client).delete(text(length)).await).await;
}

#[tokio::test(start_paused = true)]
async fn a_sort_key_has_1_to_128_characters_or_is_a_finite_number() {
    let map = |client: &Client| client.memory_stores().sorted_map(1, "Map");
    assert_bounds("set", 1..=128, async |client, length| {
        map(&client).set("id", &1).sort_key(text(length)).await
    })
    .await;
    assert_bounds("update", 1..=128, async |client, length| {
        map(&client).update("id", add).sort_key(text(length)).await
    })
    .await;
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({})));
    let write = |key: SortKey| map(&script.client()).set("id", &1).sort_key(key);
    for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert!(write(number.into()).await.expect_err("a failure").is_usage());
    }
    for number in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX] {
        let error = write(number.into()).await.expect_err("a failure");
        assert!(error.is_usage() && error.to_string().contains(&number.to_string()), "{error}");
    }
    assert_eq!(script.count(), 0);
    let keys =
        [SortKey::from(f64::MAX), SortKey::from(f64::MIN), SortKey::from(i64::MIN), (1i64 << 53).into()];
    for key in keys {
        write(key).await.expect("a response");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_has_up_to_32_kib_as_json() {
    const MOST: usize = 32 * 1024;
    let map = |client: &Client| client.memory_stores().sorted_map(1, "Map");
    // Bytes, of which two are the quotation marks.
    let text = |bytes: usize| "v".repeat(bytes - 2);
    assert_bounds("add", 2..=MOST, async |client, bytes| {
        client.memory_stores().queue(1, "Jobs").add(&text(bytes)).await
    })
    .await;
    assert_bounds("set", 2..=MOST, async |client, bytes| map(&client).set("id", &text(bytes)).await).await;
    // What a change makes of an item is known after it was read only.
    let script =
        Script::new().expect(Expect::get(ITEM), MockResponse::json(json!({ "value": 1, "etag": "e" })));
    let longer = move |_: Option<Value>| Some(text(MOST + 1).into());
    let error = map(&script.client()).update("id", longer).await.expect_err("a failure");
    assert!(error.is_usage() && error.to_string().contains("32769"), "{error}");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_lives_up_to_45_days() {
    const MOST: usize = 45 * 24 * 60 * 60;
    let map = |client: &Client| client.memory_stores().sorted_map(1, "Map");
    let time = |seconds: usize| Duration::from_secs(seconds as u64);
    assert_bounds("add", 1..=MOST, async |client, seconds| {
        client.memory_stores().queue(1, "Jobs").add(&1).ttl(time(seconds)).await
    })
    .await;
    assert_bounds("set", 1..=MOST, async |client, seconds| {
        map(&client).set("id", &1).ttl(time(seconds)).await
    })
    .await;
    assert_bounds("update", 1..=MOST, async |client, seconds| {
        map(&client).update("id", add).ttl(time(seconds)).await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_read_asks_for_1_to_200_items() {
    assert_bounds("read", 1..=200, async |client, count| {
        client
            .memory_stores()
            .queue(1, "Jobs")
            .read::<Value>(u32::try_from(count).expect("it is small"))
            .await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_priority_that_is_no_number_and_a_window_of_no_time_are_refused() {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "id": "r" })));
    let queue = script.client().memory_stores().queue(1, "Jobs");
    for priority in [f64::NAN, f64::INFINITY] {
        assert!(queue.add(&1).priority(priority).await.expect_err("a failure").is_usage());
    }
    let read = |window| queue.read::<i64>(1).invisible_for(window);
    assert!(read(Duration::ZERO).await.expect_err("a failure").is_usage());
    assert_eq!(script.count(), 0);
    queue.add(&1).priority(f64::MIN).await.expect("a response");
    assert!(read(Duration::from_millis(1)).await.expect("a response").items.is_empty());
}

#[tokio::test]
async fn a_map_keeps_values_with_their_sort_keys() {
    let (emulator, client) = emulator().await;
    let map = client.memory_stores().sorted_map(1, "Map");
    assert_eq!(map.get::<i64>("none").await.expect("a response"), None);
    map.create("b", &1).sort_key(3).ttl(Duration::from_secs(60)).await.expect("a response");
    map.create("b", &2).await.expect_err("a failure");
    assert!(map.replace("none", &2).await.expect_err("a failure").is_not_found());
    map.set("a/ä", &2).sort_key("text").await.expect("a response");
    let entry = map.get::<i64>("b").await.expect("a response").expect("it is there");
    assert_eq!((entry.value, entry.sort_key), (1, Some(SortKey::from(3.0))));
    assert!(entry.etag.is_some() && entry.expires.is_some());
    let changed = map
        .update("b", |value: Option<i64>| value.map(|value| value + 10))
        .await
        .expect("a response")
        .expect("it is there");
    assert_eq!((changed.value, changed.sort_key), (11, Some(SortKey::from(3.0))));
    map.update("c", |value: Option<i64>| Some(value.unwrap_or(100))).await.expect("a response");
    assert!(map.update("d", |value: Option<i64>| value).await.expect("a response").is_none());
    let all = map.items::<i64>().items().collect().await.expect("a response");
    let all: Vec<_> = all.into_iter().map(|item| item.expect("it is there").value).collect();
    assert_eq!(all, [2, 11, 100]);
    let some = map.items::<Value>().filter(SortedMapFilter::new().id_after("a/ä")).descending();
    let some: Vec<_> = some
        .items()
        .collect()
        .await
        .expect("a response")
        .into_iter()
        .map(|item| item.expect("it is there").id)
        .collect();
    assert_eq!(some, ["c", "b"]);
    map.delete("b").await.expect("a response");
    assert!(map.delete("b").await.expect_err("a failure").is_not_found());
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    // Flushing empties everything.
    client.memory_stores().flush(1).wait().await.expect("a response");
    assert!(map.items::<i64>().items().collect().await.expect("a response").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_item_of_another_type_is_named_and_does_not_end_the_list() {
    let items = json!([{ "id": "a", "value": "one" }, { "id": "b", "value": 2 }]);
    let script = Script::new()
        .always(Expect::get(ITEM), MockResponse::json(json!({ "id": "id", "value": "one" })))
        .always(Expect::any(), MockResponse::json(json!({ "items": items })));
    let map = script.client().memory_stores().sorted_map(1, "Map");
    let listed = map.items::<i64>().items().collect().await.expect("a response");
    assert_eq!(listed[1].as_ref().expect("a number").value, 2);
    let get = map.get::<i64>("id").await.expect_err("a failure");
    let update = map.update("id", add).await.expect_err("a failure");
    for (error, id) in [(listed[0].as_ref().expect_err("a failure"), "a"), (&get, "id"), (&update, "id")] {
        assert!(error.is_decode() && error.to_string().contains(&format!("the item {id} ")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_of_an_item_begins_anew_on_a_conflict() {
    let stored =
        |value: i64, etag: &str| json!({ "id": "id", "value": value, "etag": etag, "stringSortKey": "s" });
    let script = Script::new()
        .expect(Expect::get(ITEM), MockResponse::json(stored(1, "one")))
        .expect(
            Expect::patch(ITEM),
            MockResponse::error(ErrorShape::Code, 409, "ABORTED", "DataUpdateConflict"),
        )
        .expect(Expect::get(ITEM), MockResponse::json(stored(2, "two")))
        .expect(
            Expect::patch(ITEM).json(json!({ "value": 3, "etag": "two", "stringSortKey": "s" })),
            MockResponse::json(stored(3, "three")),
        );
    let map = script.client().memory_stores().sorted_map(1, "Map");
    let changed = map
        .update("id", |value: Option<i64>| Some(value? + 1))
        .await
        .expect("a response")
        .expect("it is there");
    assert_eq!((changed.value, changed.etag.as_deref()), (3, Some("three")));
    script.assert_done();
}

/// MS-01, MS-02: the shapes in which a read was seen. None of them may look like an empty queue.
#[tokio::test]
async fn a_read_in_any_shape_gives_its_items() {
    let read = Expect::get(format!("{QUEUE}/items:read"));
    let item =
        json!({ "path": "universes/1/memory-store/queues/Jobs/items/0af1", "data": "a", "priority": 2 });
    for (body, id) in [
        (json!({ "readId": "r", "items": [item] }), Some("0af1")),
        (json!({ "id": "r", "queueItems": [item] }), Some("0af1")),
        (json!({ "id": "r", "queueItems": [item], "items": null, "readId": null }), Some("0af1")),
        (json!({ "id": "r", "data": ["a"] }), None),
    ] {
        let discard = Expect::post(format!("{QUEUE}/items:discard")).json(json!({ "readId": "r" }));
        let script = Script::new()
            .expect(read.clone(), MockResponse::json(body.clone()))
            .expect(discard, MockResponse::json(json!({})));
        let queue = script.client().memory_stores().queue(1, "Jobs");
        let batch = queue.read::<String>(5).await.expect("a batch");
        assert_eq!(batch.items.len(), 1, "{body}");
        // MS-07: the id may be in the path only.
        assert_eq!(batch.items[0].id.as_deref(), id, "{body}");
        assert_eq!(batch.items[0].value.as_deref().expect("a text"), "a", "{body}");
        batch.discard().await.expect("discarded");
        script.assert_done();
    }
}

/// MS-03: an empty read has its id and no items, or no body at all; nothing is discarded.
#[tokio::test]
async fn an_empty_read_is_empty_in_any_shape() {
    for response in [
        MockResponse::json(json!({ "id": "r" })),
        MockResponse::json(json!({ "id": "r", "queueItems": null })),
        MockResponse::json(json!({ "readId": "r", "items": [], "tomorrow": 7 })),
        MockResponse::status(204, ""),
    ] {
        let script = Script::new().expect(Expect::get(format!("{QUEUE}/items:read")), response);
        let batch =
            script.client().memory_stores().queue(1, "Jobs").read::<String>(5).await.expect("a batch");
        assert!(batch.items.is_empty());
        batch.discard().await.expect("nothing to discard");
        script.assert_done();
    }
}

/// A read whose items or id have another name is an error that names what came.
#[tokio::test]
async fn a_read_in_an_unknown_shape_is_an_error() {
    for (body, names) in [
        (json!({ "readId": "r", "entries": [{ "data": 1 }] }), ["`readId`", "`entries`"]),
        (json!({ "token": "r", "items": [{ "data": 1 }] }), ["`token`", "`items`"]),
        (json!({ "result": { "items": [] }, "b": 1 }), ["`result`", "`b`"]),
    ] {
        let script =
            Script::new().expect(Expect::get(format!("{QUEUE}/items:read")), MockResponse::json(body));
        let error =
            script.client().memory_stores().queue(1, "Jobs").read::<Value>(5).await.expect_err("an error");
        assert!(error.is_decode(), "{error}");
        assert!(names.iter().all(|name| error.to_string().contains(name)), "{error}");
    }
    // An item without its value is an error of its own.
    let body = json!({ "readId": "r", "items": [{ "id": "1", "payload": 1 }] });
    let script = Script::new().expect(Expect::get(format!("{QUEUE}/items:read")), MockResponse::json(body));
    let batch =
        script.client().memory_stores().queue(1, "Jobs").read::<Option<i64>>(5).await.expect("a batch");
    assert!(batch.items[0].value.as_ref().expect_err("no value").to_string().contains("`data`"));
}

/// MS-07, MS-11, MS-14: ids that responses leave out are those of the path or of the request.
#[tokio::test]
async fn an_item_always_has_its_id() {
    let added = json!({ "path": "cloud/v2/universes/1/memory-store/queues/Jobs/items/0af1", "data": 1, "priority": 0 });
    let written = json!({ "path": "cloud/v2/universes/1/memory-store/sorted-maps/Map/items/", "value": 1, "etag": "2" });
    let listed =
        json!({ "items": [{ "path": "universes/1/memory-stores/sorted-maps/Map/items/a%2Fb", "value": 1 }] });
    let map = "/cloud/v2/universes/1/memory-store/sorted-maps/Map/items";
    let script = Script::new()
        .expect(Expect::post(format!("{QUEUE}/items")), MockResponse::json(added))
        .expect(Expect::patch(ITEM), MockResponse::json(written.clone()))
        .expect(Expect::get(ITEM), MockResponse::json(written.clone()))
        .expect(Expect::patch(ITEM), MockResponse::json(written.clone()))
        .expect(Expect::get(ITEM), MockResponse::json(written))
        .expect(Expect::get(map), MockResponse::json(listed))
        .expect(Expect::get(map), MockResponse::json(json!({ "items": [{ "value": 1 }] })));
    let client = script.client();
    let item = client.memory_stores().queue(1, "Jobs").add(&1).await.expect("added");
    assert_eq!(item.id.as_deref(), Some("0af1"));
    let map = client.memory_stores().sorted_map(1, "Map");
    assert_eq!(map.set("id", &1).await.expect("written").id, "id");
    let changed =
        map.update("id", |before: Option<i64>| before.map(|before| before + 1)).await.expect("changed");
    assert_eq!(changed.expect("an item").id, "id");
    assert_eq!(map.get::<i64>("id").await.expect("read").expect("an item").id, "id");
    let listed = map.items::<i64>().items().collect().await.expect("a list");
    assert_eq!(listed[0].as_ref().expect("an item").id, "a/b");
    let nameless = map.items::<i64>().items().collect().await.expect("a list");
    assert!(nameless[0].as_ref().expect_err("no id").to_string().contains("without its id"));
    script.assert_done();
}

/// MS-08: the name that the list of a sorted map had until May 2026.
#[tokio::test]
async fn a_map_is_listed_under_its_old_name_too() {
    let body = json!({ "memoryStoreSortedMapItems": [{ "id": "a", "value": 1 }], "nextPageToken": null });
    let path = "/cloud/v2/universes/1/memory-store/sorted-maps/Map/items";
    let script = Script::new().expect(Expect::get(path), MockResponse::json(body));
    let map = script.client().memory_stores().sorted_map(1, "Map");
    assert_eq!(map.items::<i64>().items().collect().await.expect("a list").len(), 1);
}

/// MS-04, and numbers that JSON cannot express: `serde_json` makes null of them.
#[tokio::test]
async fn what_the_service_cannot_keep_is_not_sent() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Car {
        speed: Vec<f64>,
    }
    let script = Script::new();
    let client = script.client();
    let (queue, map) = (client.memory_stores().queue(1, "Jobs"), client.memory_stores().sorted_map(1, "Map"));
    let fast = Car { speed: vec![1.0, f64::NAN] };
    for error in [
        queue.add(&None::<i64>).await.expect_err("null"),
        map.set("id", &()).await.expect_err("null"),
        queue.add(&fast).await.expect_err("NaN"),
        map.set("id", &fast).await.expect_err("NaN"),
        queue.add(&1).priority(f64::INFINITY).await.expect_err("infinity"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
    let error = map.create("id", &fast).await.expect_err("NaN");
    assert!(error.to_string().contains("`speed[1]`"), "{error}");
    // In the types of the operations as well: what is read-only (MS-05), and numbers.
    let item = opencloud::types::MemoryStoreQueueItem::new(json!(1)).priority(f64::NAN);
    let error = client.memory_stores().create_queue_item(1, "Jobs", item).await.expect_err("NaN");
    assert!(error.to_string().contains("`priority`"), "{error}");
    let mut item = opencloud::types::MemoryStoreQueueItem::new(json!(1));
    item.path = Some("universes/1/memory-store/queues/Jobs/items/mine".to_owned());
    let error = client.memory_stores().create_queue_item(1, "Jobs", item).await.expect_err("read-only");
    assert!(error.to_string().contains("`path`") && error.kind() == ErrorKind::InvalidRequest, "{error}");
    script.assert_done();
}

/// MS-16: a flush is named by a path that is no route, `done` null, and followed at the documented one.
#[tokio::test(start_paused = true)]
async fn a_flush_is_followed_at_the_documented_route() {
    let named = json!({ "path": "cloud/v2/universes/1/operations/AbC-_9", "done": null });
    let done = json!({ "path": "cloud/v2/universes/1/operations/AbC-_9", "done": true, "response": {} });
    let poll = Expect::get("/cloud/v2/universes/1/memory-store/operations/AbC-_9");
    let script = Script::new()
        .expect(Expect::post("/cloud/v2/universes/1/memory-store:flush"), MockResponse::json(named.clone()))
        .expect(poll.clone(), MockResponse::json(named))
        .expect(poll, MockResponse::json(done));
    let flush = script.client().memory_stores().flush(1);
    flush.wait().await.expect("flushed");
    script.assert_done();
}
