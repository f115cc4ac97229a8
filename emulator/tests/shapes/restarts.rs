use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Client;
use crate::{keys, text};

const RESTARTS: &str = "/server-management/v1/universes/2001/restarts";
const ALL: &str = "/cloud/v2/universes/2001:restartServers";

async fn status(client: &Client, id: &Value) -> Value {
    client.get(RESTARTS).await.ok()["restartStatuses"][text(id)]["placeRestartStatuses"]["3001"].clone()
}

/// SV-06, SV-07, SV-08
#[tokio::test]
async fn a_restart_is_told_of_with_everything_in_its_place() {
    let live = Client::start().await;
    let launched = live.post(RESTARTS, &json!({ "bleedOffDurationMinutes": 240 })).await.ok();
    let delaying = status(&live, &launched["id"]).await;
    assert_eq!(
        keys(&delaying),
        [
            "endTime",
            "filter",
            "latestVersion",
            "remainingInstances",
            "remainingPlayers",
            "startTime",
            "state",
            "totalInstances",
            "totalPlayers"
        ]
    );
    assert_eq!((&delaying["state"], &delaying["endTime"]), (&json!("DELAYING"), &Value::Null));
    assert_eq!(delaying["latestVersion"], "3");
    // It is remembered as the versions that it chose.
    assert_eq!(delaying["filter"], json!({ "versions": [2, 3], "excludeCurrentVersion": null }));
    assert_eq!(delaying["startTime"], "2026-01-02T07:04:05.0000000Z");
    assert_eq!(delaying["totalInstances"], launched["instancesImpacted"]);
    live.emulator.advance(Duration::from_secs(240 * 60));
    assert_eq!(status(&live, &launched["id"]).await["state"], "RESTARTING");
    live.emulator.advance(Duration::from_secs(6));
    let done = status(&live, &launched["id"]).await;
    assert_eq!(
        (&done["state"], &done["endTime"]),
        (&json!("SUCCEEDED"), &json!("2026-01-02T07:04:11.0000000Z"))
    );
    live.post(RESTARTS, &json!({ "bleedOffDurationMinutes": 241 })).await.refused(400);
    live.post(RESTARTS, &json!({ "bleedOffDurationMinutes": 0 })).await.refused(400);
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let launched = document.post(RESTARTS, &json!({})).await.ok();
    let delaying = status(&document, &launched["id"]).await;
    assert!(delaying.get("endTime").is_none() && delaying.get("latestVersion").is_none());
    document.assert_responses_fit();
}

/// SV-08: what a restart means for the servers.
#[tokio::test]
async fn after_a_restart_the_old_servers_are_gone() {
    let client = Client::start().await;
    let versions = async || {
        let target = "/server-management/v1/universes/2001/places/3001/game-servers:filter-options";
        client.get(target).await.ok()["filters"]["PlaceVersion"]["values"].clone()
    };
    assert_eq!(versions().await, json!([2, 3]));
    let old = json!({ "places": { "3001": { "excludeCurrentVersion": true } } });
    let launched = client.post(RESTARTS, &old).await.ok();
    assert_eq!(launched["instancesImpacted"], 1);
    client.emulator.advance(Duration::from_secs(6));
    assert_eq!(versions().await, json!([3]));
    let servers = "/server-management/v1/universes/2001/places/3001/versions/2/game-servers?MaxPageSize=100";
    let servers = client.get(servers).await.ok();
    assert!(
        servers["gameServers"]
            .as_array()
            .expect("servers")
            .iter()
            .any(|server| server["status"] == "restarted")
    );
    // No server runs an old version any more (SV-10).
    client.post(RESTARTS, &old).await.refused(500);
}

/// SV-09, SV-10
#[tokio::test]
async fn a_place_without_servers_has_nothing_to_restart() {
    let client = Client::start().await;
    client.patch("/cloud/v2/universes/2001/places/3001", &json!({ "displayName": "No servers" })).await.ok();
    let nothing = json!({
        "id": "00000000-0000-0000-0000-000000000000", "instancesImpacted": 0, "playersImpacted": 0
    });
    assert_eq!(client.post(RESTARTS, &json!({})).await.ok(), nothing);
    assert_eq!(client.post(RESTARTS, &json!({ "places": { "3001": {} } })).await.ok(), nothing);
    let old = json!({ "places": { "3001": { "excludeCurrentVersion": true } } });
    for _ in 0..2 {
        client.post(RESTARTS, &old).await.refused(500);
        client.post(ALL, &json!({ "placeIds": [3001] })).await.refused(500);
    }
    client.post(ALL, &json!({ "placeIds": [3001], "closeAllVersions": true })).await.ok();
    client.post(ALL, &json!({})).await.ok();
    assert_eq!(client.get(RESTARTS).await.ok()["restartStatuses"], json!({}), "nothing of it is recorded");
    client.assert_responses_fit();
}

/// SV-11
#[tokio::test]
async fn a_launch_takes_more_than_the_document_says() {
    let client = Client::start().await;
    client.get("/cloud/v2/universes/8/places/88").await.ok();
    let odd = json!({
        "places": { "3001": { "versions": [2], "excludeCurrentVersion": true, "more": 1 } }, "unknown": true
    });
    client.post(RESTARTS, &odd).await.ok();
    let text_ids =
        json!({ "placeIds": ["3001"], "closeAllVersions": true, "bleedOffDurationMinutes": 60, "odd": 1 });
    client.post(ALL, &text_ids).await.ok();
    client.post(ALL, &json!({ "bleedOffDurationMinutes": 61 })).await.refused(400);
    let missing = client.post(ALL, &json!({ "placeIds": [88] })).await;
    assert_eq!(missing.json()["code"], "NOT_FOUND");
    missing.refused(404);
    let foreign = client.post(RESTARTS, &json!({ "places": { "88": {} } })).await;
    assert_eq!(keys(&foreign.json()), ["error"], "a sentence alone (ER-08)");
    foreign.refused(400);
}

#[tokio::test]
async fn a_forecast_is_of_all_places_that_have_servers() {
    let client = Client::start().await;
    for (place, name) in [(3001, "Lobby"), (3002, "Arena"), (3003, "Empty, no servers")] {
        let change = json!({ "displayName": name });
        client.patch(&format!("/cloud/v2/universes/2001/places/{place}"), &change).await.ok();
    }
    let forecast = client.get(&format!("{RESTARTS}:forecast")).await.ok();
    assert_eq!(keys(&forecast["placeForecasts"]), ["3001", "3002"]);
    assert_eq!(keys(&forecast["placeForecasts"]["3002"]["instancesPerVersion"]), ["2", "3"]);
    client.assert_responses_fit();
}
