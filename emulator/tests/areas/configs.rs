//! Configuration over HTTP: drafts, their hashes, publishing and the way back.

use crate::common::Client;
use opencloud_emulator::{Emulator, Shapes};
use serde_json::{Map, Value, json};
use std::time::Duration;

const REPOSITORY: &str = "/creator-configs-public-api/v1/configs/universes/7/repositories/InExperienceConfig";

fn at(path: &str) -> String {
    format!("{REPOSITORY}{path}")
}

async fn patch(client: &Client, entries: Value) -> Value {
    client.patch(&at("/draft"), &json!({ "entries": entries })).await.ok()["draftHash"].clone()
}

async fn publish(client: &Client, hash: &Value, message: &str) -> Value {
    let body = json!({ "draftHash": hash, "message": message, "deploymentStrategy": "Immediate" });
    client.post(&at("/publish"), &body).await.ok()["configVersion"].clone()
}

async fn entries(client: &Client) -> Value {
    client.get(REPOSITORY).await.ok()["entries"].clone()
}

/// What a draft says only counts once it is published.
#[tokio::test]
async fn a_draft_is_merged_and_published() {
    let client = Client::start().await;
    let hash = patch(&client, json!({ "speed": 16, "shop": { "open": true, "sale": 10 } })).await;
    // CF-02: nothing is there before it is published.
    client.get(REPOSITORY).await.refused(404);
    client.get(&at("/full")).await.refused(404);
    assert_eq!(publish(&client, &hash, "first").await, 1);
    assert_eq!(entries(&client).await, json!({ "speed": 16, "shop": { "open": true, "sale": 10 } }));
    // JSON merge: what is not named stays, what is null goes.
    let hash = patch(&client, json!({ "speed": null, "shop": { "sale": null } })).await;
    let draft = client.get(&at("/draft")).await.ok();
    assert_eq!(draft["draftHash"], hash);
    assert_eq!(draft["entries"]["speed"]["value"], Value::Null);
    assert_eq!(publish(&client, &hash, "second").await, 2);
    assert_eq!(entries(&client).await, json!({ "shop": { "open": true } }));
    // CF-04: and no draft before something is staged.
    client.get(&at("/draft")).await.refused(404);
    let full = client.get(&at("/full")).await.ok();
    assert_eq!(full["metadata"]["configVersion"], 2);
    assert_eq!(full["entries"]["shop"]["value"], json!({ "open": true }));
    client.assert_responses_fit();
}

/// Whoever names a hash only changes the draft that they know; publishing takes that of the last change (CF-06).
#[tokio::test]
async fn a_hash_that_is_not_the_drafts_is_a_conflict() {
    let client = Client::start().await;
    let old = patch(&client, json!({ "a": 1 })).await;
    let new = patch(&client, json!({ "b": 2 })).await;
    assert_ne!(old, new);
    let stale = json!({ "draftHash": old, "entries": { "a": 3 } });
    client.patch(&at("/draft"), &stale).await.refused(409);
    client.send(client.request("PUT", &at("/draft:overwrite")).json(&stale)).await.refused(409);
    client
        .send(client.request("DELETE", &at("/draft")).json(&json!({ "draftHash": old })))
        .await
        .refused(409);
    client.post(&at("/publish"), &json!({ "draftHash": old })).await.refused(409);
    assert_eq!(publish(&client, &new, "").await, 1);
    assert_eq!(entries(&client).await, json!({ "a": 1, "b": 2 }));
}

/// CF-01: the document says `draftHash`, the guide `previousDraftHash`.
#[tokio::test]
async fn the_hash_may_have_the_name_of_the_guide() {
    for builder in [Emulator::builder(), Emulator::builder().strict(false)] {
        let client = Client::of(builder.start().await.expect("started"));
        let old = patch(&client, json!({ "a": 1 })).await;
        let new = patch(&client, json!({ "b": 2 })).await;
        let stale = json!({ "previousDraftHash": old, "entries": { "a": 3 } });
        client.patch(&at("/draft"), &stale).await.refused(409);
        let known = json!({ "previousDraftHash": new, "entries": { "a": 3 } });
        client.patch(&at("/draft"), &known).await.ok();
    }
}

/// CF-02, CF-04: in the document's shape, what is empty is there.
#[tokio::test]
async fn in_the_documents_shape_an_empty_repository_is_there() {
    let client = Client::shaped(Shapes::Document).await;
    assert_eq!(client.get(REPOSITORY).await.ok()["entries"], json!({}));
    assert_eq!(client.get(&at("/draft")).await.ok()["entries"], json!({}));
}

/// CF-05: the revision is there at once, its values can take a while.
#[tokio::test]
async fn published_values_can_lag_behind_their_revision() {
    let client = Client::start().await;
    let hash = patch(&client, json!({ "a": 1 })).await;
    publish(&client, &hash, "first").await;
    let hash = patch(&client, json!({ "a": 2 })).await;
    publish(&client, &hash, "slowly").await;
    let revisions = client.get(&at("/revisions")).await.ok()["revisions"].clone();
    assert_eq!(revisions[0]["changes"]["a"]["after"], 2);
    // CF-03
    let keys = ["changes", "message", "publishedBy", "revisionId", "time", "version"];
    let found: Vec<_> = revisions[0].as_object().expect("a revision").keys().map(String::as_str).collect();
    assert!(keys.iter().all(|key| found.contains(key)), "{found:?}");
    assert_eq!(entries(&client).await, json!({ "a": 1 }));
    client.emulator.advance(Duration::from_secs(30));
    assert_eq!(entries(&client).await, json!({ "a": 2 }));
}

/// Roblox's guide states how many keys a repository has, and how long they are.
#[tokio::test]
async fn keys_are_limited_in_number_and_length() {
    let client = Client::start().await;
    let long = json!({ "entries": { "k".repeat(251): 1 } });
    assert!(client.patch(&at("/draft"), &long).await.refused(400).contains("250 characters"));
    patch(&client, json!({ "k".repeat(250): 1 })).await;
    let many: Map<String, Value> = (0..99).map(|number| (format!("key {number}"), json!(number))).collect();
    patch(&client, Value::Object(many)).await;
    let more = json!({ "entries": { "one more": 1 } });
    assert!(client.patch(&at("/draft"), &more).await.refused(400).contains("100 keys"));
    let swapped = json!({ "entries": { "one more": 1, "key 1": null } });
    client.patch(&at("/draft"), &swapped).await.ok();
}

#[tokio::test]
async fn a_draft_can_be_dropped() {
    let client = Client::start().await;
    let hash = patch(&client, json!({ "a": 1 })).await;
    let dropped =
        client.send(client.request("DELETE", &at("/draft")).json(&json!({ "draftHash": hash }))).await;
    let empty = dropped.ok()["draftHash"].clone();
    client.get(&at("/draft")).await.refused(404);
    client.post(&at("/publish"), &json!({ "draftHash": empty })).await.refused(400);
}

/// Overwriting says how everything is to be: what is left out goes.
#[tokio::test]
async fn an_overwritten_draft_is_the_whole_of_it() {
    let client = Client::start().await;
    let hash = patch(&client, json!({ "a": 1, "b": 2 })).await;
    publish(&client, &hash, "").await;
    let body = json!({ "entries": { "b": 3 } });
    let hash = client.send(client.request("PUT", &at("/draft:overwrite")).json(&body)).await.ok();
    publish(&client, &hash["draftHash"], "").await;
    assert_eq!(entries(&client).await, json!({ "b": 3 }));
}

/// Restoring only drafts the way back, and drops what was drafted before.
#[tokio::test]
async fn a_revision_is_restored_by_publishing() {
    let client = Client::start().await;
    for number in 1..=3 {
        let hash = patch(&client, json!({ "a": number })).await;
        publish(&client, &hash, &format!("number {number}")).await;
    }
    let revisions = client.get(&at("/revisions")).await.ok()["revisions"].clone();
    let messages: Vec<_> = revisions.as_array().expect("a list").iter().map(|one| &one["message"]).collect();
    assert_eq!(messages, ["number 3", "number 2", "number 1"]);
    assert_eq!(revisions[0]["changes"]["a"], json!({ "before": 2, "after": 3 }));
    let page = client.get(&at("/revisions?Skip=1&MaxPageSize=1")).await.ok()["revisions"].clone();
    assert_eq!(page, json!([revisions[1]]));
    patch(&client, json!({ "other": true })).await;
    let first = revisions[2]["revisionId"].as_str().expect("an id");
    let restore =
        client.request("POST", &at(&format!("/revisions/{first}/restore"))).header("content-length", "0");
    let hash = client.send(restore).await.ok()["draftHash"].clone();
    assert_eq!(entries(&client).await, json!({ "a": 3 }));
    assert_eq!(publish(&client, &hash, "back").await, 4);
    assert_eq!(entries(&client).await, json!({ "a": 1 }));
    let unknown = client.request("POST", &at("/revisions/none/restore")).header("content-length", "0");
    client.send(unknown).await.refused(404);
    client.assert_responses_fit();
}
