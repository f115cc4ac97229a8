//! What takes its time, in the dialects of several services: restarts, thumbnail uploads, instances, analytics.

use crate::common::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;

const RESTARTS: &str = "/server-management/v1/universes/7/restarts";

async fn place_states(client: &Client, id: &str, place: &str) -> Vec<Value> {
    let mut states = Vec::new();
    for _ in 0..4 {
        let list = client.get(RESTARTS).await.ok();
        states.push(list["restartStatuses"][id]["placeRestartStatuses"][place]["state"].clone());
    }
    states
}

/// There is no state for a failure: a place is delaying, restarting and then done.
#[tokio::test]
async fn a_restart_is_followed_place_by_place() {
    let client = Client::start().await;
    let body = json!({ "places": { "1007": {}, "55": { "versions": [2] } }, "bleedOffDurationMinutes": 5 });
    let launched = client.post(RESTARTS, &body).await.ok();
    let id = launched["id"].as_str().expect("an id");
    assert!(launched["instancesImpacted"].as_u64() > Some(0));
    let states = place_states(&client, id, "55").await;
    assert_eq!(states, ["DELAYING", "RESTARTING", "SUCCEEDED", "SUCCEEDED"]);
    let status = client.get(RESTARTS).await.ok()["restartStatuses"][id]["placeRestartStatuses"]["55"].clone();
    assert_eq!(status["remainingInstances"], 0);
    assert_eq!(status["filter"], json!({ "versions": [2], "excludeCurrentVersion": null }));
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_restart_goes_on_when_time_does() {
    let client = Client::start().await;
    let launched = client.post(RESTARTS, &json!({ "bleedOffDurationMinutes": 5 })).await.ok();
    client.emulator.advance(Duration::from_secs(5 * 60));
    // Without places, it is the place that the universe starts in.
    let states = place_states(&client, launched["id"].as_str().expect("an id"), "1007").await;
    assert_eq!(states[0], "RESTARTING");
    client.emulator.advance(Duration::from_secs(60));
    let again = client.post(RESTARTS, &json!({ "bleedOffDurationMinutes": 5 })).await.ok();
    client.emulator.advance(Duration::from_secs(6 * 60));
    let states = place_states(&client, again["id"].as_str().expect("an id"), "1007").await;
    assert_eq!(states[0], "SUCCEEDED");
}

#[tokio::test]
async fn restarts_that_cannot_be_are_refused() {
    let client = Client::start().await;
    client.get("/cloud/v2/universes/8/places/88").await.ok();
    for body in [
        json!({ "places": { "lobby": {} } }),
        json!({ "bleedOffDurationMinutes": 241 }),
        json!({ "attributes": { "long": "x".repeat(500) } }),
    ] {
        let problem: Value =
            serde_json::from_str(&client.post(RESTARTS, &body).await.refused(400)).expect("JSON");
        // ER-08
        assert!(problem["error"].is_string(), "{body}: {problem}");
    }
    // The place of another universe is refused with a sentence alone here, and is not found there (SV-11, ER-08).
    let foreign = client.post(RESTARTS, &json!({ "places": { "88": {} } })).await;
    assert_eq!(foreign.json(), json!({ "error": "The place 88 is not in the universe 7." }));
    foreign.refused(400);
    let restart = "/cloud/v2/universes/7:restartServers";
    client.post(restart, &json!({ "placeIds": [88] })).await.refused(404);
    // The call of v2 responds with nothing, but there is a restart.
    assert_eq!(client.post(restart, &json!({})).await.ok(), json!({}));
    assert_eq!(client.get(RESTARTS).await.ok()["restartStatuses"].as_object().expect("a map").len(), 1);
    client.post(restart, &json!({ "bleedOffDurationMinutes": 61 })).await.refused(400);
}

const THUMBNAILS: &str = "/thumbnail-personalization-api/v1/universes/7";

fn files(names: &[(&'static str, &'static str)]) -> Form {
    names.iter().fold(Form::new(), |form, (name, content_type)| {
        let content = if name.ends_with(".png") { &b"\x89PNG"[..] } else { b"text" };
        let part = Part::bytes(content).file_name(*name).mime_str(content_type).expect("a type");
        form.part("files", part)
    })
}

/// Each file has an operation of its own; all of them are asked for together.
#[tokio::test]
async fn thumbnails_are_uploaded_file_by_file() {
    let client = Client::start().await;
    let form = files(&[("a.png", "image/png"), ("moderated.png", "image/png"), ("c.txt", "text/plain")]);
    let upload = client.request("POST", &format!("{THUMBNAILS}/thumbnails/uploads")).multipart(form);
    let operations = client.send(upload).await.ok()["fileToOperationIdDict"].clone();
    assert_eq!(operations["c.txt"], Value::Null);
    let id = |name: &str| operations[name].as_str().expect("an id").to_owned();
    let (good, bad) = (id("a.png"), id("moderated.png"));
    let target = format!("{THUMBNAILS}/thumbnails/uploads/status?operationIds={good}&operationIds={bad}");
    let status = client.get(&target).await.ok();
    assert_eq!(status["uploadStatus"], 1);
    assert_eq!(status["uploadThumbnailStatusDict"][&good]["moderationStatus"], "Reviewing");
    let list = format!("{THUMBNAILS}/thumbnails");
    assert_eq!(client.get(&list).await.ok()["homepageThumbnails"], json!([]));
    let status = client.get(&target).await.ok();
    assert_eq!(status["uploadStatus"], 2);
    let uploaded = &status["uploadThumbnailStatusDict"];
    assert_eq!(uploaded[&bad], json!({ "moderationStatus": "Rejected" }));
    let thumbnail = uploaded[&good]["homepageThumbnailId"].as_str().expect("an id");
    let listed = client.get(&list).await.ok()["homepageThumbnails"].clone();
    assert_eq!(listed.as_array().expect("a list").len(), 1);
    assert_eq!(listed[0]["homepageThumbnailId"], thumbnail);

    let body = json!({ "homepageThumbnailIds": [thumbnail] });
    let personalization = client.post(&format!("{THUMBNAILS}/personalization/create"), &body).await.ok();
    let shown = client.get(&format!("{THUMBNAILS}/personalization?status=Active")).await.ok();
    assert_eq!(shown["personalizedConfigs"][0]["id"], personalization);
    assert_eq!(client.get(&list).await.ok()["homepageThumbnails"][0]["personalizedConfigStatus"], "Active");
    let deleted = client.delete(&format!("{list}?homepageThumbnailIds={thumbnail},none")).await.ok();
    assert_eq!(deleted, json!({ thumbnail: true, "none": false }));
    client.post(&format!("{THUMBNAILS}/personalization/create"), &body).await.refused(400);
    client.assert_responses_fit();
}

const INSTANCES: &str = "/cloud/v2/universes/7/places/1007/instances";

async fn result(client: &Client, started: Value) -> Value {
    // IN-01: what is small is done at once.
    if started["done"] == true {
        return started;
    }
    let target = format!("/cloud/v2/{}", started["path"].as_str().expect("a path"));
    assert_eq!(client.get(&target).await.ok()["done"], false);
    client.get(&target).await.ok()
}

/// Also reading is an operation, and its response says of what type it is.
#[tokio::test]
async fn instances_are_read_and_changed_by_operations() {
    let client = Client::start().await;
    let started = client.get(&format!("{INSTANCES}/root:listChildren")).await.ok();
    let children = result(&client, started).await["response"].clone();
    let kind = "type.googleapis.com/roblox.open_cloud.cloud.v2.ListInstanceChildrenResponse";
    assert_eq!(children["@type"], kind);
    let names: Vec<_> = children["instances"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|child| child["engineInstance"]["Name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["Workspace", "ServerScriptService"]);
    let body = json!({ "engineInstance": { "Details": { "Script": { "Source": "print(1)" } } } });
    let mask = "updateMask=engineInstance.Details.Script.Source";
    let started = client.patch(&format!("{INSTANCES}/sample?{mask}"), &body).await.ok();
    let script = result(&client, started).await["response"]["engineInstance"].clone();
    assert_eq!(script["Details"]["Script"]["Source"], "print(1)");
    assert_eq!(script["Details"]["Script"]["Enabled"], true);
    assert_eq!(script["Name"], "Main");
    let read = client.get(&format!("{INSTANCES}/sample")).await.ok();
    assert_eq!(result(&client, read).await["response"]["engineInstance"], script);
    client.get(&format!("{INSTANCES}/none")).await.refused(404);
    client.assert_responses_fit();
}

/// A source has at most 200,000 bytes, and a result 500,000: the operation fails with the code 422.
#[tokio::test]
async fn instances_have_limits() {
    let client = Client::start().await;
    let source = |length: usize| json!({ "engineInstance": { "Details": { "Script": { "Source": "x".repeat(length) } } } });
    client.patch(&format!("{INSTANCES}/sample"), &source(200_001)).await.refused(400);
    let module = json!({ "engineInstance": { "Details": { "ModuleScript": { "Source": "" } } } });
    client.patch(&format!("{INSTANCES}/sample"), &module).await.refused(400);
    let started = client.get(&format!("{INSTANCES}/sample:listChildren")).await.ok();
    let children = result(&client, started).await["response"]["instances"].clone();
    for child in children.as_array().expect("a list").iter().take(3) {
        let target = format!("/cloud/v2/{}", child["path"].as_str().expect("a path"));
        client.patch(&target, &source(200_000)).await.ok();
    }
    let started = client.get(&format!("{INSTANCES}/sample:listChildren")).await.ok();
    let over = result(&client, started).await;
    assert_eq!(over["error"]["code"], 422);
    assert!(over.get("response").is_none());
    // In smaller pages it is possible.
    let started = client.get(&format!("{INSTANCES}/sample:listChildren?maxPageSize=2")).await.ok();
    let page = result(&client, started).await["response"].clone();
    assert_eq!(page["instances"].as_array().expect("a list").len(), 2);
    assert_ne!(page["nextPageToken"], "");
}

const ANALYTICS: &str = "/analytics-query-api/v1/universes/7";

fn query(days: u32) -> Value {
    json!({
        "metric": "DailyActiveUsers",
        "granularity": "OneMinute",
        "startTime": "2026-01-01T00:00:00Z",
        "endTime": format!("2026-01-{:02}T00:00:00Z", days + 1),
    })
}

/// 202 as long as it takes, then 200; the same query again is responded to at once.
#[tokio::test]
async fn a_query_is_accepted_and_then_done() {
    let client = Client::start().await;
    let target = format!("{ANALYTICS}/metrics");
    let accepted = client.post(&target, &query(1)).await;
    assert_eq!(accepted.status, 202);
    let path = accepted.json()["path"].as_str().expect("a path").to_owned();
    assert!(path.starts_with("v1/universes/7/operations/metrics/"), "{path}");
    let poll = format!("/analytics-query-api/{path}");
    assert_eq!(client.get(&poll).await.status, 202);
    let response = client.get(&poll).await.ok();
    assert_eq!(response["done"], true);
    assert_eq!(response["response"]["values"][0]["dataPoints"].as_array().expect("points").len(), 1_440);
    assert_eq!(client.post(&target, &query(1)).await.ok(), response);
    client.assert_responses_fit();
}

/// Not every 429 passes with time: code 3000 is a query that is too big.
#[tokio::test]
async fn a_query_that_is_too_big_is_429_with_a_code_of_its_own() {
    let client = Client::start().await;
    let refused = client.post(&format!("{ANALYTICS}/metrics"), &query(7)).await.refused(429);
    let refused: Value = serde_json::from_str(&refused).expect("JSON");
    assert_eq!(refused["error"]["code"], 3000);
    assert_eq!(refused["done"], true);
    let refused = client.post(&format!("{ANALYTICS}/metrics"), &query(0)).await.refused(400);
    assert!(refused.contains("2001"), "{refused}");
}
