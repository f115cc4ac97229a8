//! The state as JSON, and what is there at the beginning.

use std::time::Duration;

use crate::common::{Client, number, start_time};
use opencloud_emulator::{Emulator, Seed};
use serde_json::{Value, json};

const ENTRY: &str = "/cloud/v2/universes/2001/data-stores/s/entries/e";

async fn write(client: &Client) {
    let target = "/cloud/v2/universes/2001/data-stores/s/entries?id=e";
    client.post(target, &json!({ "value": { "a": [1, 2] }, "users": ["users/7"] })).await.ok();
}

#[tokio::test]
async fn a_state_is_dumped_and_loaded_elsewhere() {
    let (one, two) = (Client::start().await, Client::start().await);
    write(&one).await;
    one.emulator.advance(Duration::from_secs(90));
    let dumped = one.emulator.state().dump();
    two.emulator.state().load(&dumped).expect("loaded");
    assert_eq!(two.get(ENTRY).await.ok(), one.get(ENTRY).await.ok());
    let time = async |client: &Client| client.get("/__emulator/clock").await.ok()["time"].clone();
    assert_eq!(time(&two).await, time(&one).await, "time goes on from the dumped one");
    assert_eq!(two.emulator.state().dump(), dumped);
}

#[tokio::test]
async fn the_same_over_http() {
    let client = Client::start().await;
    write(&client).await;
    let dumped = client.get("/__emulator/state").await.ok();
    assert_eq!(dumped["format"], 1);
    assert_eq!(client.post("/__emulator/reset", &json!({})).await.status, 204);
    client.get(ENTRY).await.refused(404);
    let put = client.request("PUT", "/__emulator/state").json(&dumped);
    assert_eq!(client.send(put).await.status, 204);
    client.get(ENTRY).await.ok();
    let store = client.get("/__emulator/state/dataStores/universes/2001/stores/s").await.ok();
    assert_eq!(store["entries"][0][0], json!(["global", "e"]));
    client.get("/__emulator/state/dataStores/nothing").await.refused(404);
}

#[tokio::test]
async fn what_is_no_state_is_refused_and_changes_nothing() {
    let client = Client::start().await;
    write(&client).await;
    let mut dumped = client.emulator.state().dump();
    dumped["format"] = json!(99);
    let error = client.emulator.state().load(&dumped).expect_err("refused").to_string();
    assert!(error.contains("newer version"), "{error}");
    for wrong in [json!({}), json!([]), json!({ "format": 1, "state": { "user": {} } })] {
        client.emulator.state().load(&wrong).expect_err("refused");
    }
    client.get(ENTRY).await.ok();
}

#[tokio::test]
async fn sections_that_are_missing_are_as_at_the_start() {
    let client = Client::start().await;
    write(&client).await;
    client.emulator.state().load(&json!({ "format": 1, "state": {} })).expect("loaded");
    client.get(ENTRY).await.refused(404);
    client.get("/cloud/v2/universes/2001/data-stores/sample-store/entries/sample-entry").await.ok();
    write(&client).await;
    client.emulator.state().reset();
    client.get(ENTRY).await.refused(404);
}

/// The state is read as any JSON is, which common readers follow for 128 levels, and the state itself takes some.
#[tokio::test]
async fn what_is_deep_is_refused_before_it_could_not_be_read_again() {
    let client = Client::start().await;
    let nested = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!([inner]));
    let queue = "/cloud/v2/universes/2001/memory-store/queues/q/items";
    client.post(queue, &json!({ "data": nested(99) })).await.ok();
    let message = client.post(queue, &json!({ "data": nested(100) })).await.refused(400);
    assert!(message.contains("more than 100 levels"), "{message}");
    let tasks = "/cloud/v2/universes/2001/places/3001/luau-execution-session-tasks";
    let table = |levels: usize| "{".repeat(levels) + &"}".repeat(levels);
    for script in [format!("return {}", table(120)), format!("return '\"', {}", table(120))] {
        client.post(tasks, &json!({ "script": script })).await.ok();
    }
    let entries = "/datastores/v1/universes/2001/standard-datastores/datastore/entries";
    let v1 = format!("{entries}/entry?datastoreName=s&entryKey=k");
    let set = |value: String, attributes: Value| {
        let request = client.request("POST", &v1).header("content-type", "application/json");
        client.send(request.header("roblox-entry-attributes", attributes.to_string()).body(value))
    };
    set(nested(100).to_string(), json!({ "a": nested(99) })).await.ok();
    set(nested(101).to_string(), json!({})).await.refused(400);
    set("1".to_owned(), json!({ "a": nested(101) })).await.refused(400);
    let dumped = client.get("/__emulator/state").await.ok();
    client.emulator.state().load(&dumped).expect("loaded");
    let entry =
        json!({ "universe": 1, "store": "s", "key": "k", "value": 1, "attributes": { "a": nested(101) } });
    let refused = seeded(json!({ "dataStores": [entry] })).await.err().expect("a refusal").to_string();
    assert!(refused.contains("more than 100 levels"), "{refused}");
}

async fn seeded(seed: Value) -> std::io::Result<Client> {
    let seed: Seed = seed.to_string().parse().expect("a seed");
    Ok(Client::of(Emulator::builder().frozen_at(start_time()).seed(seed).start().await?))
}

#[tokio::test]
async fn a_seed_is_there_from_the_beginning() {
    let client = seeded(json!({
        "users": [{ "id": 7, "name": "builder", "displayName": "Builder", "premium": true }],
        "inventory": [{ "user": 7, "type": "HAT", "id": 123 }, { "user": 7, "type": "BADGE", "id": 5 }],
        "groups": [{ "id": 4001, "displayName": "Builders", "owner": "users/7", "members": { "7": "Owner", "8": "Member" } }],
        "universes": [{ "id": 2001, "voiceChatEnabled": true, "places": [{ "id": 3001, "displayName": "Lobby" }] }],
        "dataStores": [{ "universe": 2001, "store": "s", "key": "e", "value": { "coins": 3 }, "users": [7] }],
        "orderedDataStores": [{ "universe": 2001, "store": "points", "id": "p7", "value": 12 }],
        "requests": [{
            "method": "POST",
            "path": "/cloud/v2/universes/2001/memory-store/queues/q/items",
            "body": { "data": "first" }
        }]
    }))
    .await
    .expect("started");
    let user = client.get("/cloud/v2/users/7").await.ok();
    assert_eq!(
        (&user["name"], &user["premium"], &user["locale"]),
        (&json!("builder"), &json!(true), &json!("en_us"))
    );
    let items = client.get("/cloud/v2/users/7/inventory-items").await.ok()["inventoryItems"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(2));
    assert_eq!(items[0]["assetDetails"]["assetId"], "123");
    let group = client.get("/cloud/v2/groups/4001").await.ok();
    assert_eq!((&group["displayName"], &group["memberCount"]), (&json!("Builders"), &json!(2)));
    let universe = client.get("/cloud/v2/universes/2001").await.ok();
    assert_eq!((&universe["voiceChatEnabled"], &universe["displayName"]), (&json!(true), &json!("Lobby")));
    assert_eq!(client.get("/cloud/v2/universes/2001/places/3001").await.ok()["displayName"], "Lobby");
    assert_eq!(client.get(ENTRY).await.ok()["value"], json!({ "coins": 3 }));
    let points = "/cloud/v2/universes/2001/ordered-data-stores/points/scopes/global/entries/p7";
    assert_eq!(number(&client.get(points).await.ok()["value"]), 12);
    let queue = "/cloud/v2/universes/2001/memory-store/queues/q/items:read";
    assert_eq!(client.get(queue).await.ok()["queueItems"][0]["data"], "first");
    client.assert_responses_fit();
    assert!(client.emulator.requests().iter().all(|request| request.method == "GET"), "a seed is no traffic");
}

#[tokio::test]
async fn the_example_of_the_readme_can_be_used() {
    let readme = include_str!("../../README.md");
    let example = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let seed = serde_json::from_str(example.expect("an example")).expect("JSON");
    let client = seeded(seed).await.expect("started");
    assert_eq!(client.get("/cloud/v2/users/7").await.ok()["displayName"], "Builder");
    assert_eq!(client.get("/cloud/v2/groups/4001").await.ok()["owner"], "users/7");
}

#[tokio::test]
async fn what_cannot_be_seeded_is_named() {
    let refused = async |seed: Value| match seeded(seed).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    };
    let inventory = json!({ "inventory": [{ "user": 7, "type": "HATS", "id": 1 }] });
    assert!(refused(inventory).await.contains("inventory[0]: `HATS`"));
    let entry = json!({ "dataStores": [{ "universe": 1, "store": "s", "key": "", "value": 1 }] });
    assert!(refused(entry).await.contains("dataStores[0]: The key"));
    let members = json!({ "groups": [{ "id": 1, "members": { "7": "King" } }] });
    assert!(refused(members).await.contains("no such role for the user 7"));
    let user = json!({ "users": [{ "id": 6 }, { "id": 7, "displayNam": "Seven" }] });
    assert!(refused(user).await.contains("users[1].displayNam is not a known property"));
    let place = json!({ "universes": [{ "id": 1, "places": [{ "id": 2, "serverSize": "big" }] }] });
    assert!(refused(place).await.contains("universes[0].places[0].serverSize is not an integer"));
    let request = json!({ "requests": [{ "method": "GET", "path": "/cloud/v2/users/x" }] });
    let error = refused(request).await;
    assert!(
        error.contains("requests[0], GET /cloud/v2/users/x: 400") && error.contains("user_id"),
        "{error}"
    );
}

#[tokio::test]
async fn time_runs_faster_if_it_is_told_to() {
    let emulator = Emulator::builder().speed(1_000_000).start().await.expect("started");
    let client = Client::of(emulator);
    let add = json!({ "data": 1, "ttl": "3600s" });
    client.post("/cloud/v2/universes/1/memory-store/queues/q/items", &add).await.ok();
    // An hour passes in under four milliseconds.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let read = client.get("/cloud/v2/universes/1/memory-store/queues/q/items:read").await.ok();
    assert!(read.get("queueItems").is_none());
}
