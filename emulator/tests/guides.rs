//! What Roblox's guides and samples, and clients in use, send: retyped, with ids that are there. The emulator takes it.

mod common;

use common::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// The part `request` as `curl --form` sends it: a field without a content type.
fn form(request: &str) -> Form {
    Form::new().text("request", request.to_owned())
}

fn file(form: Form, name: &'static str, content_type: &str) -> Form {
    let part = Part::bytes(&b"<roblox!"[..]).file_name(name).mime_str(content_type).expect("a type");
    form.part("fileContent", part)
}

/// Nothing that was sent breaks the document as the emulator reads it.
fn assert_requests_fit(client: &Client) {
    let recorded = client.emulator.requests();
    assert!(recorded.iter().all(|request| request.violations.is_empty()), "{recorded:#?}");
}

/// `x-roblox-cloud-api-operation-code-samples` of the asset operations.
#[tokio::test]
async fn the_samples_of_the_asset_operations() {
    let client = Client::start().await;
    let create = r#"{
        "assetType": "Model",
        "displayName": "Name",
        "description": "What it is",
        "creationContext": { "creator": { "userId": "156" } }
    }"#;
    let created =
        client.request("POST", "/assets/v1/assets").multipart(file(form(create), "a.fbx", "model/fbx"));
    let path = client.send(created).await.ok()["path"].as_str().expect("a path").to_owned();
    client.get(&format!("/assets/v1/{path}")).await.ok();

    let asset = "/assets/v1/assets/5001";
    client.get(asset).await.ok();
    client.get(&format!("{asset}?readMask=description%2CdisplayName")).await.ok();

    let update = async |query: &str, form: Form| {
        client.send(client.request("PATCH", &format!("{asset}{query}")).multipart(form)).await.ok()
    };
    update("", file(form(r#"{"assetId": 5001 }"#), "a.fbx", "model/fbx")).await;
    let both = r#"{
        "assetType": "Model", "assetId": 5001, "displayName": "New", "description": "Other",
        "creationContext": { "creator": { "userId": 1001 }, "expectedPrice": 0 }
    }"#;
    let query = "?updateMask=description%2CdisplayName";
    update(query, file(form(both), "a.fbx", "model/fbx")).await;
    let previews =
        r#"{"assetId": "5001", "previews": [{"asset": "assets/123", "altText": "What it shows"}]}"#;
    update("?updateMask=previews", form(previews)).await;
    let links = r#"{
        "assetId": "5001",
        "twitchSocialLink": {"title": "Live", "uri": "https://www.twitch.tv/a"},
        "githubSocialLink": {"title": "Code", "uri": "https://github.com/a"}
    }"#;
    update("?updateMask=twitchSocialLink%2CgithubSocialLink", form(links)).await;

    client.get(&format!("{asset}/versions?pageToken=&maxPageSize=")).await.ok();
    client.get(&format!("{asset}/versions/1")).await.ok();
    let rollback = json!({ "assetVersion": "assets/5001/versions/1" });
    client.post(&format!("{asset}/versions:rollback"), &rollback).await.ok();
    for verb in ["archive", "restore"] {
        let request = client.request("POST", &format!("{asset}:{verb}"));
        client.send(request.header("content-type", "application/json")).await.ok();
    }
    assert_requests_fit(&client);
}

/// The samples of the data stores of the first version.
#[tokio::test]
async fn the_samples_of_data_stores_v1() {
    let client = Client::start().await;
    let stores = "/datastores/v1/universes/2001/standard-datastores";
    let entry = format!("{stores}/datastore/entries/entry");
    let coins = "datastoreName=Coins&entryKey=269323";
    let set = client
        .request("POST", &format!("{entry}?{coins}"))
        .header("content-md5", "sTf90fedVsft8zZf6nUg8g==")
        .header("content-type", "application/json")
        .header("roblox-entry-userids", "[269323]")
        .header("roblox-entry-attributes", "{}")
        .body("750");
    let version = client.send(set).await.ok()["version"].as_str().expect("a version").to_owned();
    client.get(&format!("{stores}?prefix=Player&limit=5")).await.ok();
    client.get(&format!("{stores}/datastore/entries?datastoreName=Coins&prefix=&limit=5")).await.ok();
    assert_eq!(client.get(&format!("{entry}?{coins}")).await.text, "750");
    let increment = client.request("POST", &format!("{entry}/increment?{coins}&incrementBy=3"));
    assert_eq!(client.send(increment.header("content-length", "0")).await.text, "753");
    client.get(&format!("{entry}/versions?{coins}&limit=5")).await.ok();
    client.get(&format!("{entry}/versions/version?{coins}&versionId={version}")).await;
    assert_eq!(client.delete(&format!("{entry}?{coins}")).await.status, 204);
    assert_requests_fit(&client);
}

/// The samples of the ordered data stores of the first version.
#[tokio::test]
async fn the_samples_of_ordered_data_stores_v1() {
    let client = Client::start().await;
    let entries = "/ordered-data-stores/v1/universes/2001/orderedDataStores/points/scopes/global/entries";
    client.get(entries).await.ok();
    client.post(&format!("{entries}?id=p7"), &json!({ "value": 12 })).await.ok();
    let entry = format!("{entries}/p7");
    client.get(&entry).await.ok();
    client.patch(&entry, &json!({ "value": 13 })).await.ok();
    client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await.ok();
    assert!(client.delete(&entry).await.status < 300);
    assert_requests_fit(&client);
}

#[tokio::test]
async fn the_sample_of_publishing() {
    let client = Client::start().await;
    let publish = client.request("POST", "/universes/v1/2001/places/3001/versions?versionType=Published");
    let publish = publish.header("content-type", "application/xml").body("<roblox></roblox>");
    let published = client.send(publish).await;
    assert_eq!(published.status, 200, "{}", published.text);
    assert!(published.json()["versionNumber"].is_number());
    assert_requests_fit(&client);
}

/// Guides of notifications: names in snake_case, and what joins and analytics need beside the payload.
#[tokio::test]
async fn the_sample_of_notifications() {
    let client = Client::start().await;
    let sent = json!({
        "source": { "universe": "universes/2001" },
        "payload": {
            "message_id": "5dd7024b-68e3-ac4d-8232-4217f86ca244",
            "type": "MOMENT",
            "parameters": { "key": { "string_value": "Bronze egg" } },
        },
        "join_experience": { "launch_data": "data" },
        "analytics_data": { "category": "Eggs" },
    });
    client.post("/cloud/v2/users/1001/notifications", &sent).await.ok();
    // What stands beside the payload is checked as if it stood in it.
    let mut long = sent;
    long["join_experience"]["launch_data"] = json!("x".repeat(201));
    let refused = client.post("/cloud/v2/users/1002/notifications", &long).await.refused(400);
    assert!(refused.contains("200 bytes"), "{refused}");
}

/// Guides of memory stores, messaging, secrets, restrictions and instances.
#[tokio::test]
async fn samples_of_other_guides() {
    let client = Client::start().await;
    let message = json!({ "message": "Hello, everyone!" });
    let topic = "/messaging-service/v1/universes/2001/topics/Announcements";
    assert_eq!(client.post(topic, &message).await.status, 200);
    let restriction = json!({ "gameJoinRestriction": {
        "active": true, "duration": "3600s", "privateReason": "r", "displayReason": "d",
        "excludeAltAccounts": true,
    } });
    client.patch("/cloud/v2/universes/2001/user-restrictions/7", &restriction).await.ok();
    let inventory =
        "/cloud/v2/users/156/inventory-items?maxPageSize=10&filter=inventoryItemAssetTypes=CLASSIC_PANTS";
    client.get(inventory).await.ok();
    let children = "/cloud/v2/universes/2001/places/3001/instances/root:listChildren";
    client.get(children).await.ok();
    let public = client.get("/cloud/v2/universes/2001/secrets/public-key").await.ok();
    assert!(public["key_id"].is_string(), "SE-02");
    let revisions = "/creator-configs-public-api/v1/configs/universes/2001/repositories/InExperienceConfig";
    client.get(&format!("{revisions}/revisions?MaxPageSize=10")).await.ok();
    assert_requests_fit(&client);
}

/// Names of JSON and of queries in any letter case, as clients of several languages write them.
#[tokio::test]
async fn names_in_any_letter_case() {
    let client = Client::start().await;
    let page = client.get("/cloud/v2/users/156/inventory-items?MaxPageSize=3").await.ok();
    assert_eq!(page["inventoryItems"].as_array().map(Vec::len), Some(3));
    let page = client.get("/cloud/v2/users/156/inventory-items?max_page_size=3").await.ok();
    assert_eq!(page["inventoryItems"].as_array().map(Vec::len), Some(3));
    let message = json!({ "Topic": "news", "MESSAGE": "hello" });
    assert_eq!(client.post("/cloud/v2/universes/2001:publishMessage", &message).await.status, 200);
    let wrong: Value = json!({ "subject": "news" });
    client.post("/cloud/v2/universes/2001:publishMessage", &wrong).await.refused(400);
}

/// TH-01: a picture that is not rendered yet has no address.
#[tokio::test]
async fn pictures_in_three_dimensions_are_pending_at_first() {
    let client = Client::start().await;
    let target = "/v1/assets-thumbnail-3d?assetId=77";
    let pending = client.get(target).await.ok();
    assert_eq!((&pending["state"], pending.get("imageUrl")), (&json!("Pending"), None));
    let done = client.get(target).await.ok();
    assert!(done["state"] == "Completed" && done["imageUrl"].is_string(), "{done}");
    client.assert_responses_fit();
}

/// IN-01: what is small is done in the first response.
#[tokio::test]
async fn instances_are_done_in_the_first_response() {
    let client = Client::start().await;
    let instance = "/cloud/v2/universes/2001/places/3001/instances/sample";
    let done = client.get(instance).await.ok();
    assert_eq!(done["done"], true);
    let kind = "type.googleapis.com/roblox.open_cloud.cloud.v2.Instance";
    assert_eq!(done["response"]["@type"], kind);
    assert_eq!(client.get(&format!("/cloud/v2/{}", done["path"].as_str().expect("a path"))).await.ok(), done);
    let later = client.get(&format!("{instance}:listChildren")).await.ok();
    assert_eq!(later["done"], false);
    client.assert_responses_fit();
    let document = Client::shaped(opencloud_emulator::Shapes::Document).await;
    assert_eq!(document.get(instance).await.ok()["done"], false);
}

/// AN-01, AN-02, AN-03, AN-04
#[tokio::test]
async fn analytics_as_it_was_recorded() {
    let client = Client::start().await;
    let target = "/analytics-query-api/v1/universes/2001/metrics";
    let query = |metric: &str, granularity: &str| {
        json!({ "metric": metric, "granularity": granularity,
            "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-02T00:00:00Z" })
    };
    let started = client.post(target, &query("DailyActiveUsers", "OneMinute")).await;
    assert_eq!(started.status, 202);
    let path = started.json()["path"].as_str().expect("a path").to_owned();
    assert!(path.starts_with("v1/universes/2001/operations/metrics/"), "{path}");
    let poll = format!("/analytics-query-api/{path}");
    client.get(&poll).await;
    let done = client.get(&poll).await.ok();
    let points = done["response"]["values"][0]["dataPoints"].as_array().expect("points").clone();
    assert!(points.iter().all(|point| point.get("status").is_none()));
    assert_eq!(points[0]["time"], "2026-01-01T00:00:00+00:00");
    assert!(points.iter().any(|point| point.get("value").is_none()), "some have no data");
    assert!(done["metadata"]["createdTime"].as_str().is_some_and(|time| time.ends_with("+00:00")));
    let failed = client.post(target, &query("FunnelSteps", "OneDay")).await;
    let keys: Vec<_> = failed.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!((failed.status, keys), (400, vec!["done".to_owned(), "error".to_owned()]));
    assert_eq!(failed.json()["error"]["code"], 2001);
    client.post(target, &query("FunnelSteps", "None")).await;
    client.assert_responses_fit();
}

/// LO-01, LO-02, LO-03
#[tokio::test]
async fn languages_have_roblox_s_own_codes() {
    let client = Client::start().await;
    let icon = |code: &str| {
        let target =
            format!("/legacy-game-internationalization/v1/game-icon/games/2001/language-codes/{code}");
        let part = Part::bytes(&b"\x89PNG"[..]).file_name("a.png").mime_str("image/png").expect("a type");
        client.request("POST", &target).multipart(Form::new().part("Files", part))
    };
    let code = |response: &common::Response| response.json()["errors"][0]["code"].clone();
    for source in ["en", "en_us"] {
        let refused = client.send(icon(source)).await;
        assert_eq!((refused.status, code(&refused)), (400, json!(26)));
    }
    let refused = client.send(icon("de-de")).await;
    assert_eq!((refused.status, code(&refused)), (400, json!(22)));
    for good in ["fr", "zh-hans", "ar_001", "de_de"] {
        assert_eq!(client.send(icon(good)).await.status, 200, "{good}");
    }
    let document = Client::shaped(opencloud_emulator::Shapes::Document).await;
    let target = "/legacy-game-internationalization/v1/badges/1/name/language-codes/en-us";
    assert_ne!(document.patch(target, &json!({ "name": "n" })).await.status, 400);
}

/// AD-01, SE-01
#[tokio::test]
async fn ads_and_secrets_fail_in_part_or_as_a_conflict() {
    let client = Client::start().await;
    let statuses = client
        .post("/ads-management/v1/campaigns:batchGetStatus", &json!({ "campaignIds": ["nobody"] }))
        .await;
    assert_eq!(statuses.status, 200, "{}", statuses.text);
    assert_eq!(statuses.json()["failures"].as_array().map(Vec::len), Some(1));
    let list = client.get("/cloud/v2/universes/2001/secrets?limit=1").await.ok();
    assert!(list["secrets"][0]["key_id"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{list}");
}
