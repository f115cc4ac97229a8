use std::time::Duration;

use opencloud_emulator::{Emulator, Shapes};
use serde_json::{Value, json};

use crate::common::{Client, encode, start_time};
use crate::{keys, text};

const ENTRIES: &str = "/cloud/v2/universes/1/data-stores/inventory/entries";
const V1: &str = "/datastores/v1/universes/1/standard-datastores";

async fn create(client: &Client, key: &str, value: Value) -> Value {
    client.post(&format!("{ENTRIES}?id={}", encode(key)), &json!({ "value": value })).await.ok()
}

/// How many digits of a second a time has.
fn digits(time: &Value) -> usize {
    let text = text(time);
    let fraction = text.split_once('.').map(|(_, fraction)| fraction.trim_end_matches('Z'));
    fraction.map_or(0, str::len)
}

/// DS-01
#[tokio::test]
async fn some_stores_do_not_tell_when_they_were_created() {
    for shapes in [Shapes::Live, Shapes::Document] {
        let builder = Emulator::builder().frozen_at(start_time()).shapes(shapes);
        let client = Client::of(builder.start().await.expect("started"));
        for number in 0..20 {
            let target = format!("/cloud/v2/universes/1/data-stores/s{number}/entries?id=k");
            client.post(&target, &json!({ "value": 1 })).await.ok();
        }
        let (stores, _) = client.all("/cloud/v2/universes/1/data-stores", "dataStores").await;
        let told = stores.iter().filter(|store| store.get("createTime").is_some()).count();
        assert_eq!(stores.len(), 20);
        match shapes {
            Shapes::Document => assert_eq!(told, 20),
            _ => assert!(told > 0 && told < 20, "{told} of 20"),
        }
        client.assert_responses_fit();
    }
}

/// DS-02, DS-03
#[tokio::test]
async fn a_key_stands_in_the_path_as_it_is_and_times_have_any_number_of_digits() {
    let live = Client::start().await;
    let entry = create(&live, "user/1 2", json!(1)).await;
    assert_eq!(entry["path"], "universes/1/data-stores/inventory/entries/user/1 2");
    assert_eq!((digits(&entry["createTime"]), digits(&entry["revisionCreateTime"])), (9, 7));
    let snapshot = live.post("/cloud/v2/universes/1/data-stores:snapshot", &json!({})).await.ok();
    assert_eq!(digits(&snapshot["latestSnapshotTime"]), 0);
    assert_eq!(snapshot["newSnapshotTaken"], true);
    let again = live.post("/cloud/v2/universes/1/data-stores:snapshot", &json!({})).await.ok();
    assert_eq!(again["newSnapshotTaken"], false, "DS-07");
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let entry = create(&document, "user/1 2", json!(1)).await;
    assert_eq!(entry["path"], "universes/1/data-stores/inventory/entries/user%2F1%202");
    assert_eq!((digits(&entry["createTime"]), digits(&entry["revisionCreateTime"])), (3, 3));
}

/// DS-04, DS-06
#[tokio::test]
async fn a_replaced_revision_is_not_found_and_nonsense_is_invalid() {
    let client = Client::start().await;
    let first = create(&client, "k", json!(1)).await;
    let entry = format!("{ENTRIES}/k");
    for value in 2..=5 {
        client.patch(&entry, &json!({ "value": value })).await.ok();
    }
    let (revisions, _) = client.all(&format!("{entry}:listRevisions"), "dataStoreEntries").await;
    assert_eq!(revisions.len(), 1, "four overwrites within the hour leave one");
    let replaced = format!("{entry}%40{}", text(&first["revisionId"]));
    let message = client.get(&replaced).await.refused(404);
    assert!(message.contains("Entry not found at revision"), "{message}");
    let message = client.get(&format!("{entry}%40nonsense")).await.refused(400);
    assert!(message.contains("Invalid version id."), "{message}");
}

/// DS-05
#[tokio::test]
async fn a_deleted_entry_has_a_revision_on_top() {
    let client = Client::start().await;
    let first = create(&client, "k", json!({ "kept": true })).await;
    let entry = format!("{ENTRIES}/k");
    assert_eq!(client.delete(&entry).await.status, 200);
    client.get(&entry).await.refused(404);
    assert_eq!(client.get(ENTRIES).await.ok(), json!({}), "the list hides it");
    let shown = client.get(&format!("{ENTRIES}?showDeleted=true")).await.ok();
    assert_eq!(shown["dataStoreEntries"][0]["id"], "k");
    let (revisions, _) = client.all(&format!("{entry}:listRevisions"), "dataStoreEntries").await;
    let states: Vec<_> = revisions.iter().map(|revision| text(&revision["state"])).collect();
    assert_eq!(states, ["DELETED", "ACTIVE"]);
    let read = client.get(&format!("{entry}%40{}", text(&first["revisionId"]))).await.ok();
    assert_eq!(read["value"], json!({ "kept": true }));
}

fn v1_entry(key: &str) -> String {
    format!("{V1}/datastore/entries/entry?datastoreName=inventory&entryKey={key}")
}

async fn v1_set(client: &Client, target: &str, body: &'static str) -> crate::common::Response {
    let request = client.request("POST", target).header("content-type", "application/json");
    client.send(request.header("roblox-entry-userids", "[7]").body(body)).await
}

/// DS-08, DS-09, DS-10, DS-12
#[tokio::test]
async fn v1_has_its_own_ends_conflicts_and_tombstones() {
    let live = Client::start().await;
    let written = v1_set(&live, &v1_entry("k"), r#"{"message":"mine"}"#).await.ok();
    let conflict = v1_set(&live, &format!("{}&exclusiveCreate=true", v1_entry("k")), "1").await;
    assert_eq!((conflict.status, conflict.text.as_str()), (412, r#"{"message":"mine"}"#));
    assert_eq!(conflict.header("roblox-entry-version"), text(&written["version"]));
    assert_eq!(conflict.header("roblox-entry-userids"), "[7]");
    let list = live.get(&format!("{V1}/datastore/entries?datastoreName=inventory")).await.ok();
    assert_eq!(list, json!({ "keys": [{ "key": "k" }], "nextPageCursor": "" }));
    let stores = live.get(V1).await.ok();
    assert_eq!(
        (keys(&stores), &stores["nextPageCursor"]),
        (vec!["datastores", "nextPageCursor"], &json!(""))
    );
    assert_eq!(keys(&stores["datastores"][0]), ["createdTime", "name"]);
    let deleted = live.delete(&v1_entry("k")).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let gone = live.get(&v1_entry("k")).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    live.get(&v1_entry("never")).await.refused(404);

    let document = Client::by_document().await;
    v1_set(&document, &v1_entry("k"), "1").await.ok();
    v1_set(&document, &format!("{}&exclusiveCreate=true", v1_entry("k")), "1").await.refused(409);
    assert_eq!(document.get(V1).await.ok()["nextPageCursor"], Value::Null);
    document.delete(&v1_entry("k")).await;
    document.get(&v1_entry("k")).await.refused(404);
}

/// DS-14, DS-15
#[tokio::test]
async fn a_buffer_of_a_game_only_shows_and_is_gone_once_it_is_written() {
    let long = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let seed = json!({ "dataStores": [
        { "universe": 1, "store": "maps", "key": "short", "buffer": "AAEC" },
        { "universe": 1, "store": "maps", "key": "long", "buffer": long },
    ] });
    let builder = Emulator::builder().frozen_at(start_time()).seed(seed.to_string().parse().expect("a seed"));
    let client = Client::of(builder.start().await.expect("started"));
    let entry = |key: &str| format!("/cloud/v2/universes/1/data-stores/maps/entries/{key}");
    let short = client.get(&entry("short")).await.ok()["value"].clone();
    assert_eq!(short, json!({ "m": null, "t": "buffer", "base64": "AAEC" }));
    let shown = client.get(&entry("long")).await.ok()["value"].clone();
    assert_eq!(keys(&shown), ["m", "t", "zbase64"]);
    // The emulator's state tells a buffer from what looks like one.
    let is_buffer = |index: usize| {
        let place = format!("dataStores/universes/1/stores/maps/entries/{index}/1/versions");
        let versions = client.emulator.state().get(&place).expect("versions");
        let last = versions.as_array().and_then(|versions| versions.last()).cloned().expect("a version");
        last["is_buffer"] == true
    };
    assert!(is_buffer(0) && is_buffer(1));
    client.emulator.advance(Duration::from_secs(60));
    client.patch(&entry("long"), &json!({ "value": shown })).await.ok();
    assert_eq!(client.get(&entry("long")).await.ok()["value"], shown, "it looks the same");
    assert!(!is_buffer(0) && is_buffer(1), "but it is a table now");
    for wrong in [json!({ "value": 1, "buffer": "AAEC" }), json!({}), json!({ "buffer": "?" })] {
        let mut entry = json!({ "universe": 1, "store": "s", "key": "k" });
        entry.as_object_mut().expect("an object").extend(wrong.as_object().expect("an object").clone());
        let seed = json!({ "dataStores": [entry] }).to_string().parse().expect("a seed");
        assert!(Emulator::builder().seed(seed).start().await.is_err());
    }
}

/// RE-01, RE-03
#[tokio::test]
async fn templates_for_erasure_are_an_entry_of_a_configuration() {
    let client = Client::start().await;
    let repository = "/creator-configs-public-api/v1/configs/universes/7/repositories/DataStoresConfig";
    let key = json!({
        "data_store_type": "STANDARD", "data_store_name": "Inventory", "key_pattern": "User_{UserId}",
    });
    let templates = json!([{ "key_template": key }]);
    let draft = json!({ "entries": { "user_data_templates": templates } });
    let hash = client.patch(&format!("{repository}/draft"), &draft).await.ok()["draftHash"].clone();
    let publish = json!({ "draftHash": hash, "message": "templates", "deploymentStrategy": "Immediate" });
    client.post(&format!("{repository}/publish"), &publish).await.ok();
    assert_eq!(client.get(repository).await.ok()["entries"]["user_data_templates"], templates);
}
