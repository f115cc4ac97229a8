//! Users over HTTP.

use std::collections::HashSet;
use std::time::Duration;

use crate::common::{Client, encode};
use opencloud_emulator::{Emulator, Seed, Shapes};
use serde_json::{Value, json};

const INVENTORY: &str = "/cloud/v2/users/156/inventory-items";

#[tokio::test]
async fn a_profile() {
    let client = Client::start().await;
    let user = client.get("/cloud/v2/users/156").await.ok();
    assert_eq!(user["path"], "users/156");
    assert_eq!(user["id"], "156");
    client.get("/cloud/v2/users/abc").await.refused(400);
    client.get("/cloud/v2/users/0").await.refused(400);
    client.get("/cloud/v2/users/9999999999999").await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_thumbnail_is_done_at_the_second_poll() {
    let client = Client::start().await;
    let target = "/cloud/v2/users/157:generateThumbnail?size=180&format=JPEG&shape=SQUARE";
    let started = client.get(target).await.ok();
    assert_eq!(started["done"], false);
    let path = started["path"].as_str().expect("a path").to_owned();
    // US-02: the id is Base64 with its padding.
    assert!(path.starts_with("users/157/operations/") && path.ends_with('='), "{path}");
    let poll = async || client.get(&format!("/cloud/v2/{path}")).await.ok();
    assert_eq!(poll().await["done"], false);
    let done = poll().await;
    assert_eq!(done["done"], true);
    let uri = done["response"]["imageUri"].as_str().expect("a link");
    assert!(uri.ends_with("/180x180/square.jpg"), "{uri}");
    assert_eq!(reqwest::get(uri).await.expect("a response").status(), 200);
    let kind = "apis.roblox.com/roblox.open_cloud.cloud.v2.GenerateUserThumbnailResponse";
    assert_eq!(done["response"]["@type"], kind);
    client.get("/cloud/v2/users/156:generateThumbnail?size=200").await.refused(400);
    client.get("/cloud/v2/users/156/operations/none").await.refused(404);
    client.assert_responses_fit();
}

/// US-02: of half of the users, it is done in the first response.
#[tokio::test]
async fn some_thumbnails_are_done_at_once() {
    let target = "/cloud/v2/users/156:generateThumbnail";
    let client = Client::start().await;
    let done = client.get(target).await.ok();
    assert_eq!(done["done"], true);
    assert!(done["response"]["imageUri"].is_string(), "{done}");
    let again = client.get(&format!("/cloud/v2/{}", done["path"].as_str().expect("a path"))).await.ok();
    assert_eq!(again, done);
    client.assert_responses_fit();
    let document = Client::shaped(Shapes::Document).await;
    assert_eq!(document.get(target).await.ok()["done"], false);
}

/// US-01
#[tokio::test]
async fn nothing_is_said_of_who_says_nothing() {
    let client = Client::start().await;
    let silent = client.get("/cloud/v2/users/155").await.ok();
    assert_eq!((silent.get("about"), &silent["locale"]), (None, &json!("en_us")));
    assert_eq!(silent["socialNetworkProfiles"]["facebook"], "");
    assert!(silent["socialNetworkProfiles"]["visibility"].is_string());
    assert!(client.get("/cloud/v2/users/156").await.ok()["about"].is_string());
    let document = Client::shaped(Shapes::Document).await.get("/cloud/v2/users/155").await.ok();
    assert_eq!(document["locale"], "en-US");
    // Nor of whom a seed has say nothing.
    let seed: Seed = r#"{ "users": [{ "id": 156, "about": "" }] }"#.parse().expect("a seed");
    for (shapes, about) in [(Shapes::Live, None), (Shapes::Document, Some(&json!("")))] {
        let emulator = Emulator::builder().shapes(shapes).seed(seed.clone()).start().await.expect("started");
        let seeded = Client::of(emulator).get("/cloud/v2/users/156").await.ok();
        assert_eq!(seeded.get("about"), about, "{shapes}");
    }
    client.assert_responses_fit();
}

/// US-09
#[tokio::test]
async fn quotas_are_whole_numbers_as_text() {
    let target = "/cloud/v2/users/156/asset-quotas";
    let client = Client::start().await;
    let quota = client.get(target).await.ok()["assetQuotas"][0].clone();
    assert_eq!((&quota["usage"], &quota["capacity"]), (&json!("0"), &json!("100")));
    client.assert_responses_fit();
    let quota = Client::shaped(Shapes::Document).await.get(target).await.ok()["assetQuotas"][0].clone();
    assert_eq!((&quota["usage"], &quota["capacity"]), (&json!(0), &json!(100)));
}

/// US-08: passes have no time.
#[tokio::test]
async fn game_passes_of_an_inventory_have_no_time() {
    let client = Client::start().await;
    let filter = encode("gamePasses=true");
    let (passes, _) = client.all(&format!("{INVENTORY}?filter={filter}"), "inventoryItems").await;
    assert!(!passes.is_empty() && passes.iter().all(|pass| pass.get("addTime").is_none()));
}

#[tokio::test]
async fn a_large_inventory_page_by_page() {
    let client = Client::start().await;
    let (items, pages) = client.all(&format!("{INVENTORY}?maxPageSize=100"), "inventoryItems").await;
    assert_eq!((items.len(), pages), (437, 5));
    let paths: HashSet<_> = items.iter().map(|item| item["path"].to_string()).collect();
    assert_eq!(paths.len(), 437);
    let (items, pages) = client.all(INVENTORY, "inventoryItems").await;
    assert_eq!((items.len(), pages), (437, 44));
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_full_last_page_has_a_token_that_leads_to_nothing() {
    let client = Client::start().await;
    let (items, pages) = client.all(&format!("{INVENTORY}?maxPageSize=23"), "inventoryItems").await;
    assert_eq!((items.len(), pages), (437, 19 + 1));
}

#[tokio::test]
async fn a_page_size_is_cut_to_the_largest() {
    let client = Client::start().await;
    let target = format!("{INVENTORY}?maxPageSize=1000");
    let page = client.get(&target).await.ok();
    assert_eq!(page["inventoryItems"].as_array().map(Vec::len), Some(100));
    let target = format!("{INVENTORY}?maxPageSize=-1");
    client.get(&target).await.refused(400);
}

#[tokio::test]
async fn a_token_belongs_to_its_request() {
    let client = Client::start().await;
    let page = client.get(INVENTORY).await.ok();
    let token = page["nextPageToken"].as_str().expect("a token");
    let other = format!("{INVENTORY}?filter=badges%3Dtrue&pageToken={token}");
    assert!(client.get(&other).await.refused(400).contains("other parameters"));
    let other = format!("/cloud/v2/users/157/inventory-items?pageToken={token}");
    client.get(&other).await.refused(400);
    let bad = format!("{INVENTORY}?pageToken=nonsense");
    assert!(client.get(&bad).await.refused(400).contains("invalid"));
}

#[tokio::test]
async fn an_inventory_is_filtered() {
    let client = Client::start().await;
    let filter = encode("inventoryItemAssetTypes=HAT,CLASSIC_PANTS");
    let target = format!("{INVENTORY}?maxPageSize=50&filter={filter}");
    let (items, pages) = client.all(&target, "inventoryItems").await;
    assert!(pages > 1);
    for item in &items {
        let kind = item["assetDetails"]["inventoryItemAssetType"].as_str();
        assert!(matches!(kind, Some("HAT" | "CLASSIC_PANTS")), "{item}");
    }
    let capital = encode("onlyCollectibles=True;inventoryItemAssetTypes=*");
    let (limited, _) = client.all(&format!("{INVENTORY}?filter={capital}"), "inventoryItems").await;
    assert!(!limited.is_empty());
    let refused = encode("badges=true;assetIds=1");
    let target = format!("{INVENTORY}?filter={refused}");
    assert!(client.get(&target).await.refused(400).contains("mixed"));
    client.assert_responses_fit();
}

#[tokio::test]
async fn quotas_are_filtered_by_words_without_quotation_marks() {
    let client = Client::start().await;
    let quotas = async |filter: &str| {
        let filter = encode(filter);
        let target = format!("/cloud/v2/users/156/asset-quotas?filter={filter}");
        client.get(&target).await
    };
    let found = quotas("quotaType == RateLimitUpload && assetType == Audio").await.ok();
    let list = found["assetQuotas"].as_array().expect("a list");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["assetType"], "AUDIO");
    assert_eq!(list[0]["capacity"], "100");
    quotas("assetType == 'Audio'").await.refused(400);
    quotas("assetType == AUDIO || x").await.refused(400);
    let all = client.get("/cloud/v2/users/156/asset-quotas").await.ok();
    assert!(all["assetQuotas"].as_array().is_some_and(|list| list.len() > 3));
    client.assert_responses_fit();
}

fn notification() -> Value {
    json!({
        "source": { "universe": "universes/7" },
        "payload": { "type": "MOMENT", "messageId": "m-1" }
    })
}

/// US-03: the response is a path and an id.
#[tokio::test]
async fn one_notification_per_user_universe_and_day() {
    let client = Client::start().await;
    let notify = async |user: u64, body: Value| {
        let target = format!("/cloud/v2/users/{user}/notifications");
        client.post(&target, &body).await
    };
    let sent = notify(156, notification()).await.ok();
    assert!(sent["path"].as_str().is_some_and(|path| path.starts_with("users/156/")));
    assert!(sent["id"].is_string() && sent.as_object().map(serde_json::Map::len) == Some(2), "{sent}");
    notify(156, notification()).await.refused(429);
    notify(157, notification()).await.ok();
    let mut other = notification();
    other["source"]["universe"] = json!("universes/8");
    notify(156, other).await.ok();
    client.emulator.advance(Duration::from_secs(86_400));
    notify(156, notification()).await.ok();
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_notification_is_checked() {
    let client = Client::start().await;
    let refused = async |place: &str, value: Value| {
        let mut body = notification();
        if let Some(target) = body.pointer_mut(place) {
            *target = value;
        }
        let target = "/cloud/v2/users/156/notifications";
        client.post(target, &body).await.refused(400)
    };
    assert!(refused("/source/universe", json!("7")).await.contains("universes/123"));
    assert!(refused("/payload/messageId", json!("")).await.contains("messageId"));
    assert!(refused("/payload/type", json!("TYPE_UNSPECIFIED")).await.contains("MOMENT"));
    let long =
        json!({ "type": "MOMENT", "messageId": "m", "joinExperience": { "launchData": "x".repeat(201) } });
    assert!(refused("/payload", long).await.contains("200 bytes"));
}
