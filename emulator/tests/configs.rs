//! Configuration over HTTP: drafts, their hashes, publishing and the way back.

mod common;

use common::Client;
use opencloud_emulator::Emulator;
use serde_json::{Value, json};

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
    assert_eq!(entries(&client).await, json!({}));
    assert_eq!(publish(&client, &hash, "first").await, 1);
    assert_eq!(entries(&client).await, json!({ "speed": 16, "shop": { "open": true, "sale": 10 } }));
    // JSON merge: what is not named stays, what is null goes.
    let hash = patch(&client, json!({ "speed": null, "shop": { "sale": null } })).await;
    let draft = client.get(&at("/draft")).await.ok();
    assert_eq!(draft["draftHash"], hash);
    assert_eq!(draft["entries"]["speed"]["value"], Value::Null);
    assert_eq!(publish(&client, &hash, "second").await, 2);
    assert_eq!(entries(&client).await, json!({ "shop": { "open": true } }));
    assert_eq!(client.get(&at("/draft")).await.ok()["entries"], json!({}));
    let full = client.get(&at("/full")).await.ok();
    assert_eq!(full["metadata"]["configVersion"], 2);
    assert_eq!(full["entries"]["shop"]["value"], json!({ "open": true }));
    client.assert_answers_fit();
}

/// Whoever names a hash only changes the draft that they know.
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

/// The document says `draftHash`, the guide `previousDraftHash`: who is not strict takes both at their word.
#[tokio::test]
async fn a_lenient_emulator_reads_the_hash_under_the_name_of_the_guide() {
    let builder = Emulator::builder().strict(false);
    let client = Client::of(builder.start().await.expect("started"));
    let old = patch(&client, json!({ "a": 1 })).await;
    patch(&client, json!({ "b": 2 })).await;
    let stale = json!({ "previousDraftHash": old, "entries": { "a": 3 } });
    client.patch(&at("/draft"), &stale).await.refused(409);
}

#[tokio::test]
async fn a_draft_can_be_dropped() {
    let client = Client::start().await;
    let hash = patch(&client, json!({ "a": 1 })).await;
    let dropped =
        client.send(client.request("DELETE", &at("/draft")).json(&json!({ "draftHash": hash }))).await;
    let empty = dropped.ok()["draftHash"].clone();
    assert_eq!(client.get(&at("/draft")).await.ok()["entries"], json!({}));
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
    client.assert_answers_fit();
}
