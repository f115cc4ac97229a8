//! Events of an experience over HTTP, and who follows it.

use crate::common::Client;
use opencloud_emulator::Emulator;
use serde_json::{Value, json};

const EVENTS: &str = "/virtual-events/v3/universes/7/game-events";

fn event(title: &str, day: u32) -> Value {
    json!({
        "title": title,
        "subtitle": "A subtitle",
        "startTime": format!("2026-02-{day:02}T10:00:00Z"),
        "endTime": format!("2026-02-{day:02}T11:00:00Z"),
    })
}

/// Null means unchanged, and an empty body changes nothing at all. Nulls are tried without strictness: the
/// document, which clients are made from, has none, as they say nothing.
#[tokio::test]
async fn an_event_is_changed_field_by_field() {
    let builder = Emulator::builder().strict(false);
    let client = Client::of(builder.start().await.expect("started"));
    let created = client.post(EVENTS, &event("Race", 1)).await.ok();
    let id = created["id"].as_str().expect("an id");
    assert!(id.parse::<u64>().expect("a number") > 1 << 53, "{id} would fit into a double");
    let target = format!("/virtual-events/v3/game-events/{id}");
    let config =
        json!({ "title": "Big race", "tagline": null, "config": { "notificationAudience": "rsvp" } });
    let changed = client.patch(&target, &config).await.ok();
    assert_eq!(changed["title"], "Big race");
    assert_eq!(changed["subtitle"], "A subtitle");
    let nothing = json!({ "config": { "notificationAudience": null, "recurrence": null } });
    let same = client.patch(&target, &nothing).await.ok();
    assert_eq!(same["config"]["notificationAudience"], "rsvp");
    assert_eq!(client.patch(&target, &json!({})).await.ok(), same);
    client.patch(&target, &json!({ "endTime": "2026-01-01T00:00:00Z" })).await.refused(400);
    client.patch(&target, &json!({ "visibility": "moderated" })).await.refused(400);
    assert_eq!(client.get(&target).await.ok(), same);
    let deleted = client.delete(&target).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let problem: Value = serde_json::from_str(&client.get(&target).await.refused(404)).expect("JSON");
    assert_eq!(problem["status"], 404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn fields_name_what_is_wanted() {
    let client = Client::start().await;
    let created = client.post(EVENTS, &event("Race", 1)).await.ok();
    let target = format!("/virtual-events/v3/game-events/{}", created["id"].as_str().expect("an id"));
    let some = client.get(&format!("{target}?fields=id,title")).await.ok();
    assert_eq!(some, json!({ "id": created["id"], "title": "Race" }));
    assert_eq!(client.get(&format!("{target}?fields=*")).await.ok(), created);
    client.get(&format!("{target}?fields=id,colour")).await.refused(400);
    let list = client.get(&format!("{EVENTS}?fields=title")).await.ok();
    assert_eq!(list["gameEvents"], json!([{ "title": "Race" }]));
}

/// By their start; the list can be read forwards and back again.
#[tokio::test]
async fn events_are_listed_in_both_directions() {
    let client = Client::start().await;
    for day in [3, 1, 2] {
        client.post(EVENTS, &event(&format!("Day {day}"), day)).await.ok();
    }
    let over = json!({
        "title": "Over",
        "subtitle": "Long ago",
        "startTime": "2025-02-01T10:00:00Z",
        "endTime": "2025-02-01T11:00:00Z",
    });
    client.post(EVENTS, &over).await.ok();
    let titles = |page: &Value| -> Vec<String> {
        let events = page["gameEvents"].as_array().expect("a list").iter();
        events.map(|event| event["title"].as_str().expect("a title").to_owned()).collect()
    };
    // What is over is left out, unless the end is asked about.
    let first = client.get(&format!("{EVENTS}?pageSize=2")).await.ok();
    assert_eq!(titles(&first), ["Day 1", "Day 2"]);
    assert_eq!(first["previousPageToken"], Value::Null);
    let token = first["nextPageToken"].as_str().expect("a token");
    let second = client.get(&format!("{EVENTS}?pageSize=2&pageToken={token}")).await.ok();
    assert_eq!(titles(&second), ["Day 3"]);
    assert_eq!(second["nextPageToken"], Value::Null);
    let back = second["previousPageToken"].as_str().expect("a token");
    let again = client.get(&format!("{EVENTS}?pageSize=2&reverse=true&pageToken={back}")).await.ok();
    assert_eq!(titles(&again), ["Day 1", "Day 2"]);
    let past = client.get(&format!("{EVENTS}?endsBefore=2026-01-01T00%3A00%3A00Z")).await.ok();
    assert_eq!(titles(&past), ["Over"]);
    let unknown = client.get("/virtual-events/v3/universes/8/game-events").await.ok();
    assert_eq!(unknown["gameEvents"], json!([]));
    client.assert_responses_fit();
}

/// US-10: the status in PascalCase, the lists in camelCase.
#[tokio::test]
async fn users_follow_universes() {
    let client = Client::start().await;
    let target = "/legacy-followings/v1/users/156/universes";
    let follow = || client.request("POST", &format!("{target}/7")).header("content-length", "0");
    assert_eq!(client.send(follow()).await.ok(), json!({ "userId": 156, "universeId": 7 }));
    client.send(follow()).await.ok();
    assert_eq!(client.get(target).await.ok(), json!([{ "userId": 156, "universeId": 7 }]));
    let status = client.get(&format!("{target}/7/status")).await.ok();
    assert_eq!((&status["IsFollowing"], &status["FollowingCountByType"]), (&json!(true), &json!(1)));
    let sources = client.get("/legacy-followings/v2/users/156/universes").await.ok();
    assert_eq!(sources["followedSources"], json!({ "7": "2026-01-02T03:04:05.000Z" }));
    client.delete(&format!("{target}/7")).await.ok();
    assert_eq!(client.get(target).await.ok(), json!([]));
    for universe in 1..=200 {
        let follow = client.request("POST", &format!("{target}/{universe}")).header("content-length", "0");
        client.send(follow).await.ok();
    }
    let one_more = client.request("POST", &format!("{target}/201")).header("content-length", "0");
    client.send(one_more).await.refused(400);
    client.assert_responses_fit();
}
