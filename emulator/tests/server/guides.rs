//! What Roblox's guides and samples, and clients in use, send: retyped, with ids that are there. The emulator takes it.

use crate::common::Client;
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

/// The guide of experiments: a draft, its start, what it shows, and its end.
#[tokio::test]
async fn the_samples_of_experiments() {
    let client = Client::start().await;
    let universe = "/creator-configs-public-api/v1/experimentation/universes/7";
    let finish = async |started: crate::common::Response| {
        let operation = started.ok()["operation"].clone();
        assert!(operation["done"] == false && operation["status"].is_string(), "{operation}");
        let target = format!("{universe}/operations/{}", operation["operationId"].as_str().expect("an id"));
        for _ in 0..5 {
            let operation = client.get(&target).await.ok()["operation"].clone();
            if operation["done"] == true {
                return operation["experiment"].clone();
            }
        }
        panic!("{target} does not end");
    };
    let variant = |label: &str, is_baseline: bool, entry: Value| {
        let meta = json!({ "label": label, "isBaseline": is_baseline, "weight": 50 });
        json!({ "variantMeta": meta, "configEntry": entry })
    };
    let create = json!({
        "name": "WeakerDragon",
        "description": "Whether more players come back if the dragon is weaker.",
        "experimentConfiguration": {
            "productType": "EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS",
            "inGameConfigExperimentConfiguration": { "variants": [
                variant("As it is", true, json!({ "key": "dragonHealth" })),
                variant("Weaker", false, json!({ "key": "dragonHealth", "entryValue": 250 })),
            ] },
        },
        "exposurePercent": 40,
        "durationSeconds": 14 * 86_400,
        "universeGoalMetric": "UNIVERSE_EXPERIMENT_METRIC_DAY_1_RETENTION",
    });
    let draft = finish(client.post(&format!("{universe}/experiments"), &create).await).await;
    assert_eq!(draft["state"], "EXPERIMENT_STATE_DRAFT");
    let variants = |experiment: &Value| {
        let configuration = &experiment["experimentConfiguration"]["inGameConfigExperimentConfiguration"];
        configuration["variants"].as_array().expect("variants").clone()
    };
    assert!(variants(&draft).iter().all(|variant| variant["variantMeta"].get("variantId").is_none()));

    let experiment = format!("{universe}/experiments/{}", draft["id"].as_str().expect("an id"));
    let schedule = json!({ "scheduledStartTime": "2026-06-01T15:00:00Z" });
    let scheduled = finish(client.post(&format!("{experiment}:schedule"), &schedule).await).await;
    assert_eq!(scheduled["state"], "EXPERIMENT_STATE_SCHEDULED");
    // It can be put off, but it can no longer be another one.
    let later = json!({ "scheduledStartTime": "2026-07-01T15:00:00Z" });
    finish(client.post(&format!("{experiment}:schedule"), &later).await).await;
    client.patch(&experiment, &create).await.refused(400);

    let start = client.request("POST", &format!("{experiment}:start")).header("content-length", "0");
    let running = finish(client.send(start).await).await;
    assert_eq!(running["state"], "EXPERIMENT_STATE_RUNNING");
    // Variants have ids from when the experiment runs.
    let ids: Vec<String> = variants(&running)
        .iter()
        .map(|variant| variant["variantMeta"]["variantId"].as_str().expect("an id").to_owned())
        .collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    assert_eq!(variants(&client.get(&experiment).await.ok()["experiment"]), variants(&running));

    client.emulator.advance(std::time::Duration::from_secs(86_400));
    let stats = client.get(&format!("{experiment}/stats")).await.ok();
    let stats = if stats["operation"]["done"] == true {
        stats
    } else {
        client.get(&format!("{experiment}/stats")).await.ok()
    };
    assert_eq!(stats["operation"]["experimentStats"]["isSrmDetected"], false);

    let list =
        "maxPageSize=20&skip=0&sortKey=LIST_EXPERIMENT_SORT_KEY_RELEVANCE&sortOrder=SORT_ORDER_DESCENDING";
    let list = client.get(&format!("{universe}/experiments?{list}")).await.ok();
    assert_eq!((&list["total"], &list["experiments"][0]["name"]), (&json!(1), &json!("WeakerDragon")));

    let nobody = json!({ "variantId": "none" });
    client.post(&format!("{experiment}:complete"), &nobody).await.refused(400);
    let winner = json!({ "variantId": ids[1] });
    let over = finish(client.post(&format!("{experiment}:complete"), &winner).await).await;
    assert_eq!(over["state"], "EXPERIMENT_STATE_COMPLETED");
    assert_requests_fit(&client);
    client.assert_responses_fit();
}

/// The guide of experiments: what it states as limits is an error of the operation.
#[tokio::test]
async fn the_limits_of_experiments() {
    let client = Client::start().await;
    let universe = "/creator-configs-public-api/v1/experimentation/universes/7";
    let failure = async |days: u64, variants: usize| {
        let variants: Vec<_> = (0..variants)
            .map(|number| {
                let meta = json!({ "isBaseline": number == 0, "weight": 1 });
                json!({ "variantMeta": meta, "configEntry": { "key": "k", "entryValue": number } })
            })
            .collect();
        let body = json!({
            "name": "n",
            "durationSeconds": days * 86_400,
            "experimentConfiguration": {
                "productType": "EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS",
                "inGameConfigExperimentConfiguration": { "variants": variants },
            },
        });
        let started = client.post(&format!("{universe}/experiments"), &body).await.ok();
        let id = started["operation"]["operationId"].as_str().expect("an id").to_owned();
        client.emulator.advance(std::time::Duration::from_secs(60));
        let over = client.get(&format!("{universe}/operations/{id}")).await.ok()["operation"].clone();
        assert_eq!(over["done"], true);
        over["error"]["errorCode"].as_str().map(str::to_owned)
    };
    for (days, variants, code) in [
        (14, 2, None),
        (60, 3, None),
        (13, 2, Some("INVALID_DURATION")),
        (61, 2, Some("INVALID_DURATION")),
        (14, 4, Some("INVALID_VARIANT_CONFIGURATION")),
    ] {
        assert_eq!(failure(days, variants).await.as_deref(), code, "{days} days, {variants} variants");
    }
}

/// The guide of advertising: a campaign from its options to its end.
#[tokio::test]
async fn the_samples_of_advertising() {
    let client = Client::start().await;
    let ads = "/ads-management/v1";
    client.get(&format!("{ads}/advertisable-universes")).await.ok();
    client.get(&format!("{ads}/campaign-options?universeId=2001")).await.ok();
    let body = json!({
        "name": "Winter",
        "objective": "ENGAGEMENT",
        "paymentType": "CREDIT_CARD",
        "targetUniverseId": "2001",
        "creativeAssetIds": ["5001"],
        "budget": { "type": "DAILY", "amountMicros": "5000000" },
        "schedule": { "startTime": "2026-01-03T00:00:00Z", "durationInDays": 7 },
    });
    let create = |body: &Value| {
        let request = client.request("POST", &format!("{ads}/campaigns"));
        let request = request.header("x-idempotency-key", "0d5d9f4e-7a8c-4a53-9d0e-3f9a8a6f5b21");
        // The version of the API that every minor one is compatible with.
        client.send(request.header("x-roblox-api-version", "1.0").json(body))
    };
    let created = create(&body).await.ok();
    assert_eq!((&created["status"], &created["deliveryStatus"]), (&json!("ACTIVE"), &json!("IN_REVIEW")));
    for name in body.as_object().expect("an object").keys() {
        assert_eq!(created[name], body[name], "{name}");
    }
    let id = created["id"].as_str().expect("an id").to_owned();
    // The same key gives the same campaign; with another body it is a conflict.
    assert_eq!(create(&body).await.ok()["id"], id);
    let mut other = body.clone();
    other["name"] = json!("Other");
    create(&other).await.refused(409);

    let ids = json!({ "campaignIds": [id, "9"] });
    let statuses = client.post(&format!("{ads}/campaigns:batchGetStatus"), &ids).await.ok();
    assert_eq!(
        (&statuses["statuses"][0]["id"], &statuses["failures"][0]["reason"]),
        (&json!(id), &json!("NOT_FOUND"))
    );
    let change = async |body: Value| client.patch(&format!("{ads}/campaigns/{id}"), &body).await;
    for status in ["PAUSED", "ACTIVE"] {
        assert_eq!(change(json!({ "status": status })).await.ok()["status"], status);
    }
    let raised = change(json!({ "budget": { "amountMicros": "6000000" } })).await.ok();
    assert_eq!(raised["budget"]["amountMicros"], "6000000");
    client.emulator.advance(std::time::Duration::from_secs(2 * 86_400));
    let lowered = change(json!({ "budget": { "amountMicros": "5000000" } })).await.ok()["budget"].clone();
    assert_eq!(
        (&lowered["amountMicros"], &lowered["scheduledAmountMicros"]),
        (&json!("6000000"), &json!("5000000"))
    );
    assert!(lowered["scheduledEffectiveTime"].is_string(), "{lowered}");
    assert_eq!(change(json!({ "status": "CANCELLED" })).await.ok()["status"], "CANCELLED");
    assert_ne!(change(json!({ "status": "ACTIVE" })).await.status, 200, "a cancellation is for good");
    assert_requests_fit(&client);
    client.assert_responses_fit();
}

/// The guide of thumbnails for the home page: uploads, and the sets that players are shown.
#[tokio::test]
async fn the_samples_of_homepage_thumbnails() {
    let client = Client::start().await;
    let universe = "/thumbnail-personalization-api/v1/universes/7";
    let upload = async |files: &[(&'static str, &'static [u8])]| {
        let form = files.iter().fold(Form::new(), |form, (name, content)| {
            form.part("files", Part::bytes(*content).file_name(*name))
        });
        client.send(client.request("POST", &format!("{universe}/thumbnails/uploads")).multipart(form)).await
    };
    let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
    let uploaded = upload(&[("first.png", b"\x89PNG\r\n\x1a\n"), ("second.webp", webp)]).await.ok();
    let operation = |name: &str| uploaded["fileToOperationIdDict"][name].as_str().expect("an id").to_owned();
    let (first, second) = (operation("first.png"), operation("second.webp"));
    let target = format!("{universe}/thumbnails/uploads/status?operationIds={first}&operationIds={second}");
    // An id appears when the upload is finished, before its review is over.
    let begun = client.get(&target).await.ok();
    assert!(begun["uploadThumbnailStatusDict"][&first].get("homepageThumbnailId").is_none(), "{begun}");
    let finished = client.get(&target).await.ok();
    assert!(finished["uploadStatus"] == 2 || finished["uploadStatus"] == "Finished", "{finished}");
    let status = &finished["uploadThumbnailStatusDict"];
    assert_eq!(status[&first]["moderationStatus"], "Reviewing");
    assert!(status[&first]["assetId"].is_number(), "{status}");
    let id = |operation: &str| status[operation]["homepageThumbnailId"].as_str().expect("an id").to_owned();
    let (first, second) = (id(&first), id(&second));
    client.emulator.advance(std::time::Duration::from_secs(60));
    let listed = client.get(&format!("{universe}/thumbnails?limit=10")).await.ok();
    let listed = &listed["homepageThumbnails"][0];
    assert_eq!(
        (&listed["moderationStatus"], &listed["homepageThumbnailStatus"]),
        (&json!("Approved"), &json!("Active"))
    );
    assert_eq!(listed["personalizedConfigStatus"], "Inactive");

    let both = json!({ "homepageThumbnailIds": [first, second] });
    let config = client.post(&format!("{universe}/personalization/create"), &both).await.ok();
    assert!(config.is_string(), "{config}");
    let one = json!({ "id": config, "homepageThumbnailIds": [first] });
    assert_eq!(client.post(&format!("{universe}/personalization/update"), &one).await.ok(), config);
    let configs = async |status: &str| {
        let target = format!("{universe}/personalization?status={status}&limit=10&cursor=");
        client.get(&target).await.ok()["personalizedConfigs"].clone()
    };
    let active = configs("Active").await;
    assert_eq!((&active[0]["id"], &active[0]["lastServedUtc"]), (&config, &Value::Null));
    assert_eq!(active[0]["thumbnails"].as_array().map(Vec::len), Some(1));
    // Without thumbnails a set is no longer shown.
    let deleted = format!("{universe}/thumbnails?homepageThumbnailIds={first}&homepageThumbnailIds={second}");
    assert_eq!(client.delete(&deleted).await.ok(), json!({ first: true, second: true }));
    assert_eq!(configs("Active").await, json!([]));
    assert_eq!(configs("Inactive").await[0]["id"], config);

    // The limits of the guide.
    let six: Vec<(&'static str, &'static [u8])> =
        ["1.png", "2.png", "3.png", "4.png", "5.png", "6.png"].map(|name| (name, &b"\x89PNG"[..])).to_vec();
    upload(&six).await.refused(400);
    let large: &'static [u8] = Vec::leak([b"\x89PNG".to_vec(), vec![0; 3 << 20]].concat());
    let refused = upload(&[("large.png", large), ("moving.gif", b"GIF89a")]).await.ok();
    assert_eq!(refused["fileToOperationIdDict"], json!({ "large.png": null, "moving.gif": null }));
    let many = json!({ "homepageThumbnailIds": ["1", "2", "3", "4", "5", "6"] });
    client.post(&format!("{universe}/personalization/create"), &many).await.refused(400);
    assert_requests_fit(&client);
    client.assert_responses_fit();
}

/// The guide of secrets: a content is sealed for the public key of the universe, written, and written anew.
#[tokio::test]
async fn the_samples_of_secrets() {
    let client = Client::start().await;
    let secrets = "/cloud/v2/universes/2001/secrets";
    let public = client.get(&format!("{secrets}/public-key")).await.ok();
    let sealed = |content: &str| crate::common::sealed(&public, content);
    let create = json!({ "id": "payments", "secret": sealed("first"), "key_id": public["key_id"] });
    let created = client.post(secrets, &create).await;
    assert!(matches!(created.status, 200 | 201), "{}", created.text);
    assert_eq!(created.json()["id"], "payments");
    assert!(created.json().get("secret").is_none(), "a content never comes back");
    // SE-01
    client.post(secrets, &create).await.refused(409);
    let update = json!({ "secret": sealed("second"), "key_id": public["key_id"] });
    assert_eq!(client.patch(&format!("{secrets}/payments"), &update).await.ok()["id"], "payments");
    let unsealed = json!({ "secret": "c2Vjb25k", "key_id": public["key_id"] });
    client.patch(&format!("{secrets}/payments"), &unsealed).await.refused(400);
    let delete = client.request("DELETE", &format!("{secrets}/payments"));
    let deleted = client.send(delete.header("content-type", "application/json")).await;
    assert!(deleted.status < 300, "{}", deleted.text);
    assert_requests_fit(&client);
}

/// The guide of configs: a draft, publishing it, its history, and the way back.
#[tokio::test]
async fn the_samples_of_configs() {
    let client = Client::start().await;
    let config = "/creator-configs-public-api/v1/configs/universes/7/repositories/InExperienceConfig";
    let overwrite = async |body: Value| {
        let request = client.request("PUT", &format!("{config}/draft:overwrite"));
        client.send(request.json(&body)).await.ok()["draftHash"].clone()
    };
    let publish = async |hash: &Value, message: &str| {
        let body = json!({ "draftHash": hash, "message": message, "deploymentStrategy": "Immediate" });
        client.post(&format!("{config}/publish"), &body).await.ok()["configVersion"].clone()
    };
    let values = async || {
        client.emulator.advance(std::time::Duration::from_secs(60));
        client.get(config).await.ok()["entries"].clone()
    };
    let hash = overwrite(json!({ "entries": { "dragonHealth": 100 } })).await;
    assert_eq!(publish(&hash, "A weaker dragon").await, 1);
    assert_eq!(values().await, json!({ "dragonHealth": 100 }));
    let full = client.get(&format!("{config}/full")).await.ok();
    assert_eq!(full["entries"]["dragonHealth"]["value"], 100);

    // Only what is sent changes; the hash of the draft before guards it.
    let staged = json!({ "entries": { "showTutorial": true } });
    let first = client.patch(&format!("{config}/draft"), &staged).await.ok()["draftHash"].clone();
    let guarded = json!({ "entries": { "dragonHealth": 90 }, "previousDraftHash": first });
    let second = client.patch(&format!("{config}/draft"), &guarded).await.ok()["draftHash"].clone();
    client.patch(&format!("{config}/draft"), &guarded).await.refused(409);
    assert_eq!(client.get(&format!("{config}/draft")).await.ok()["draftHash"], second);
    assert_eq!(publish(&second, "And a tutorial").await, 2);
    assert_eq!(values().await, json!({ "dragonHealth": 90, "showTutorial": true }));

    let revisions = client.get(&format!("{config}/revisions?MaxPageSize=10")).await.ok()["revisions"].clone();
    assert_eq!(revisions[0]["message"], "And a tutorial");
    assert_eq!(revisions[0]["changes"]["dragonHealth"], json!({ "before": 100, "after": 90 }));
    let id = revisions[1]["revisionId"].as_str().expect("an id").to_owned();
    let restore = client.request("POST", &format!("{config}/revisions/{id}/restore"));
    let restored = client.send(restore.header("content-length", "0")).await.ok();
    // Restoring publishes nothing by itself.
    assert_eq!(values().await, json!({ "dragonHealth": 90, "showTutorial": true }));
    assert_eq!(publish(&restored["draftHash"], "Back").await, 3);
    assert_eq!(values().await, json!({ "dragonHealth": 100 }));
    client.assert_responses_fit();
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
    let code = |response: &crate::common::Response| response.json()["errors"][0]["code"].clone();
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
