//! Advertising over HTTP.

use crate::common::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;

const CAMPAIGNS: &str = "/ads-management/v1/campaigns";
const KEY: &str = "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34";
const OTHER_KEY: &str = "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad35";

fn campaign(name: &str) -> Value {
    json!({
        "name": name,
        "objective": "ENGAGEMENT",
        "paymentType": "CREDIT_CARD",
        "targetUniverseId": "7",
        "creativeAssetIds": ["9"],
        "budget": { "type": "DAILY", "amountMicros": "5000000" },
        "schedule": { "startTime": "2026-01-01T00:00:00Z", "durationInDays": 7 },
    })
}

async fn create(client: &Client, key: &str, body: &Value) -> Response {
    client.send(client.request("POST", CAMPAIGNS).header("x-idempotency-key", key).json(body)).await
}

/// The same key with the same body is the same campaign for 24 hours; with another body it is a conflict.
#[tokio::test]
async fn a_campaign_is_created_once_for_each_key() {
    let client = Client::start().await;
    let first = create(&client, KEY, &campaign("A")).await.ok();
    assert_eq!(create(&client, KEY, &campaign("A")).await.ok()["id"], first["id"]);
    let refused: Value =
        serde_json::from_str(&create(&client, KEY, &campaign("B")).await.refused(409)).expect("JSON");
    assert_eq!(refused["errors"][0]["code"], "ABORTED");
    assert_ne!(create(&client, OTHER_KEY, &campaign("A")).await.ok()["id"], first["id"]);
    client.emulator.advance(Duration::from_secs(86_400));
    assert_ne!(create(&client, KEY, &campaign("A")).await.ok()["id"], first["id"]);
    create(&client, "no uuid", &campaign("A")).await.refused(400);
    let without = client.post(CAMPAIGNS, &campaign("A")).await;
    assert!(without.refused(400).contains("x-idempotency-key"));
    client.assert_responses_fit();
}

/// A campaign is in review until somebody has looked a few times, or an hour has passed.
#[tokio::test]
async fn a_campaign_is_reviewed_before_it_serves() {
    let client = Client::start().await;
    let good = create(&client, KEY, &campaign("A")).await.ok();
    let bad = create(&client, OTHER_KEY, &campaign("Moderated")).await.ok();
    assert_eq!(good["deliveryStatus"], "IN_REVIEW");
    let ids = json!({ "campaignIds": [good["id"], bad["id"], "5"] });
    let batch = format!("{CAMPAIGNS}:batchGetStatus");
    assert_eq!(client.post(&batch, &ids).await.ok()["statuses"][0]["deliveryStatus"], "IN_REVIEW");
    let reviewed = client.post(&batch, &ids).await.ok();
    assert_eq!(reviewed["statuses"][0]["deliveryStatus"], "SERVING");
    assert_eq!(reviewed["statuses"][1]["deliveryStatus"], "REJECTED");
    assert_eq!(reviewed["failures"], json!([{ "id": "5", "reason": "NOT_FOUND" }]));
    let many: Vec<_> = (0..101).map(|id| id.to_string()).collect();
    client.post(&batch, &json!({ "campaignIds": many })).await.refused(400);
    client.assert_responses_fit();
}

/// What was fixed at the beginning cannot be sent at all, and a smaller budget waits for midnight.
#[tokio::test]
async fn only_some_of_a_campaign_can_be_changed() {
    let client = Client::start().await;
    let id = create(&client, KEY, &campaign("A")).await.ok()["id"].as_str().expect("an id").to_owned();
    let target = format!("{CAMPAIGNS}/{id}");
    for fixed in ["objective", "paymentType", "targeting", "creativeAssetIds", "bid"] {
        client.patch(&target, &json!({ fixed: campaign("A")[fixed] })).await.refused(400);
    }
    client.patch(&target, &json!({ "schedule": { "durationInDays": 9 } })).await.refused(400);
    let more = client.patch(&target, &json!({ "budget": { "amountMicros": "9000000" } })).await.ok();
    assert_eq!(more["budget"]["amountMicros"], "9000000");
    let less = client.patch(&target, &json!({ "budget": { "amountMicros": "2000000" } })).await.ok();
    assert_eq!(less["budget"]["amountMicros"], "9000000");
    assert_eq!(less["budget"]["scheduledAmountMicros"], "2000000");
    assert_eq!(less["budget"]["scheduledEffectiveTime"], "2026-01-03T00:00:00.000Z");
    client.emulator.advance(Duration::from_secs(86_400));
    let later = client.get(&target).await.ok();
    assert_eq!(later["budget"]["amountMicros"], "2000000");
    assert!(later["budget"].get("scheduledAmountMicros").is_none());
    client.patch(&target, &json!({ "budget": { "amountMicros": "2.5" } })).await.refused(400);
    client.patch(&target, &json!({ "status": "CANCELLED" })).await.ok();
    client.patch(&target, &json!({ "status": "ACTIVE" })).await.refused(400);
    client.assert_responses_fit();
}

/// Active ones first, then paused, then cancelled, and of each the latest first.
#[tokio::test]
async fn campaigns_are_listed_by_status_and_age() {
    let client = Client::start().await;
    let old = create(&client, KEY, &campaign("Old")).await.ok()["id"].clone();
    let new = create(&client, OTHER_KEY, &campaign("New")).await.ok()["id"].clone();
    let target = format!("{CAMPAIGNS}/{}", new.as_str().expect("an id"));
    client.patch(&target, &json!({ "status": "PAUSED" })).await.ok();
    let (all, pages) = client.all(&format!("{CAMPAIGNS}?maxPageSize=10"), "campaigns").await;
    assert_eq!((all.len(), pages), (27, 3));
    assert_eq!(all[0]["id"], old);
    assert_eq!(all[26]["id"], new);
}
