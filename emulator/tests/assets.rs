//! Assets over HTTP.

mod common;

use std::time::Duration;

use common::{Answer, Client};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

fn form(request: &Value, file: Option<(&'static str, &'static [u8])>) -> Form {
    let form = Form::new().text("request", request.to_string());
    match file {
        Some((content_type, bytes)) => {
            let part = Part::bytes(bytes).file_name("file");
            form.part("fileContent", part.mime_str(content_type).expect("a type"))
        }
        None => form,
    }
}

fn model(name: &str) -> Value {
    json!({
        "assetType": "Model",
        "displayName": name,
        "description": "A model.",
        "creationContext": { "creator": { "userId": 156 } }
    })
}

const RBXM: Option<(&str, &[u8])> = Some(("model/x-rbxm", b"<roblox!"));

async fn create(client: &Client, form: Form) -> Answer {
    let request = client.request("POST", "/assets/v1/assets").multipart(form);
    client.send(request).await
}

async fn update(client: &Client, target: &str, form: Form) -> Answer {
    client.send(client.request("PATCH", target).multipart(form)).await
}

async fn finish(client: &Client, started: Value) -> Value {
    let path = started["path"].as_str().expect("a path");
    let target = format!("/assets/v1/{path}");
    assert_eq!(client.get(&target).await.ok()["done"], false);
    client.get(&target).await.ok()
}

/// Uploads a model; the answer is its number.
async fn upload(client: &Client, name: &str) -> String {
    let started = create(client, form(&model(name), RBXM)).await.ok();
    assert!(started.get("done").is_none());
    let done = finish(client, started).await;
    assert_eq!(done["done"], true);
    let path = done["response"]["path"].as_str().expect("a path");
    path.trim_start_matches("assets/").to_owned()
}

#[tokio::test]
async fn an_upload_finishes_later() {
    let client = Client::start().await;
    let id = upload(&client, "My model").await;
    let asset = client.get(&format!("/assets/v1/assets/{id}")).await.ok();
    assert_eq!(asset["displayName"], "My model");
    assert_eq!(asset["assetType"], "ASSET_TYPE_MODEL");
    assert_eq!(asset["revisionCreateTime"], "2026-01-02T03:04:05.000000000Z");
    assert_eq!(asset["moderationResult"]["moderationState"], "MODERATION_STATE_APPROVED");
    let masked = client.get(&format!("/assets/v1/assets/{id}?readMask=displayName")).await.ok();
    assert!(masked.get("description").is_none());
    client.get(&format!("/assets/v1/assets/{id}?readMask=x")).await.refused(400);
    client.get("/assets/v1/assets/1").await.refused(404);
    client.get("/assets/v1/operations/none").await.refused(404);
    client.assert_answers_fit();
}

#[tokio::test]
async fn a_moderated_name_fails_in_the_operation() {
    let client = Client::start().await;
    let started = create(&client, form(&model("moderated thing"), RBXM)).await.ok();
    let done = finish(&client, started).await;
    assert_eq!(done["done"], true);
    assert_eq!(done["error"]["code"], 400);
    assert!(done.get("response").is_none());
    client.assert_answers_fit();
}

#[tokio::test]
async fn what_is_wrong_with_an_upload() {
    let client = Client::start().await;
    let refused = async |request: Value, file: Option<(&'static str, &'static [u8])>| {
        create(&client, form(&request, file)).await.refused(400)
    };
    let with = |name: &str, value: Value| {
        let mut request = model("m");
        request[name] = value;
        request
    };
    assert!(refused(model("m"), None).await.contains("fileContent"));
    assert!(refused(model(""), RBXM).await.contains("displayName"));
    let png: Option<(&str, &[u8])> = Some(("image/png", b"x"));
    assert!(refused(model("m"), png).await.contains("model/fbx"));
    let kind = with("assetType", json!("Hat"));
    assert!(refused(kind, RBXM).await.contains("Hat"));
    let both = with("creationContext", json!({ "creator": { "userId": 1, "groupId": 2 } }));
    assert!(refused(both, RBXM).await.contains("either"));
    let long = with("description", json!("x".repeat(1001)));
    assert!(refused(long, RBXM).await.contains("1000"));
    let shape = with("displayname", json!("m"));
    let message = refused(shape, RBXM).await;
    assert!(message.contains("body.request.displayname"), "{message}");
    let body: Value = serde_json::from_str(&message).expect("JSON");
    assert_eq!(body["code"], 3);
}

#[tokio::test]
async fn metadata_is_updated_at_once_and_content_later() {
    let client = Client::start().await;
    let id = upload(&client, "Before").await;
    let target = format!("/assets/v1/assets/{id}");
    let rename = json!({ "displayName": "After", "description": "ignored" });
    let masked = format!("{target}?updateMask=displayName");
    let changed = update(&client, &masked, form(&rename, None)).await.ok();
    assert_eq!(changed["displayName"], "After");
    assert!(changed.get("done").is_none());
    let asset = client.get(&target).await.ok();
    assert_eq!(asset["displayName"], "After");
    assert_eq!(asset["description"], "A model.");

    let read = client.get(&format!("{target}?readMask=path,displayName,socialLink")).await.ok();
    assert_eq!((read["displayName"].as_str(), read.get("description")), (Some("After"), None));
    client.get(&format!("{target}?readMask=colour")).await.refused(400);

    let unmasked = format!("{target}?updateMask=");
    let started = update(&client, &unmasked, form(&json!({}), RBXM)).await.ok();
    let done = finish(&client, started).await;
    assert_eq!(done["response"]["revisionId"], "2");
    update(&client, &target, form(&rename, None)).await.refused(400);
    let wrong = format!("{target}?updateMask=display_name");
    update(&client, &wrong, form(&rename, None)).await.refused(400);
}

#[tokio::test]
async fn versions_are_listed_and_rolled_back() {
    let client = Client::start().await;
    let versions = "/assets/v1/assets/5001/versions";
    let list = async || {
        let answer = client.get(versions).await.ok();
        let list = answer.get("assetVersions").cloned().unwrap_or(answer);
        list.as_array().expect("a list").clone()
    };
    let before = list().await;
    assert_eq!(before[0]["path"], "assets/5001/versions/3");
    let wanted = Form::new().text("assetVersion", "assets/5001/versions/1");
    let rollback = client.request("POST", &format!("{versions}:rollback")).multipart(wanted);
    let rolled = client.send(rollback).await.ok();
    assert_eq!(rolled["path"], "assets/5001/versions/4");
    assert_eq!(list().await.len(), 4);
    let as_json = json!({ "assetVersion": "assets/5001/versions/2" });
    let rolled = client.post(&format!("{versions}:rollback"), &as_json).await.ok();
    assert_eq!(rolled["path"], "assets/5001/versions/5", "a guide sends JSON, the document has a form");
    client.get(&format!("{versions}/9")).await.refused(404);
    client.get(&format!("{versions}/2")).await.ok();
}

#[tokio::test]
async fn assets_are_archived_and_restored() {
    let client = Client::start().await;
    let act = async |verb: &str| {
        let target = format!("/assets/v1/assets/5001:{verb}");
        client.send(client.request("POST", &target)).await.ok()
    };
    assert_eq!(act("archive").await["state"], "Archived");
    assert_eq!(act("restore").await["state"], "Active");
    client.assert_answers_fit();
}

#[tokio::test]
async fn content_is_delivered_without_a_key() {
    let client = Client::start().await;
    let id = upload(&client, "Delivered").await;
    let target = format!("/asset-delivery-api/v1/assetId/{id}");
    let delivered = client.get(&target).await.ok();
    let location = delivered["location"].as_str().expect("a link");
    let content = reqwest::get(location).await.expect("an answer");
    assert_eq!(content.headers()["content-type"], "model/x-rbxm");
    assert_eq!(content.text().await.expect("text"), "<roblox!");
    client.get(&format!("{target}/version/2")).await.refused(404);
}

#[tokio::test]
async fn uploads_count_against_the_quota() {
    let client = Client::start().await;
    upload(&client, "Counted").await;
    let model = async || {
        let quotas = client.get("/cloud/v2/users/156/asset-quotas").await.ok();
        let quotas = quotas["assetQuotas"].as_array().expect("a list");
        quotas.iter().find(|quota| quota["assetType"] == "MODEL").expect("one").clone()
    };
    let today = model().await;
    assert_eq!((&today["usage"], &today["period"]), (&json!(1), &json!("DAY")));
    client.emulator.advance(Duration::from_secs(86_400));
    let tomorrow = model().await;
    assert_eq!(tomorrow["usage"], 0);
    assert_ne!(tomorrow["usageResetTime"], today["usageResetTime"]);
}

/// What a Python client in use sends: a part of what is said when an asset is made.
#[tokio::test]
async fn an_update_may_say_a_part_of_how_the_asset_was_made() {
    let client = Client::start().await;
    let id = upload(&client, "Made").await;
    let asset = format!("/assets/v1/assets/{id}");
    let before = client.get(&asset).await.ok()["creationContext"].clone();
    let request = json!({
        "assetId": id.parse::<u64>().expect("a number"),
        "creationContext": { "expectedPrice": 0 },
        "displayName": "Renamed",
        "description": null,
    });
    let target = format!("{asset}?updateMask=displayName");
    assert_eq!(update(&client, &target, form(&request, None)).await.ok()["displayName"], "Renamed");
    let content = update(&client, &format!("{asset}?updateMask="), form(&request, RBXM)).await.ok();
    assert_eq!(finish(&client, content).await["done"], true);
    assert_eq!(client.get(&asset).await.ok()["creationContext"], before);
}
