use serde_json::{Value, json};

use crate::common::Client;
use crate::keys;

const BANS: &str = "/cloud/v2/universes/1/user-restrictions";

fn ban(active: bool) -> Value {
    json!({ "gameJoinRestriction": { "active": active } })
}

/// UR-01
#[tokio::test]
async fn a_list_of_nobody_is_an_empty_list() {
    for client in [Client::start().await, Client::by_document().await] {
        assert_eq!(client.get(BANS).await.ok(), json!({ "userRestrictions": [], "nextPageToken": "" }));
    }
}

/// UR-02, UR-05
#[tokio::test]
async fn the_log_tells_less_than_the_document_says() {
    let fields = [
        "active",
        "createTime",
        "displayReason",
        "excludeAltAccounts",
        "moderator",
        "place",
        "privateReason",
    ];
    let live = Client::start().await;
    live.patch(&format!("{BANS}/5?idempotencyKey.key=one"), &ban(true)).await.ok();
    live.patch(&format!("{BANS}/5?idempotencyKey.key=one"), &ban(true)).await.ok();
    live.patch(&format!("{BANS}/5"), &ban(false)).await.ok();
    let logs = live.get(&format!("{BANS}:listLogs")).await.ok()["logs"].clone();
    assert_eq!(logs.as_array().map(Vec::len), Some(2), "one for each key");
    for log in logs.as_array().expect("logs") {
        assert_eq!(keys(log)[..fields.len()], fields);
        assert_eq!((&log["place"], &log["moderator"]["robloxUser"]), (&json!(""), &json!("users/1")));
        assert!(log.get("restrictionType").is_none() && log.get("startTime").is_none());
    }
    assert_eq!(logs[0]["active"], false);
    live.assert_responses_fit();

    let document = Client::by_document().await;
    document.patch(&format!("{BANS}/5"), &ban(true)).await.ok();
    let log = document.get(&format!("{BANS}:listLogs")).await.ok()["logs"][0].clone();
    assert!(log["startTime"].is_string() && log["restrictionType"].is_object());
}

/// UR-06, UR-08
#[tokio::test]
async fn a_restriction_is_wrapped_and_has_a_time_once_it_was_written() {
    let live = Client::start().await;
    live.patch(&format!("{BANS}/5"), &json!({ "active": true })).await.refused(400);
    assert_eq!(live.get(&format!("{BANS}/5")).await.ok().get("updateTime"), None);
    let long = json!({ "gameJoinRestriction": { "active": true, "duration": "31540000s" } });
    let banned = live.patch(&format!("{BANS}/5"), &long).await.ok();
    assert_eq!(banned["gameJoinRestriction"]["duration"], "31540000s");
    assert!(banned["updateTime"].is_string());
    live.assert_responses_fit();

    let document = Client::by_document().await;
    assert!(document.get(&format!("{BANS}/5")).await.ok()["updateTime"].is_string());
}

/// UR-07
#[tokio::test]
async fn a_list_takes_a_filter_and_looks_at_nothing_of_it() {
    let client = Client::start().await;
    client.patch(&format!("{BANS}/5"), &ban(true)).await.ok();
    let listed = client.get(&format!("{BANS}?filter=user%20%3D%3D%20%27users%2F9%27")).await.ok();
    assert_eq!(listed["userRestrictions"].as_array().map(Vec::len), Some(1));
}
