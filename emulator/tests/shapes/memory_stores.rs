use serde_json::{Value, json};

use crate::common::{Client, encode};
use crate::{keys, text};

const QUEUE: &str = "/cloud/v2/universes/1/memory-store/queues/q/items";
const MAP: &str = "/cloud/v2/universes/1/memory-store/sorted-maps/m/items";

/// MS-01, MS-03, MS-07
#[tokio::test]
async fn a_queue_read_names_its_items_otherwise() {
    let live = Client::start().await;
    let empty = live.get(&format!("{QUEUE}:read")).await.ok();
    assert_eq!(keys(&empty), ["id"], "nothing to read is no list");
    let added = live.post(QUEUE, &json!({ "data": { "a": null }, "priority": 2 })).await.ok();
    assert_eq!(keys(&added), ["data", "expireTime", "path", "priority"]);
    assert_eq!(added["data"], json!({ "a": null }), "null within a value stays (MS-04)");
    let id = text(&added["path"]).rsplit('/').next().expect("an id");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let read = live.get(&format!("{QUEUE}:read")).await.ok();
    assert_eq!(keys(&read), ["id", "queueItems"]);
    assert_eq!(read["queueItems"][0]["path"], added["path"]);
    // What was read is discarded under the document's name for the id, with nothing in the response (MS-15).
    let discarded = live.post(&format!("{QUEUE}:discard"), &json!({ "readId": read["id"] })).await;
    assert_eq!((discarded.status, discarded.text.as_str()), (200, ""));

    let document = Client::by_document().await;
    assert_eq!(keys(&document.post(QUEUE, &json!({ "data": 1 })).await.ok()).len(), 5, "with its id");
    let read = document.get(&format!("{QUEUE}:read?count=5")).await.ok();
    assert_eq!(keys(&read), ["items", "readId"]);
    assert_eq!(read["items"].as_array().map(Vec::len), Some(1));
    document.assert_responses_fit();
}

/// MS-04, MS-05, MS-06
#[tokio::test]
async fn an_item_of_a_queue_needs_data() {
    let client = Client::start().await;
    let refused = client.post(QUEUE, &json!({ "data": null })).await;
    assert_eq!(refused.json()["code"], "INVALID_ARGUMENT");
    refused.refused(400);
    client.post(QUEUE, &json!({ "priority": 1 })).await.refused(400);
    let own = client.post(QUEUE, &json!({ "data": 1, "path": "mine" })).await.ok();
    assert!(
        text(&own["path"]).starts_with("cloud/v2/universes/1/"),
        "a path of the client counts for nothing"
    );
    client.post(QUEUE, &json!({ "data": 1, "ttl": "PT3S" })).await.refused(400);
    client.get(&format!("{QUEUE}:read?invisibilityWindow=PT3S")).await.refused(400);
    client.get(&format!("{QUEUE}:read?invisibilityWindow=3s")).await.ok();
}

/// MS-10, MS-11, MS-14, MS-19
#[tokio::test]
async fn an_item_of_a_map_looks_different_after_each_call() {
    let live = Client::start().await;
    let created =
        live.post(&format!("{MAP}?id=a%2Fb"), &json!({ "value": 1, "numericSortKey": 5 })).await.ok();
    assert_eq!(created["path"], "cloud/v2/universes/1/memory-store/sorted-maps/m/items/a%2Fb");
    assert_eq!((&created["id"], &created["etag"]), (&json!("a/b"), &json!("1")));
    assert!(created.get("expireTime").is_none(), "written without a time to live");
    let item = format!("{MAP}/a%2Fb");
    let read = live.get(&item).await.ok();
    assert_eq!(read["path"], "cloud/v2/universes/1/memory-stores/sorted-maps/m/items/a%2Fb");
    let updated = live.patch(&item, &json!({ "value": 2, "ttl": "60s" })).await.ok();
    assert_eq!(updated["path"], "cloud/v2/universes/1/memory-store/sorted-maps/m/items/");
    assert_eq!(keys(&updated), ["etag", "expireTime", "numericSortKey", "path", "value"]);
    assert_eq!((&updated["etag"], &updated["numericSortKey"]), (&json!("2"), &Value::Null));
    assert_eq!(
        live.get(&item).await.ok()["numericSortKey"],
        Value::Null,
        "a key that is not repeated is gone"
    );
    live.assert_responses_fit();

    let document = Client::by_document().await;
    document.post(&format!("{MAP}?id=a"), &json!({ "value": 1 })).await.ok();
    let item = format!("{MAP}/a");
    let updated = document.patch(&item, &json!({ "value": 2 })).await.ok();
    assert_eq!(keys(&updated), ["etag", "expireTime", "id", "path", "value"]);
    assert_eq!(document.get(&item).await.ok(), updated);
    document.assert_responses_fit();
}

/// MS-12, MS-13
#[tokio::test]
async fn an_item_of_a_map_is_named_in_the_query_and_created_once() {
    let item = json!({ "value": 1 });
    let live = Client::start().await;
    let unnamed = live.post(MAP, &json!({ "value": 1, "id": "a" })).await;
    let expected = json!({ "code": "INVALID_ARGUMENT", "message": "The id field is required." });
    assert_eq!((unnamed.status, unnamed.json()), (400, expected));
    live.post(&format!("{MAP}?id=a"), &item).await.ok();
    let again = live.post(&format!("{MAP}?id=a"), &item).await;
    assert_eq!(again.json()["error"], "ALREADY_EXISTS");
    again.refused(409);

    let document = Client::by_document().await;
    assert_eq!(document.post(MAP, &item).await.json()["message"], "query.id: is required");
    document.post(&format!("{MAP}?id=a"), &item).await.ok();
    let again = document.post(&format!("{MAP}?id=a"), &item).await;
    assert_eq!(again.json()["code"], "INVALID_ARGUMENT");
    again.refused(400);
}

/// MS-08, MS-09
#[tokio::test]
async fn an_empty_map_is_listed_in_three_ways() {
    let live = Client::start().await;
    let document = Client::by_document().await;
    let (mut absent, mut null, mut empty, mut ends) = (0, 0, 0, Vec::new());
    for number in 0..30 {
        let map = MAP.replace("/m/", &format!("/m{number}/"));
        let page = live.get(&map).await.ok();
        match page.get("items") {
            None => absent += 1,
            Some(Value::Null) => null += 1,
            Some(items) => empty += usize::from(items == &json!([])),
        }
        ends.push(page["nextPageToken"].clone());
        assert_eq!(live.get(&map).await.ok(), page, "the same map, in the same way");
        assert_eq!(document.get(&map).await.ok(), json!({ "items": [], "nextPageToken": "" }));
    }
    assert_eq!(absent + null + empty, 30);
    assert!(absent > 0 && null > 0 && empty > 0);
    assert!(ends.contains(&Value::Null) && ends.contains(&json!("")), "an end has two forms");
    live.assert_responses_fit();
}

/// MS-16
#[tokio::test]
async fn a_flush_is_named_by_a_path_that_cannot_be_asked_at() {
    let target = "/cloud/v2/universes/1/memory-store:flush";
    for (client, pending) in
        [(Client::start().await, Value::Null), (Client::by_document().await, json!(false))]
    {
        let started = client.send(client.request("POST", target).header("content-length", "0")).await.ok();
        assert_eq!((keys(&started), &started["done"]), (vec!["done", "path"], &pending));
        let (parent, id) = text(&started["path"]).rsplit_once('/').expect("an id");
        let is_live = pending.is_null();
        let expected = if is_live {
            "cloud/v2/universes/1/operations"
        } else {
            "cloud/v2/universes/1/memory-store/operations"
        };
        assert_eq!(parent, expected);
        if is_live {
            client.get(&format!("/{parent}/{id}")).await.refused(404);
        }
        let poll = format!("/cloud/v2/universes/1/memory-store/operations/{id}");
        assert_eq!(client.get(&poll).await.ok()["done"], pending);
        let done = client.get(&poll).await.ok();
        assert_eq!((&done["done"], &done["path"]), (&json!(true), &started["path"]));
    }
}

/// MS-17
#[tokio::test]
async fn a_map_is_listed_in_any_order_that_clients_send() {
    let client = Client::start().await;
    for (id, key) in [("a", 3), ("b", 1), ("c", 2)] {
        client.post(&format!("{MAP}?id={id}"), &json!({ "value": 0, "numericSortKey": key })).await.ok();
    }
    for (order, expected) in
        [("asc", "bca"), ("desc", "acb"), ("value desc", "acb"), ("id", "abc"), ("id desc", "cba")]
    {
        for size in [1, 100] {
            let list = format!("{MAP}?maxPageSize={size}&orderBy={}", encode(order));
            let (items, _) = client.all(&list, "items").await;
            let ids: String = items.iter().map(|item| text(&item["id"])).collect();
            assert_eq!(ids, expected, "{order}");
        }
    }
    client.get(&format!("{MAP}?orderBy=etag")).await.refused(400);
}

/// MG-01, MG-02
#[tokio::test]
async fn a_message_may_be_somewhat_longer_than_the_guide_says() {
    let publish = "/cloud/v2/universes/7:publishMessage";
    for (client, most) in [(Client::start().await, 1_114), (Client::by_document().await, 1_024)] {
        let send = async |length: usize| {
            client.post(publish, &json!({ "topic": "t", "message": "m".repeat(length) })).await
        };
        for length in [1, most] {
            let sent = send(length).await;
            assert_eq!((sent.status, sent.text.as_str()), (200, ""));
        }
        for length in [0, most + 1] {
            let message = send(length).await.refused(400);
            let words = format!("The length of published message must be between 1 and {most}.");
            assert!(message.contains(&words), "{message}");
        }
    }
}
