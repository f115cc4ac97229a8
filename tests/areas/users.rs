//! Users: what they own, thumbnails of many, and notifications.

use opencloud::ids::{AssetId, BadgeId, GamePassId};
use opencloud::operation::PollPolicy;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::users::{Ownable, ThumbnailFormat, ThumbnailShape, ThumbnailSize};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::time::Duration;

const INVENTORY: &str = "/cloud/v2/users/156/inventory-items";

#[tokio::test(start_paused = true)]
async fn whether_a_user_owns_something_is_asked_by_its_id() {
    for (item, filter) in [
        (Ownable::asset(1), "assetIds=1"),
        (Ownable::badge("2"), "badgeIds=2"),
        (Ownable::game_pass(3), "gamePassIds=3"),
        (Ownable::private_server(4), "privateServerIds=4"),
        (AssetId::from(1).into(), "assetIds=1"),
        (BadgeId::from(2).into(), "badgeIds=2"),
        (GamePassId::from(3).into(), "gamePassIds=3"),
    ] {
        let asked = || Expect::get(INVENTORY).query("filter", filter).query("maxPageSize", 1);
        let found = [json!({ "path": "users/156/inventory-items/x" })];
        let script = Script::new()
            .expect(asked(), MockResponse::page("inventoryItems", found, Some("there may be more")))
            .expect(asked(), MockResponse::page("inventoryItems", [], None))
            // An empty page is not the end while there is a token.
            .expect(asked(), MockResponse::page("inventoryItems", [], Some("next")))
            .expect(
                asked().query("pageToken", "next"),
                MockResponse::page("inventoryItems", [json!({ "path": "x" })], None),
            );
        let users = script.client().users();
        for owns in [true, false, true] {
            assert_eq!(users.owns(156, item.clone()).await.expect("a response"), owns, "{filter}");
        }
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_inventory_is_an_error_and_not_a_no() {
    let script = Script::new().expect(
        Expect::get(INVENTORY),
        MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "the inventory is private"),
    );
    let users = script.client().users();
    let error = users.owns(156, Ownable::badge(1)).await.expect_err("private");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("keep the inventory private"), "{error}");
    let error = users.owns(156, Ownable::badge("gold badge")).await.expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn thumbnails_of_many_users_are_started_followed_and_reported() {
    let started = |user: u64| {
        Expect::get(format!("/cloud/v2/users/{user}:generateThumbnail"))
            .query("size", 150)
            .query("format", "JPEG")
            .query("shape", "SQUARE")
    };
    let polled = |user: u64| Expect::get(format!("/cloud/v2/users/{user}/operations/op"));
    let uri = |user: u64| json!({ "imageUri": format!("https://cdn.example/{user}") });
    let path = |user: u64| format!("users/{user}/operations/op");
    let script = Script::new()
        .always(started(1), MockResponse::operation_running(&path(1)))
        .always(polled(1), MockResponse::operation_done(&path(1), uri(1)))
        .always(started(2), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user"))
        .always(started(3), MockResponse::operation_done(&path(3), uri(3)));
    let report = script
        .client()
        .users()
        .thumbnails([1, 2, 3])
        .size(ThumbnailSize::Px150)
        .format(ThumbnailFormat::Jpeg)
        .shape(ThumbnailShape::Square)
        .concurrency(2)
        .poll(PollPolicy::new().deadline(Duration::from_secs(60)))
        .await;
    assert_eq!(report.to_string(), "2 done, 1 failed");
    let done: Vec<_> = report
        .done
        .iter()
        .map(|(user, thumbnail)| (user.to_string(), thumbnail.image_uri.clone().unwrap_or_default()))
        .collect();
    assert_eq!(
        done,
        [
            ("1".to_owned(), "https://cdn.example/1".to_owned()),
            ("3".to_owned(), "https://cdn.example/3".to_owned())
        ]
    );
    assert!(report.failed[0].1.is_not_found());
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn what_a_thumbnail_is_not_told_is_not_sent() {
    let script = Script::new().always(
        Expect::any(),
        MockResponse::operation_done("users/1/operations/op", json!({ "imageUri": "u" })),
    );
    assert!(script.client().users().thumbnails([1]).await.is_complete());
    assert!(script.received()[0].query.is_empty());
}

fn notification(payload: Value) -> Expect {
    Expect::post("/cloud/v2/users/156/notifications")
        .json(json!({ "source": { "universe": "universes/42" }, "payload": payload }))
}

#[tokio::test(start_paused = true)]
async fn a_notification_holds_what_was_said_and_nothing_else() {
    let response = || MockResponse::json(json!({ "path": "users/156/notifications/n", "id": "n" }));
    let script = Script::new()
        .expect(notification(json!({ "type": "MOMENT", "messageId": "message-1" })), response())
        .expect(
            notification(json!({
                "type": "MOMENT",
                "messageId": "message-1",
                "parameters": {
                    "userId-friend": { "int64Value": 3_702_832_553_i64 },
                    "points": { "int64Value": 5 },
                    "egg_name": { "stringValue": "royal egg" },
                },
                "joinExperience": { "launchData": "rematch" },
                "analyticsData": { "category": "high score" },
            })),
            response(),
        );
    let users = script.client().users();
    let sent = users.notify(156, 42, "message-1").await.expect("accepted");
    assert_eq!(sent.id.as_deref(), Some("n"));
    users
        .notify(156, 42, "message-1")
        .user_parameter("friend", 3_702_832_553)
        .parameter("points", 5)
        .parameter("egg_name", "royal egg")
        .launch_data("rematch")
        .category("high score")
        .await
        .expect("accepted");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn notifications_are_checked_before_anything_is_sent() {
    let script = Script::new();
    let users = script.client().users();
    let notify = || users.notify(156, 42, "message-1");
    for (outcome, why) in [
        (notify().launch_data("x".repeat(201)).await, "201 bytes; 200"),
        // Bytes, not characters.
        (notify().launch_data("é".repeat(101)).await, "202 bytes; 200"),
        (notify().user_parameter("userId-friend", "builderman").await, "`userId-friend`"),
        (notify().user_parameter("friend", u64::MAX).await, "`userId-friend`"),
        (users.notify(156, 42, " ").await, "text is empty"),
        (users.notify(156, "my game", "message-1").await, "the universe"),
    ] {
        let error = outcome.expect_err(why);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(script.count(), 0);

    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "id": "n" })));
    let users = script.client().users();
    for data in ["x".repeat(199), "x".repeat(200), "é".repeat(100)] {
        users.notify(156, 42, "message-1").launch_data(data).await.expect("accepted");
    }
}

#[tokio::test]
async fn the_helpers_work_at_the_emulator() -> Result<(), Error> {
    let emulator = Emulator::start().await.expect("a port");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build()?;
    let users = client.users();

    let items = users.list_inventory_items(156).items().limit(200).collect().await?;
    let badge = items.iter().find_map(|item| item.badge_details.as_ref()?.badge_id.clone()).expect("a badge");
    assert!(users.owns(156, badge).await?);
    assert!(!users.owns(156, Ownable::badge(1)).await?);

    let report = users.thumbnails(1001..=1006).size(ThumbnailSize::Px48).concurrency(3).await;
    assert_eq!(report.to_string(), "6 done");
    for (user, thumbnail) in report.complete()? {
        let uri = thumbnail.image_uri.expect("a URL");
        assert!(uri.contains(&format!("/users/{user}/avatar/48x48/")), "{uri}");
    }

    let quotas = users.list_asset_quotas(156).items().collect().await?;
    assert!(!quotas.is_empty());
    assert!(quotas.iter().all(|quota| quota.remaining() == quota.capacity));

    users.notify(156, 42, "message-1").parameter("points", 5).launch_data("x".repeat(200)).await?;
    let again = users.notify(156, 42, "message-1").with_retry(opencloud::retry::Retry::never()).await;
    assert!(again.expect_err("one per day").is_rate_limited());
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    Ok(())
}
