use serde_json::json;

use crate::common::{Client, start_time};
use opencloud_emulator::Emulator;

const UNIVERSE: &str = "/cloud/v2/universes/2001";

/// UN-01, UN-02, UN-08
#[tokio::test]
async fn what_the_service_sets_is_passed_over_without_a_word() {
    let live = Client::start().await;
    let before = live.get(UNIVERSE).await.ok();
    let body = json!({ "visibility": "PRIVATE", "displayName": "Mine", "vrEnabled": true });
    let masked = format!("{UNIVERSE}?updateMask=visibility,displayName");
    assert_eq!(live.patch(&masked, &body).await.ok(), before, "nothing changes, not even its time");
    let half = format!("{UNIVERSE}?updateMask=visibility,voiceChatEnabled");
    let changed = live.patch(&half, &json!({ "visibility": "PRIVATE", "voiceChatEnabled": true })).await.ok();
    assert_eq!((&changed["visibility"], &changed["voiceChatEnabled"]), (&json!("PUBLIC"), &json!(true)));
    assert_eq!(changed["vrEnabled"], false, "what the mask does not name stays");

    let document = Client::by_document().await;
    document.patch(&masked, &body).await.refused(400);
}

/// UN-03
#[tokio::test]
async fn a_price_for_private_servers_may_fail_for_ever() {
    let client = Client::start().await;
    let price = async |price: i64| client.patch(UNIVERSE, &json!({ "privateServerPriceRobux": price })).await;
    price(0).await.ok();
    price(10).await.ok();
    price(9).await.refused(400);
    let unset = format!("{UNIVERSE}?updateMask=privateServerPriceRobux");
    let cleared = client.patch(&unset, &json!({ "privateServerPriceRobux": null })).await.ok();
    assert!(cleared.get("privateServerPriceRobux").is_none());
    client
        .patch("/cloud/v2/universes/2001/places/3001", &json!({ "displayName": "No private servers" }))
        .await
        .ok();
    let refused = price(10).await;
    assert_eq!(refused.json()["code"], "INTERNAL");
    refused.refused(500);

    let client = Client::start().await;
    let close = client.request("POST", "/legacy-develop/v1/universes/2001/deactivate");
    client.send(close.header("content-length", "0")).await.ok();
    client.patch(UNIVERSE, &json!({ "privateServerPriceRobux": 10 })).await.refused(500);
}

/// UN-06
#[tokio::test]
async fn a_universe_belongs_to_a_user_or_a_group() {
    let seed = r#"{ "universes": [{ "id": 2001, "group": "groups/7" }] }"#;
    let builder = Emulator::builder().frozen_at(start_time()).seed(seed.parse().expect("a seed"));
    let client = Client::of(builder.start().await.expect("started"));
    let universe = client.get(UNIVERSE).await.ok();
    assert_eq!((universe.get("user"), &universe["group"]), (None, &json!("groups/7")));
    assert!(universe.get("discordSocialLink").is_none() && universe.get("privateServerPriceRobux").is_none());
    assert_eq!(client.get("/cloud/v2/universes/2002").await.ok()["user"], "users/1");
}

/// UN-07
#[tokio::test]
async fn places_to_restart_are_not_null() {
    let client = Client::start().await;
    let restart = "/cloud/v2/universes/2001:restartServers";
    client.post(restart, &json!({ "placeIds": null })).await.refused(400);
    assert_eq!(client.post(restart, &json!({})).await.ok(), json!({}));
    assert_eq!(
        client.post(restart, &json!({ "placeIds": [], "closeAllVersions": true })).await.ok(),
        json!({})
    );
}
