//! Assets over HTTP.

use std::time::Duration;

use crate::common::{Client, Response};
use opencloud_emulator::Shapes;
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

async fn create(client: &Client, form: Form) -> Response {
    let request = client.request("POST", "/assets/v1/assets").multipart(form);
    client.send(request).await
}

async fn update(client: &Client, target: &str, form: Form) -> Response {
    client.send(client.request("PATCH", target).multipart(form)).await
}

async fn finish(client: &Client, started: Value) -> Value {
    let path = started["path"].as_str().expect("a path");
    let target = format!("/assets/v1/{path}");
    let first = client.get(&target).await.ok();
    assert_ne!(first["done"], true, "{first}");
    client.get(&target).await.ok()
}

/// Uploads a model; the response is its number.
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
    // AS-03
    assert_eq!(asset["assetType"], "Model");
    assert_eq!(asset["assetId"], *id);
    assert_eq!(asset["creationContext"]["creator"]["userId"], "156");
    assert_eq!(asset["revisionCreateTime"], "2026-01-02T03:04:05.000000000Z");
    assert_eq!(asset["moderationResult"]["moderationState"], "Approved");
    // AS-02, AS-06
    assert_eq!((&asset["state"], &asset["previews"]), (&json!("Active"), &json!([])));
    let masked = client.get(&format!("/assets/v1/assets/{id}?readMask=displayName")).await.ok();
    assert!(masked.get("description").is_none());
    client.get(&format!("/assets/v1/assets/{id}?readMask=x")).await.refused(400);
    client.get("/assets/v1/assets/1").await.refused(404);
    client.get("/assets/v1/operations/none").await.refused(404);
    client.assert_responses_fit();
}

/// AS-03, AS-06, AS-08, AS-18: as the document has it.
#[tokio::test]
async fn an_asset_in_the_documents_shape() {
    let client = Client::shaped(Shapes::Document).await;
    let id = upload(&client, "My model").await;
    let asset = client.get(&format!("/assets/v1/assets/{id}")).await.ok();
    assert_eq!(asset["assetType"], "ASSET_TYPE_MODEL");
    assert!(asset["assetId"].is_number() && asset.get("previews").is_none(), "{asset}");
    assert_eq!(asset["moderationResult"]["moderationState"], "MODERATION_STATE_APPROVED");
    let versions = client.get("/assets/v1/assets/5001/versions").await.ok();
    assert_eq!(versions["assetVersions"][2]["published"], false);
    let delivered = client.get(&format!("/asset-delivery-api/v1/assetId/{id}")).await.ok();
    assert_eq!(delivered.as_object().map(serde_json::Map::len), Some(1));
    client.assert_responses_fit();
}

/// AS-01: `done` is left out until it is true, and some uploads are done at once.
#[tokio::test]
async fn every_third_upload_is_done_at_once() {
    let client = Client::start().await;
    for name in ["one", "two"] {
        let started = create(&client, form(&model(name), RBXM)).await.ok();
        assert_eq!(started.as_object().map(serde_json::Map::len), Some(1), "only the path");
        let poll = format!("/assets/v1/{}", started["path"].as_str().expect("a path"));
        assert_eq!(client.get(&poll).await.ok(), started);
        let done = client.get(&poll).await.ok();
        let id = started["path"].as_str().and_then(|path| path.strip_prefix("operations/"));
        assert_eq!((done["done"].as_bool(), done["operationId"].as_str()), (Some(true), id));
        assert!(done["response"].get("@type").is_none(), "AS-02");
    }
    let done = create(&client, form(&model("three"), RBXM)).await.ok();
    assert_eq!((&done["done"], &done["response"]["displayName"]), (&json!(true), &json!("three")));
    assert!(done["operationId"].is_string());
    client.assert_responses_fit();
}

/// AS-20: fifty characters, not bytes; nothing is created.
#[tokio::test]
async fn a_name_has_fifty_characters_at_most() {
    let long = model(&"\u{e9}".repeat(51));
    let client = Client::start().await;
    let refused = create(&client, form(&long, RBXM)).await;
    assert_eq!(refused.status, 400);
    let expected = json!({ "code": 3, "message": "Asset name length is invalid." });
    assert_eq!(refused.json(), expected);
    client.get("/assets/v1/assets/5002").await.refused(404);
    create(&client, form(&model(&"\u{e9}".repeat(50)), RBXM)).await.ok();
    let rename = form(&json!({ "displayName": "x".repeat(51) }), None);
    let target = "/assets/v1/assets/5002?updateMask=displayName";
    assert!(update(&client, target, rename).await.refused(400).contains("name length is invalid"));
    let document = Client::shaped(Shapes::Document).await;
    assert!(create(&document, form(&long, RBXM)).await.refused(400).contains("longer than 50"));
}

fn picture(asset_type: &str, name: &str) -> Value {
    let mut request = model(name);
    request["assetType"] = json!(asset_type);
    request
}

const PNG: Option<(&str, &[u8])> = Some(("image/png", b"\x89PNG\r\n"));

/// AS-21: of a decal, only its own id is told; the picture in it has another.
#[tokio::test]
async fn the_picture_of_a_decal_has_an_id_that_nobody_tells() {
    let client = Client::start().await;
    let started = create(&client, form(&picture("Decal", "Sign"), PNG)).await.ok();
    let decal = finish(&client, started).await["response"]["assetId"].clone();
    assert_eq!(decal, "5002");
    let inside = client.get("/assets/v1/assets/5003").await.ok();
    assert_eq!(inside["assetType"], "Image");
}

/// ER-05, and what a picture is shows in its bytes.
#[tokio::test]
async fn a_picture_that_is_none_is_refused_in_quotation_marks() {
    let client = Client::start().await;
    let text = Some(("image/png", &b"text"[..]));
    let refused = create(&client, form(&picture("Image", "Sign"), text)).await;
    assert_eq!((refused.status, &refused.json()["message"]), (400, &json!("\"InvalidImage\"")));
    let octets = Some(("application/octet-stream", &b"\x89PNG"[..]));
    create(&client, form(&picture("Image", "Sign"), octets)).await.ok();
    let mut named = model("fine");
    named["description"] = json!("a moderated text");
    let started = create(&client, form(&named, RBXM)).await.ok();
    // AS-15
    let failed = finish(&client, started).await["error"].clone();
    assert_eq!(failed, json!({ "code": 400, "message": "AssetDescription is moderated." }));
}

/// AS-16: it is the form that is limited.
#[tokio::test]
async fn a_form_has_thirty_million_bytes_at_most() {
    let client = Client::start().await;
    let sized = |bytes: usize| {
        let part = Part::bytes(vec![b'x'; bytes]).file_name("file").mime_str("model/x-rbxm").expect("a type");
        Form::new().text("request", model("large").to_string()).part("fileContent", part)
    };
    create(&client, sized(25 * 1024 * 1024)).await.ok();
    assert!(create(&client, sized(30_000_000)).await.refused(413).contains("30000000"));
    let document = Client::shaped(Shapes::Document).await;
    create(&document, sized(25 * 1024 * 1024)).await.refused(413);
}

/// AS-22: the state of a review shows only where the mask names it, and the review ends.
#[tokio::test]
async fn a_review_shows_in_the_mask_and_ends() {
    let client = Client::start().await;
    let id = upload(&client, "in review").await;
    let asset = format!("/assets/v1/assets/{id}");
    assert_eq!(client.get(&asset).await.ok().get("moderationResult"), None);
    let state = async || {
        let masked = client.get(&format!("{asset}?readMask=moderationResult")).await.ok();
        masked["moderationResult"]["moderationState"].clone()
    };
    assert_eq!(state().await, "Reviewing");
    client.emulator.advance(Duration::from_secs(6 * 3_600));
    assert_eq!(state().await, "Approved");
}

/// AS-11, AS-12
#[tokio::test]
async fn what_is_not_delivered_is_a_success_with_errors() {
    let client = Client::start().await;
    let id = upload(&client, "rejected").await;
    let delivery = format!("/asset-delivery-api/v1/assetId/{id}");
    let errors = client.get(&delivery).await.ok();
    assert_eq!((&errors["errors"][0]["code"], errors.get("location")), (&json!(403), None));
    let delivered = client.get("/asset-delivery-api/v1/assetId/5001").await.ok();
    assert_eq!((&delivered["assetTypeId"], &delivered["isArchived"]), (&json!(10), &json!(false)));
    assert!(delivered["assetMetadatas"][0]["value"].is_string(), "{delivered}");
    client.send(client.request("POST", "/assets/v1/assets/5001:archive")).await.ok();
    let errors = client.get("/asset-delivery-api/v1/assetId/5001").await.ok();
    assert_eq!(errors["errors"][0]["code"], 409);
    client.assert_responses_fit();
}

/// AS-17: a success can grant nothing.
#[tokio::test]
async fn permissions_can_be_granted_in_part_or_not_at_all() {
    let client = Client::start().await;
    let id: u64 = upload(&client, "not granted").await.parse().expect("a number");
    let target = "/asset-permissions-api/v1/assets/permissions";
    let wanted = |assets: &[u64]| {
        json!({ "action": "Use", "subjectType": "Universe", "subjectId": "2001",
            "requests": assets.iter().map(|id| json!({ "assetId": id })).collect::<Vec<_>>() })
    };
    let part = client.patch(target, &wanted(&[5001, id])).await.ok();
    assert_eq!(part["successAssetIds"], json!([5001]));
    assert_eq!(part["errors"], json!([{ "assetId": id, "code": "CannotManageAsset" }]));
    assert_eq!(client.patch(target, &wanted(&[id])).await.ok()["successAssetIds"], json!([]));
    client.assert_responses_fit();
}

/// AS-04, AS-07: the ids of a creator as numbers and as text, and a price that is null.
#[tokio::test]
async fn what_clients_write_of_a_creator() {
    let client = Client::start().await;
    let mut request = model("as text");
    request["creationContext"] = json!({ "creator": { "groupId": "4001" }, "expectedPrice": null });
    create(&client, form(&request, RBXM)).await.ok();
    request["creationContext"] = json!({ "creator": { "groupId": 4001 } });
    create(&client, form(&request, RBXM)).await.ok();
}

#[tokio::test]
async fn a_moderated_name_fails_in_the_operation() {
    let client = Client::start().await;
    let started = create(&client, form(&model("moderated thing"), RBXM)).await.ok();
    let done = finish(&client, started).await;
    assert_eq!(done["done"], true);
    assert_eq!(done["error"]["code"], 400);
    assert!(done.get("response").is_none());
    client.assert_responses_fit();
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
    let shape = with("display", json!("m"));
    let message = refused(shape, RBXM).await;
    assert!(message.contains("body.request.display"), "{message}");
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
    // At least one client in use names this beside what it changes.
    let more = format!("{target}?updateMask=displayName,tryAssetSocialLink");
    assert_eq!(update(&client, &more, form(&rename, None)).await.ok()["displayName"], "After");
    let wrong = format!("{target}?updateMask=display_name");
    update(&client, &wrong, form(&rename, None)).await.refused(400);
}

#[tokio::test]
async fn versions_are_listed_and_rolled_back() {
    let client = Client::start().await;
    let versions = "/assets/v1/assets/5001/versions";
    let list = async || {
        let response = client.get(versions).await.ok();
        let list = response.get("assetVersions").cloned().unwrap_or(response);
        list.as_array().expect("a list").clone()
    };
    let before = list().await;
    // AS-08, AS-18: the newest first, and `published` only where it is.
    assert_eq!(before[0]["path"], "assets/5001/versions/3");
    assert_eq!((&before[0]["published"], before[1].get("published")), (&json!(true), None));
    let wanted = Form::new().text("assetVersion", "assets/5001/versions/1");
    let rollback = client.request("POST", &format!("{versions}:rollback")).multipart(wanted);
    let rolled = client.send(rollback).await.ok();
    assert_eq!(rolled["path"], "assets/5001/versions/4");
    assert_eq!(list().await.len(), 4);
    let as_json = json!({ "assetVersion": "assets/5001/versions/2" });
    let rolled = client.post(&format!("{versions}:rollback"), &as_json).await.ok();
    assert_eq!(rolled["path"], "assets/5001/versions/5", "AS-09: JSON and a form");
    client.get(&format!("{versions}/9")).await.refused(404);
    client.get(&format!("{versions}/2")).await.ok();
}

/// AS-18, AS-19: a place is an asset, and what is delivered can be a version behind.
#[tokio::test]
async fn places_have_versions_and_are_delivered() {
    let client = Client::start().await;
    let publish = async |kind: &str, body: String| {
        let target = format!("/universes/v1/2001/places/3001/versions?versionType={kind}");
        let request = client.request("POST", &target).header("content-type", "application/xml").body(body);
        assert_eq!(client.send(request).await.status, 200);
    };
    let rename = json!({ "displayName": "Delivered late" });
    let place = "/cloud/v2/universes/2001/places/3001?updateMask=displayName";
    client.patch(place, &rename).await.ok();
    publish("Published", "<roblox>1</roblox>".to_owned()).await;
    publish("Saved", "<roblox>2</roblox>".to_owned()).await;
    let versions = client.get("/assets/v1/assets/3001/versions").await.ok()["assetVersions"].clone();
    let versions = versions.as_array().expect("a list");
    let newest = versions.len();
    assert_eq!(versions[0]["path"], format!("assets/3001/versions/{newest}"));
    assert_eq!((versions[0].get("published"), &versions[1]["published"]), (None, &json!(true)));
    let location = async || {
        let delivered = client.get("/asset-delivery-api/v1/assetId/3001").await.ok();
        assert_eq!(delivered["assetTypeId"], 9);
        delivered["location"].as_str().expect("a link").to_owned()
    };
    assert!(location().await.ends_with(&format!("/versions/{}", newest - 1)));
    client.emulator.advance(Duration::from_secs(60));
    assert!(location().await.ends_with(&format!("/versions/{newest}")), "saved, not published");
    client.get("/assets/v1/assets/9999/versions").await.refused(404);
    client.assert_responses_fit();
}

/// AS-10: without a body, and the response is the asset.
#[tokio::test]
async fn assets_are_archived_and_restored() {
    let client = Client::start().await;
    let act = async |verb: &str| {
        let target = format!("/assets/v1/assets/5001:{verb}");
        client.send(client.request("POST", &target)).await.ok()
    };
    assert_eq!(act("archive").await["state"], "Archived");
    assert_eq!(act("restore").await["state"], "Active");
    client.assert_responses_fit();
}

/// AS-13
#[tokio::test]
async fn content_is_delivered_without_a_key() {
    let client = Client::start().await;
    let id = upload(&client, "Delivered").await;
    let target = format!("/asset-delivery-api/v1/assetId/{id}");
    let delivered = client.get(&target).await.ok();
    let location = delivered["location"].as_str().expect("a link");
    let content = reqwest::get(location).await.expect("a response");
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
    assert_eq!((&today["usage"], &today["period"]), (&json!("1"), &json!("DAY")));
    client.emulator.advance(Duration::from_secs(86_400));
    let tomorrow = model().await;
    assert_eq!(tomorrow["usage"], "0");
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
