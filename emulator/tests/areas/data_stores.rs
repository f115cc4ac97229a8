//! Data stores over HTTP, in both APIs, and ordered data stores.

use std::time::Duration;

use crate::common::{Client, Response, encode, number};
use serde_json::{Value, json};

const STORE: &str = "/cloud/v2/universes/1/data-stores/inventory";
const ENTRIES: &str = "/cloud/v2/universes/1/data-stores/inventory/entries";
const V1: &str = "/datastores/v1/universes/1/standard-datastores";

async fn create(client: &Client, key: &str, value: Value) -> Response {
    let target = format!("{ENTRIES}?id={}", encode(key));
    client.post(&target, &json!({ "value": value })).await
}

fn entry(key: &str) -> String {
    format!("{ENTRIES}/{}", encode(key))
}

#[tokio::test]
async fn an_entry_is_created_once() {
    let client = Client::start().await;
    let created = create(&client, "k", json!({ "coins": 10 })).await.ok();
    assert_eq!(created["path"], "universes/1/data-stores/inventory/entries/k");
    assert_eq!(created["state"], "ACTIVE");
    let refused = create(&client, "k", json!(1)).await;
    assert_eq!(refused.json()["code"], "INVALID_ARGUMENT");
    refused.refused(400);
    let read = client.get(&entry("k")).await.ok();
    assert_eq!(read, created);
    client.get(&entry("x")).await.refused(404);
    create(&client, &"k".repeat(51), json!(1)).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn an_update_replaces_everything() {
    let client = Client::start().await;
    let target = entry("k");
    let whole = json!({ "value": 1, "users": ["users/5"], "attributes": { "a": "b" } });
    client.patch(&target, &whole).await.refused(404);
    let upsert = format!("{target}?allowMissing=true");
    let written = client.patch(&upsert, &whole).await.ok();
    assert_eq!(written["users"], json!(["users/5"]));
    assert_eq!(written["attributes"], json!({ "a": "b" }));
    let replaced = client.patch(&target, &json!({ "value": null })).await.ok();
    assert_eq!(replaced["users"], json!([]));
    assert_eq!(replaced["attributes"], json!({}));
    assert_eq!(replaced["value"], Value::Null);
    client.patch(&target, &json!({ "users": [] })).await.refused(400);
    let wrong = json!({ "value": 1, "users": ["5"] });
    client.patch(&target, &wrong).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn an_etag_guards_an_update() {
    let client = Client::start().await;
    let first = create(&client, "k", json!(1)).await.ok();
    let guarded = json!({ "value": 2, "etag": first["etag"] });
    let target = entry("k");
    client.patch(&target, &guarded).await.ok();
    let response = client.patch(&target, &guarded).await;
    assert_eq!(response.json()["code"], "ABORTED");
    response.refused(409);
}

#[tokio::test]
async fn revisions_are_addressed_with_an_at() {
    let client = Client::start().await;
    let first = create(&client, "k", json!(1)).await.ok();
    client.emulator.advance(Duration::from_secs(3_600));
    client.patch(&entry("k"), &json!({ "value": 2 })).await.ok();
    let revision = first["revisionId"].as_str().expect("a revision");
    let value = async |id: &str| client.get(&entry(id)).await.ok()["value"].clone();
    assert_eq!(value(&format!("k@{revision}")).await, 1);
    assert_eq!(value("k@latest").await, 2);
    assert_eq!(value("k@latest:2026-01-02T03:30:00Z").await, 1);
    assert_eq!(value("k@latest:2026-01-02T04:10:00Z").await, 2);
    client.get(&entry("k@latest:2026-01-02T05:00:00Z")).await.refused(400);
    client.get(&entry("k@latest:1969-01-01T00:00:00Z")).await.refused(400);
    client.get(&entry("k@unknown")).await.refused(400);
    let (revisions, _) = client.all(&format!("{}:listRevisions", entry("k")), "dataStoreEntries").await;
    assert_eq!(revisions.len(), 2);
    assert_eq!(revisions[1]["id"], format!("k@{revision}"));
    assert!(revisions[1].get("value").is_none());
    let filter = encode("revision_create_time <= 2026-01-02T03:30:00Z");
    let target = format!("{}:listRevisions?filter={filter}", entry("k"));
    let (old, _) = client.all(&target, "dataStoreEntries").await;
    assert_eq!(old.len(), 1);
    client.assert_responses_fit();
}

#[tokio::test]
async fn an_at_is_part_of_the_key_when_writing() {
    let client = Client::start().await;
    let odd = format!("{}?allowMissing=true", entry("k@1"));
    client.patch(&odd, &json!({ "value": 5 })).await.ok();
    client.get(&entry("k@1")).await.refused(400);
    assert_eq!(client.get(&entry("k@1@latest")).await.ok()["value"], 5);
}

#[tokio::test]
async fn deleting_is_soft() {
    let client = Client::start().await;
    let first = create(&client, "k", json!(1)).await.ok();
    assert_eq!(client.delete(&entry("k")).await.status, 200);
    client.delete(&entry("k")).await.refused(404);
    client.get(&entry("k")).await.refused(404);
    let (listed, _) = client.all(ENTRIES, "dataStoreEntries").await;
    assert!(listed.is_empty());
    let (listed, _) = client.all(&format!("{ENTRIES}?showDeleted=true"), "dataStoreEntries").await;
    assert_eq!(listed.len(), 1);
    let revision = first["revisionId"].as_str().expect("a revision");
    assert_eq!(client.get(&entry(&format!("k@{revision}"))).await.ok()["value"], 1);
    let again = create(&client, "k", json!(2)).await.ok();
    assert_eq!(again["value"], 2);
    client.emulator.advance(Duration::from_secs(31 * 86_400));
    client.get(&entry(&format!("k@{revision}"))).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn incrementing_creates_and_clears() {
    let client = Client::start().await;
    let target = format!("{}:increment", entry("count"));
    let body = json!({ "amount": 5, "users": ["users/1"], "attributes": { "a": 1 } });
    assert_eq!(client.post(&target, &body).await.ok()["value"], 5);
    let second = client.post(&target, &json!({ "amount": -7 })).await.ok();
    assert_eq!(second["value"], -2);
    assert_eq!(second["users"], json!([]));
    create(&client, "text", json!("a")).await.ok();
    let target = format!("{}:increment", entry("text"));
    client.post(&target, &json!({ "amount": 1 })).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn scopes_are_separate_and_a_dash_is_all_of_them() {
    let client = Client::start().await;
    let scoped = |scope: &str| format!("{STORE}/scopes/{scope}/entries");
    for (scope, key) in [("a", "k1"), ("a", "k2"), ("b", "k1")] {
        let target = format!("{}?id={key}", scoped(scope));
        client.post(&target, &json!({ "value": scope })).await.ok();
    }
    create(&client, "k0", json!("global")).await.ok();
    let list = async |target: String| {
        let (entries, _) = client.all(&target, "dataStoreEntries").await;
        entries.iter().map(|entry| entry["path"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(ENTRIES.to_owned()).await.len(), 1);
    assert_eq!(list(scoped("a")).await.len(), 2);
    let all = list(scoped("-")).await;
    assert_eq!(all.len(), 4);
    assert!(all[0].contains("/scopes/a/entries/k1"), "{all:?}");
    let global = format!("{}/k0", scoped("global"));
    assert_eq!(client.get(&global).await.ok()["value"], "global");
    client.assert_responses_fit();
}

#[tokio::test]
async fn lists_are_filtered_by_prefix_and_paged() {
    let client = Client::start().await;
    for index in 0..25 {
        create(&client, &format!("user-{index:02}"), json!(index)).await.ok();
    }
    create(&client, "other", json!(1)).await.ok();
    let filter = encode("id.startsWith(\"user-\")");
    let (found, pages) = client.all(&format!("{ENTRIES}?filter={filter}"), "dataStoreEntries").await;
    assert_eq!((found.len(), pages), (25, 3));
    let first = found[0].as_object().expect("an object");
    assert_eq!(first.keys().collect::<Vec<_>>(), ["id", "path"]);
    let found = async |prefix: &str| {
        let filter = encode(&format!("id.startsWith(\"{prefix}\")"));
        client.all(&format!("{ENTRIES}?filter={filter}"), "dataStoreEntries").await.0.len()
    };
    assert_eq!(found("global/user-0").await, 10, "as the guide writes it");
    assert_eq!(found("g").await, 0, "a part of the scope's name is no prefix of a key");
    let wrong = encode("id.endsWith(\"x\")");
    client.get(&format!("{ENTRIES}?filter={wrong}")).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn keys_may_hold_anything() {
    let client = Client::start().await;
    for key in ["a/b", "a b", "a%20b", "ü", "a:increment", "?", "#"] {
        create(&client, key, json!(key)).await.ok();
        assert_eq!(client.get(&entry(key)).await.ok()["value"], key);
    }
}

#[tokio::test]
async fn stores_are_deleted_and_had_back() {
    let client = Client::start().await;
    create(&client, "k", json!(1)).await.ok();
    let deleted = client.delete(STORE).await.ok();
    assert_eq!(deleted["state"], "DELETED");
    assert_eq!(deleted["expireTime"], "2026-02-01T03:04:05.000000Z");
    client.get(&entry("k")).await.refused(404);
    let stores = "/cloud/v2/universes/1/data-stores";
    let (listed, _) = client.all(stores, "dataStores").await;
    assert!(listed.is_empty());
    let (listed, _) = client.all(&format!("{stores}?showDeleted=true"), "dataStores").await;
    assert_eq!(listed.len(), 1);
    let restored = client.post(&format!("{STORE}:undelete"), &json!({})).await.ok();
    assert_eq!(restored["state"], "ACTIVE");
    client.get(&entry("k")).await.ok();
    client.delete("/cloud/v2/universes/1/data-stores/none").await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_list_of_stores_can_have_an_empty_page_in_the_middle() {
    let client = Client::start().await;
    let stores = "/cloud/v2/universes/1/data-stores";
    for number in 0..515 {
        let store = format!("{stores}/s{number:03}");
        client.post(&format!("{store}/entries?id=k"), &json!({ "value": 1 })).await.ok();
        if number != 514 {
            client.delete(&store).await.ok();
        }
    }
    let page = client.get(stores).await.ok();
    assert_eq!(page["dataStores"], json!([]));
    let token = page["nextPageToken"].as_str().expect("a token");
    assert!(!token.is_empty());
    let (found, pages) = client.all(stores, "dataStores").await;
    assert_eq!((found.len(), pages), (1, 2));
}

#[tokio::test]
async fn one_snapshot_a_day() {
    let client = Client::start().await;
    let target = "/cloud/v2/universes/1/data-stores:snapshot";
    let first = client.post(target, &json!({})).await.ok();
    assert_eq!(first["newSnapshotTaken"], true);
    client.emulator.advance(Duration::from_secs(60));
    let second = client.post(target, &json!({})).await.ok();
    assert_eq!(second["newSnapshotTaken"], false);
    assert_eq!(second["latestSnapshotTime"], first["latestSnapshotTime"]);
    client.emulator.advance(Duration::from_secs(86_400));
    assert_eq!(client.post(target, &json!({})).await.ok()["newSnapshotTaken"], true);
    client.assert_responses_fit();
}

// v1

fn v1_entry(key: &str) -> String {
    format!("{V1}/datastore/entries/entry?datastoreName=inventory&entryKey={}", encode(key))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn v1_set(client: &Client, target: &str, body: &'static str) -> Response {
    let request = client.request("POST", target).body(body);
    client.send(request.header("content-type", "application/json")).await
}

#[tokio::test]
async fn both_apis_are_over_one_state() {
    let client = Client::start().await;
    let request = client
        .request("POST", &v1_entry("k"))
        .header("content-type", "application/json")
        .header("content-md5", "sTf90fedVsft8zZf6nUg8g==")
        .header("roblox-entry-userids", "[1,2]")
        .header("roblox-entry-attributes", r#"{"a":"b"}"#)
        .body("750");
    let version = client.send(request).await.ok();
    assert_eq!(version["contentLength"], 3);
    let entry = client.get(&entry("k")).await.ok();
    assert_eq!(entry["value"], 750);
    assert_eq!(entry["users"], json!(["users/1", "users/2"]));
    let read = client.get(&v1_entry("k")).await;
    assert_eq!(read.header("content-md5"), "sTf90fedVsft8zZf6nUg8g==");
    assert_eq!(read.header("roblox-entry-userids"), "[1,2]");
    assert_eq!(read.header("roblox-entry-attributes"), r#"{"a":"b"}"#);
    assert_eq!(read.header("roblox-entry-created-time"), "2026-01-02T03:04:05.0000000+00:00");
    assert_eq!(read.text, "750");
    client.assert_responses_fit();
}

#[tokio::test]
async fn v1_conditions() {
    let client = Client::start().await;
    let version = v1_set(&client, &format!("{}&exclusiveCreate=true", v1_entry("k")), "1").await.ok();
    let again = v1_set(&client, &format!("{}&exclusiveCreate=true", v1_entry("k")), "2").await;
    // What is there comes along (DS-09).
    assert_eq!((again.header("roblox-entry-version"), again.text.as_str()), (text(&version["version"]), "1"));
    again.refused(412);
    let id = version["version"].as_str().expect("a version");
    let matching = format!("{}&matchVersion={id}", v1_entry("k"));
    v1_set(&client, &matching, "2").await.ok();
    v1_set(&client, &matching, "3").await.refused(412);
    let nothing = v1_set(&client, &format!("{}&matchVersion={id}", v1_entry("none")), "1").await;
    assert_eq!(nothing.json()["errorDetails"][0]["errorDetailType"], "DatastoreErrorInfo");
    nothing.refused(412);
    let request = client.request("POST", &v1_entry("k")).header("content-md5", "x").body("4");
    let request = request.header("content-type", "application/json");
    client.send(request).await.refused(400);
    v1_set(&client, &v1_entry("k"), "{").await.refused(400);
}

/// "Only that one sub-code is printed in the docs": the cursor's.
#[tokio::test]
async fn v1_names_what_is_wrong_with_a_cursor() {
    let client = Client::start().await;
    let stores = "/datastores/v1/universes/2001/standard-datastores";
    let store = "datastoreName=sample-store";
    for list in [
        format!("{stores}?"),
        format!("{stores}/datastore/entries?{store}&"),
        format!("{stores}/datastore/entries/entry/versions?{store}&entryKey=sample-entry&"),
    ] {
        let refused = client.get(&format!("{list}cursor=x")).await;
        assert_eq!(refused.json()["errorDetails"][0]["datastoreErrorCode"], "InvalidCursor", "{list}");
        refused.refused(400);
    }
}

#[tokio::test]
async fn v1_increments_deletes_and_lists() {
    let client = Client::start().await;
    let increment = format!("{V1}/datastore/entries/entry/increment?datastoreName=inventory&entryKey=n");
    for expected in [1, 2] {
        let request = client.request("POST", &increment).header("content-length", "0");
        assert_eq!(client.send(request).await.ok(), expected);
    }
    v1_set(&client, &v1_entry("m"), "\"x\"").await.ok();
    assert_eq!(client.delete(&v1_entry("m")).await.status, 204);
    let gone = client.get(&v1_entry("m")).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""), "it was there (DS-10)");
    client.get(&v1_entry("never")).await.refused(404);
    let list = format!("{V1}/datastore/entries?datastoreName=inventory&limit=1");
    let first = client.get(&list).await.ok();
    assert_eq!(first["keys"], json!([{ "key": "m" }]));
    let cursor = first["nextPageCursor"].as_str().expect("a cursor");
    let last = client.get(&format!("{list}&cursor={cursor}")).await.ok();
    assert_eq!(last["keys"], json!([{ "key": "n" }]));
    assert_eq!(last["nextPageCursor"], "");
    let all = format!("{V1}/datastore/entries?datastoreName=inventory&allScopes=true&prefix=global%2Fn");
    assert_eq!(client.get(&all).await.ok()["keys"], json!([{ "key": "n", "scope": "global" }]));
    let stores = client.get(V1).await.ok();
    assert_eq!(stores["datastores"][0]["name"], "inventory");
    let versions = format!(
        "{V1}/datastore/entries/entry/versions?datastoreName=inventory&entryKey=m&sortOrder=Descending"
    );
    let versions = client.get(&versions).await.ok();
    assert_eq!(versions["versions"][0]["deleted"], true);
    let id = versions["versions"][1]["version"].as_str().expect("a version");
    let version = format!(
        "{V1}/datastore/entries/entry/versions/version?datastoreName=inventory&entryKey=m&versionId={id}"
    );
    assert_eq!(client.get(&version).await.ok(), "x");
    client.assert_responses_fit();
}

// Ordered

const ORDERED: &str = "/cloud/v2/universes/1/ordered-data-stores/scores/scopes/global/entries";
const ORDERED_V1: &str = "/ordered-data-stores/v1/universes/1/orderedDataStores/scores/scopes/global/entries";

#[tokio::test]
async fn ordered_entries_are_listed_by_value() {
    let client = Client::start().await;
    for (id, value) in [("a", 30.4), ("b", 10.5), ("c", 20.0)] {
        client.post(&format!("{ORDERED}?id={id}"), &json!({ "value": value })).await.ok();
    }
    client.post(&format!("{ORDERED}?id=a"), &json!({ "value": 1 })).await.refused(400);
    let ids = async |query: &str| {
        let (entries, _) =
            client.all(&format!("{ORDERED}?maxPageSize=2{query}"), "orderedDataStoreEntries").await;
        entries.iter().map(|entry| entry["id"].as_str().expect("id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, ["b", "c", "a"]);
    assert_eq!(ids("&orderBy=value%20desc").await, ["a", "c", "b"]);
    let filter = encode("entry >= 11 && entry <= 20");
    assert_eq!(ids(&format!("&filter={filter}")).await, ["b", "c"]);
    client.get(&format!("{ORDERED}?filter=entry%3E%3D1")).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn ordered_entries_in_both_apis() {
    let client = Client::start().await;
    let target = format!("{ORDERED}/a");
    client.patch(&target, &json!({ "value": 1 })).await.refused(404);
    client.patch(&format!("{target}?allowMissing=true"), &json!({ "value": 1 })).await.ok();
    let v1 = format!("{ORDERED_V1}/a");
    let added = client.post(&format!("{v1}:increment"), &json!({ "amount": 4 })).await.ok();
    assert_eq!(added["value"], "5");
    assert_eq!(number(&client.get(&target).await.ok()["value"]), 5);
    assert_eq!(client.delete(&v1).await.status, 200);
    assert_eq!(client.delete(&v1).await.status, 200);
    client.delete(&target).await.refused(404);
    client.post(&format!("{ORDERED_V1}?id=b"), &json!({ "value": 9 })).await.ok();
    let list = client.get(&format!("{ORDERED_V1}?order_by=desc&max_page_size=1")).await.ok();
    assert_eq!(list["entries"][0]["id"], "b");
    client.assert_responses_fit();
}

/// A page of v1 comes from one partition: it may be short although the list goes on.
#[tokio::test]
async fn pages_of_v1_end_where_their_partition_does() {
    let client = Client::start().await;
    let base = "/datastores/v1/universes/9/standard-datastores";
    for key in ["1", "A", "B", "a", "b", "c"] {
        let target = format!("{base}/datastore/entries/entry?datastoreName=s&entryKey={key}");
        client.post(&target, &json!(1)).await.ok();
    }
    let (mut pages, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(query) = cursor {
        let target = format!("{base}/datastore/entries?datastoreName=s&limit=10{query}");
        let page = client.get(&target).await.ok();
        let keys = page["keys"].as_array().expect("keys").iter();
        pages.push(keys.map(|one| one["key"].as_str().expect("a key").to_owned()).collect::<String>());
        let next = page["nextPageCursor"].as_str().filter(|next| !next.is_empty());
        cursor = next.map(|next| format!("&cursor={next}"));
    }
    assert_eq!(pages, ["1", "AB", "abc"]);
}

#[tokio::test]
async fn what_is_removed_between_two_pages_hides_nothing_in_any_order() {
    let client = Client::start().await;
    let ordered = "/cloud/v2/universes/9/ordered-data-stores/many/scopes/global/entries";
    let sorted = "/cloud/v2/universes/9/memory-store/sorted-maps/many/items";
    for (base, items, by_value, descending) in [
        (ordered, "orderedDataStoreEntries", "value", "value desc"),
        (sorted, "items", "", "id desc"),
        (sorted, "items", "id", "id desc"),
    ] {
        for order in [by_value, descending] {
            for number in 0..20 {
                let key = f64::from(number * 7 % 20) / 10.0;
                let item = match items {
                    "items" => json!({ "value": number, "numericSortKey": key }),
                    _ => json!({ "value": key * 10.0 }),
                };
                client.post(&format!("{base}?id=item-{number:02}"), &item).await.ok();
            }
            let list = format!("{base}?maxPageSize=3&orderBy={}", encode(order));
            let (expected, _) = client.all(&list, items).await;
            let (mut found, mut token) = (Vec::new(), String::new());
            loop {
                let page = client.get(&format!("{list}&pageToken={token}")).await.ok();
                for item in page[items].as_array().into_iter().flatten() {
                    let id = item["id"].as_str().expect("an id");
                    assert_eq!(client.delete(&format!("{base}/{id}")).await.status, 200);
                    found.push(item.clone());
                }
                token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!((found.len(), &found), (20, &expected), "{order}");
        }
    }
}

/// A list goes on after the last key that it gave, whatever has become of that one.
#[tokio::test]
async fn what_is_deleted_between_two_pages_hides_nothing() {
    let client = Client::start().await;
    let entries = "/cloud/v2/universes/2001/data-stores/many/entries";
    for number in 0..30 {
        client.post(&format!("{entries}?id=key-{number:02}"), &json!({ "value": number })).await.ok();
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{entries}?maxPageSize=7&pageToken={token}")).await.ok();
        for entry in page["dataStoreEntries"].as_array().into_iter().flatten() {
            let id = entry["id"].as_str().expect("an id").to_owned();
            assert_eq!(client.delete(&format!("{entries}/{id}")).await.status, 200);
            found.push(id);
        }
        token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    let expected: Vec<_> = (0..30).map(|number| format!("key-{number:02}")).collect();
    assert_eq!(found, expected);
    let all = client.get(&format!("{entries}?maxPageSize=100&showDeleted=true")).await.ok();
    assert_eq!(all["dataStoreEntries"].as_array().map(Vec::len), Some(30));
    client.emulator.advance(Duration::from_secs(31 * 86_400));
    let later = client.get(&format!("{entries}?showDeleted=true")).await.ok();
    assert_eq!(later, json!({}), "deleted for more than thirty days");
}
