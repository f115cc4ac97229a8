//! Shapes in which the live service was seen to respond, where they are not those of the document: all of them
//! are read. The ids name the facts.

use opencloud::Client;
use opencloud_contract::{Samples, call, list, operations, responding, wait};
use opencloud_emulator::Operation;
use serde_json::{Value, json};

fn operation(id: &str) -> &'static Operation {
    operations().iter().find(|operation| operation.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

fn client(body: &Value) -> Client {
    responding(200, "application/json", body.to_string()).client()
}

/// Checks that a response is read, and what of it at these places.
async fn reads(fact: &str, id: &str, body: Value, expected: &[(&str, Value)]) {
    let operation = operation(id);
    let outcome = call(&client(&body), id, &Samples::new(operation)).expect("a call").await;
    let read = outcome.decoded.unwrap_or_else(|error| panic!("{fact} {id}: {error}"));
    for (place, value) in expected {
        let found = read.pointer(place).unwrap_or(&Value::Null);
        assert_eq!(found, value, "{fact} {id} {place}: {read}");
    }
}

#[tokio::test]
async fn numbers_come_as_text_and_text_as_numbers() {
    let entry = json!({ "path": "universes/1/ordered-data-stores/S/scopes/global/entries/k", "id": "k", "value": "42" });
    reads("OD-06", "ordered_data_stores.get_entry", entry.clone(), &[("/value", json!(42.0))]).await;
    reads("OD-01", "ordered_data_stores.get_value", entry, &[("/value", json!(42))]).await;
    let quotas =
        json!({ "assetQuotas": [{ "path": "users/1/asset-quotas/2", "usage": "3", "capacity": "10" }] });
    reads(
        "US-09",
        "users.list_asset_quotas",
        quotas,
        &[("/assetQuotas/0/usage", json!(3)), ("/assetQuotas/0/capacity", json!(10))],
    )
    .await;
    let asset = json!({
        "path": "assets/7", "assetId": "7", "assetType": "Model", "revisionCreateTime": "2024-07-01T02:03:04.123456789Z",
        "creationContext": { "creator": { "userId": "12" } }, "moderationResult": { "moderationState": "Approved" },
        "state": "Active",
    });
    let creator = ("/creationContext/creator/userId", json!(12));
    reads("AS-03", "assets.get", asset, &[("/assetId", json!(7)), creator]).await;
    reads("AS-04", "assets.get", json!({ "assetId": 7 }), &[("/assetId", json!(7))]).await;
    let server = json!({ "gameServers": [{
        "createTime": "2026-08-03T01:02:03.1234567+00:00", "placeId": "5", "placeVersion": "12", "playerIds": [1, 2],
        "uptime": "00:05:02.0020000", "frameRate": null,
    }], "activeServersFetchError": null, "totalCount": 1 });
    reads("SV-01", "servers.list", server, &[("/gameServers/0/playerIds", json!([1, 2]))]).await;
}

#[tokio::test]
async fn what_is_absent_or_null_says_nothing() {
    let stores = json!({ "dataStores": [{ "path": "universes/1/data-stores/S", "id": "S" }] });
    reads("DS-01", "data_stores.list", stores, &[("/dataStores/0/id", json!("S"))]).await;
    let raw = json!({ "dataStoreEntries": [{ "path": "universes/1/data-stores/S/entries/user/123", "id": "user/123" }] });
    // Never the last segment of the path: the key stands in it as it is.
    reads("DS-02", "data_stores.list_entries", raw, &[("/dataStoreEntries/0/id", json!("user/123"))]).await;
    reads("DS-11", "data_stores.set_value", json!({ "version": "v1" }), &[("/version", json!("v1"))]).await;
    let stores = json!({ "datastores": [{ "name": "S", "createdTime": "2024-01-01T00:00:00Z" }], "nextPageCursor": "" });
    reads("DS-08", "data_stores.list_names", stores, &[("/datastores/0/name", json!("S"))]).await;
    let keys = json!({ "keys": [{ "key": "k" }, { "key": "l", "scope": "s" }], "nextPageCursor": "" });
    reads("DS-08", "data_stores.list_keys", keys, &[("/keys/1/key", json!("l"))]).await;
    let product = json!({ "path": "creator-store-products/x", "userSeller": "1001", "restrictions": [] });
    reads("CS-01", "creator_store.get_product", product, &[("/userSeller", json!("1001"))]).await;
    let secrets = json!({ "secrets": [{ "id": "s", "key_id": "77", "domain": "" }], "nextPageCursor": null });
    reads("SE-02", "secrets.list", secrets, &[("/secrets/0/key_id", json!("77"))]).await;
    let pass = json!({ "gamePassId": 5, "name": "n", "priceInformation": null, "iconAssetId": 0 });
    reads("GP-06", "game_passes.get", pass, &[("/name", json!("n")), ("/priceInformation", Value::Null)])
        .await;
    reads(
        "TH-01",
        "thumbnails.get_avatar_3d",
        json!({ "targetId": 1, "state": "Pending" }),
        &[("/state", json!("Pending"))],
    )
    .await;
    let item = json!({ "id": "a/b", "path": "universes/1/memory-store/sorted-maps/M/items/a%2Fb", "value": 1,
        "numericSortKey": null, "etag": "1" });
    reads(
        "MS-11",
        "memory_stores.get_sorted_map_item",
        item,
        &[("/id", json!("a/b")), ("/etag", json!("1"))],
    )
    .await;
    let plural = json!({ "path": "universes/1/memory-stores/sorted-maps/M/items/a%2Fb", "value": 1 });
    reads("MS-10", "memory_stores.get_sorted_map_item", plural, &[("/id", json!("a/b"))]).await;
    let log = json!({ "logs": [{ "user": "users/7", "place": "182", "moderator": { "robloxUser": "45" } }] });
    reads("UR-03", "user_restrictions.list_logs", log, &[("/logs/0/place", json!("182"))]).await;
    let location = json!({ "location": "https://x", "isRecordable": true, "isArchived": false, "assetTypeId": 10,
        "assetMetadatas": [{ "metadataType": 1, "value": "v" }] });
    let expected = [
        ("/isRecordable", json!(true)),
        ("/assetTypeId", json!(10)),
        ("/assetMetadatas/0/value", json!("v")),
    ];
    reads("AS-12", "assets.get_delivery_location", location, &expected).await;
    let versions = json!({ "assetVersions": [{ "path": "assets/7/versions/2", "moderationResult": {} }] });
    let path = [("/assetVersions/0/path", json!("assets/7/versions/2"))];
    reads("AS-08", "assets.list_versions", versions.clone(), &path).await;
    reads("AS-08", "assets.list_versions", versions["assetVersions"].clone(), &path).await;
    let task = json!({
        "path": "universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5", "state": "PROCESSING", "user": "9",
        "script": "return 1", "binaryInput": "", "binaryOutputUri": "", "enableBinaryOutput": false, "timeout": "60s",
    });
    let expected = [("/state", json!("PROCESSING")), ("/user", json!("9"))];
    reads("LX-01, LX-02, LX-03", "luau.create_task", task.clone(), &expected).await;
    reads("LX-03", "luau.get_task", task, &expected).await;
}

/// PG-01, PG-02, OD-05, MS-09: how each service says that a list is at its end, and that it is empty.
#[tokio::test]
async fn lists_end_and_are_empty_in_many_ways() {
    for (id, items, token) in [
        ("user_restrictions.list", "userRestrictions", "nextPageToken"),
        ("data_stores.list", "dataStores", "nextPageToken"),
        ("ordered_data_stores.list_entries", "orderedDataStoreEntries", "nextPageToken"),
        ("memory_stores.list_sorted_map_items", "items", "nextPageToken"),
        ("game_passes.list", "gamePasses", "nextPageToken"),
        ("secrets.list", "secrets", "nextPageCursor"),
    ] {
        for end in [None, Some(Value::Null), Some(json!(""))] {
            for empty in [None, Some(Value::Null), Some(json!([])), Some(json!([{ "id": "1" }]))] {
                let mut page = json!({ "tomorrow": 7, "alsoTomorrow": [] });
                let count = empty.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
                if let Some(empty) = empty {
                    page[items] = empty;
                }
                if let Some(end) = end.clone() {
                    page[token] = end;
                }
                let found =
                    list(&client(&page), id, &Samples::from_beginning(operation(id))).expect("a list").await;
                let found = found.unwrap_or_else(|error| panic!("{id}: {error}: {page}"));
                assert_eq!(found.len(), count, "{id}: {page}");
            }
        }
    }
}

/// AS-01, AS-02, AN-01, AN-03, IN-01: operations that are done in the first response.
#[tokio::test]
async fn operations_are_done_at_once() {
    let asset = json!({ "path": "assets/7", "assetId": "7", "state": "Active" });
    for (id, body, place, value) in [
        (
            "assets.create",
            json!({ "path": "operations/a", "operationId": "a", "done": true, "response": asset }),
            "/assetId",
            json!(7),
        ),
        (
            "analytics.query_metrics",
            json!({ "done": true, "metadata": { "createdTime": "2026-08-03T00:00:00+00:00" }, "path": "v1/universes/1/operations/metrics/a",
                "response": { "values": [{ "breakdowns": [], "dataPoints": [{ "time": "2026-08-03T00:00:00+00:00" }] }] } }),
            "/values/0/breakdowns",
            json!([]),
        ),
        (
            "instances.get",
            json!({ "path": "universes/1/places/2/instances/3/operations/4", "done": true, "response": {
                "@type": "type.googleapis.com/x", "path": "universes/1/places/2/instances/3", "hasChildren": true,
                "engineInstance": { "Id": "3", "Name": "W", "Details": {} } } }),
            "/hasChildren",
            json!(true),
        ),
    ] {
        let outcome =
            wait(&client(&body), id, &Samples::from_beginning(operation(id))).expect("a starter").await;
        let (_, result) = outcome.unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(result.pointer(place), Some(&value), "{id}: {result}");
    }
}
