use serde_json::json;

use crate::common::{Client, Response};
use crate::text;

const PLACE: &str = "/cloud/v2/universes/2001/places/3001";
const XML: &str = "application/xml";
const BINARY: &str = "application/octet-stream";

async fn publish(client: &Client, kind: &str, content_type: &str, body: &str) -> Response {
    let target = format!("/universes/v1/2001/places/3001/versions?versionType={kind}");
    let request = client.request("POST", &target).body(body.to_owned());
    client.send(request.header("content-type", content_type)).await
}

/// PL-01
#[tokio::test]
async fn the_same_bytes_are_the_same_version() {
    let client = Client::start().await;
    let number = async |kind: &str, body: &str| {
        publish(&client, kind, XML, body).await.ok()["versionNumber"].as_u64().expect("a number")
    };
    assert_eq!(number("Published", "<roblox>1</roblox>").await, 4);
    assert_eq!(number("Published", "<roblox>1</roblox>").await, 4);
    assert_eq!(number("Published", "<roblox>2</roblox>").await, 5);
    assert_eq!(number("Published", "<roblox>1</roblox>").await, 6, "only the newest is looked at");
    assert_eq!(number("Saved", "<roblox>1</roblox>").await, 7, "saved is not published");
}

/// PL-12
#[tokio::test]
async fn the_history_tells_what_players_get() {
    let client = Client::start().await;
    publish(&client, "Published", XML, "<roblox>1</roblox>").await.ok();
    publish(&client, "Saved", XML, "<roblox>2</roblox>").await.ok();
    let history = client.get("/place-version-history-api/v1/3001/history").await.ok();
    let versions = history["placeVersions"].as_array().expect("versions");
    let status: Vec<_> = versions.iter().map(|version| version["publishStatus"].clone()).collect();
    assert_eq!(status, [json!(0), json!(1), json!(2), json!(2), json!(2)]);
    client.assert_responses_fit();
}

/// PL-03, PL-09
#[tokio::test]
async fn a_place_that_is_edited_takes_no_version_for_a_while() {
    let client = Client::start().await;
    let rename = async |name: &str| client.patch(PLACE, &json!({ "displayName": name })).await;
    rename("Lobby, busy 2").await.ok();
    for _ in 0..2 {
        let message = publish(&client, "Saved", XML, "<roblox/>").await.refused(409);
        assert!(message.contains("Server is busy and unable to process your upload request"), "{message}");
    }
    publish(&client, "Saved", XML, "<roblox/>").await.ok();
    rename("Open in Team Create").await.ok();
    let message = publish(&client, "Saved", XML, "<roblox>1</roblox>").await.refused(409);
    assert!(!message.contains("Server is busy"), "{message}");
}

/// PL-04, PL-10
#[tokio::test]
async fn xml_ends_with_its_end_and_is_sent_as_xml() {
    let client = Client::start().await;
    publish(&client, "Saved", XML, "<roblox!\u{1}binary").await.ok();
    publish(&client, "Saved", XML, "<roblox></roblox>").await.ok();
    for (content_type, body) in [(XML, "<roblox></roblox>\n"), (BINARY, "<roblox></roblox>")] {
        let message = publish(&client, "Saved", content_type, body).await.refused(400);
        assert!(message.contains("Invalid Content stream"), "{message}");
    }
}

/// PL-08, UN-06
#[tokio::test]
async fn a_place_leaves_out_what_it_is_not() {
    let live = Client::start().await;
    let other = "/cloud/v2/universes/2001/places/3002";
    assert!(live.get(other).await.ok().get("root").is_none());
    assert_eq!(live.get(PLACE).await.ok()["root"], true);
    let renamed = live.patch(PLACE, &json!({ "displayName": "x" })).await.ok();
    assert_eq!(renamed["updateTime"], "2026-01-02T03:04:05.000000000Z");
    live.assert_responses_fit();

    let document = Client::by_document().await;
    assert_eq!(document.get(other).await.ok()["root"], false);
    let renamed = document.patch(PLACE, &json!({ "displayName": "x" })).await.ok();
    assert_eq!(text(&renamed["updateTime"]), "2026-01-02T03:04:05.000Z");
    document.assert_responses_fit();
}

#[tokio::test]
async fn the_content_of_each_version_is_delivered() {
    let client = Client::start().await;
    publish(&client, "Published", XML, "<roblox>1</roblox>").await.ok();
    publish(&client, "Saved", XML, "<roblox>2</roblox>").await.ok();
    for (version, content) in [
        ("/version/4", "<roblox>1</roblox>"),
        ("/version/5", "<roblox>2</roblox>"),
        ("", "<roblox>2</roblox>"),
        // From the beginning; nobody has published it.
        ("/version/1", "<roblox version=\"4\"></roblox>"),
    ] {
        let found = client.get(&format!("/asset-delivery-api/v1/assetId/3001{version}")).await.ok();
        let path = text(&found["location"]).replace(client.emulator.base_url(), "");
        assert_eq!(client.get(&path).await.text, content, "{version}");
    }
}
