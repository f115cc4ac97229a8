//! What an error says: every shape of body, every kind, hints, and nothing lost.
#![cfg(feature = "full")]

mod support;

use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use opencloud::types::{DataStoreEntry, LuauTask, Place, PlaceVersionType};
use opencloud::{Client, Error, ErrorKind};
use serde_json::{Value, json};
use std::time::Duration;
use support::scripted;

/// A client whose every call is answered so.
fn answering(answer: Answer) -> Client {
    scripted(&Script::new().always(Expect::any(), answer))
}

async fn error_of(answer: Answer) -> Error {
    answering(answer).users().get(1).with_retry(opencloud::retry::Retry::never()).await.expect_err("an error")
}

#[tokio::test]
async fn every_shape_says_the_same() {
    for shape in ErrorShape::ALL {
        let answer = Answer::error(*shape, 404, "NOT_FOUND", "no such user").header("x-request-id", "7");
        let error = error_of(answer).await;
        // A page of the edge says nothing of the user (ER-03).
        let kind = if *shape == ErrorShape::Html { ErrorKind::Io } else { ErrorKind::NotFound };
        assert_eq!(error.kind(), kind, "{shape:?}");
        let has_code = !matches!(
            shape,
            ErrorShape::Validation
                | ErrorShape::Problem
                | ErrorShape::Html
                | ErrorShape::Text
                | ErrorShape::Empty
        );
        assert_eq!(error.code(), has_code.then_some("NOT_FOUND"), "{shape:?}");
        let words = if *shape == ErrorShape::Empty { "Not Found" } else { "no such user" };
        assert!(error.message().contains(words), "{shape:?}: {}", error.message());
        assert!(error.to_string().starts_with("GET /cloud/v2/users/{user_id}: 404"), "{shape:?}: {error}");
        assert_eq!(
            error.headers().and_then(|headers| headers.get("x-request-id")).map(|id| id.as_bytes()),
            Some(&b"7"[..])
        );
        assert_eq!(error.body().is_some_and(|body| body.is_empty()), *shape == ErrorShape::Empty);
        assert_eq!(error.operation().map(|operation| operation.id), Some("users.get"));
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn every_status_has_its_kind() {
    for (status, kind) in [
        (400, ErrorKind::Refused),
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::Timeout),
        (409, ErrorKind::Conflict),
        (412, ErrorKind::Conflict),
        (418, ErrorKind::Refused),
        (429, ErrorKind::RateLimited),
        (499, ErrorKind::Timeout),
        (500, ErrorKind::Service),
        (501, ErrorKind::Service),
        (599, ErrorKind::Service),
        (304, ErrorKind::Redirect),
    ] {
        let error = error_of(Answer::error(ErrorShape::Code, status, "C", "m")).await;
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        let predicates = [
            (error.is_not_found(), ErrorKind::NotFound),
            (error.is_rate_limited(), ErrorKind::RateLimited),
            (error.is_permission_denied(), ErrorKind::PermissionDenied),
            (error.is_unauthenticated(), ErrorKind::Unauthenticated),
            (error.is_timeout(), ErrorKind::Timeout),
            (error.is_conflict(), ErrorKind::Conflict),
            (error.is_service_failure(), ErrorKind::Service),
        ];
        for (holds, of) in predicates {
            assert_eq!(holds, of == kind, "{status} {of:?}");
        }
    }
}

#[tokio::test]
async fn moderation_and_bad_files_are_kinds_of_their_own() {
    for (status, message, kind) in [
        (400, "AssetName is moderated.", ErrorKind::ModeratedText),
        (400, "AssetDescription is moderated.", ErrorKind::ModeratedText),
        (403, "User is moderated", ErrorKind::ModeratedAccount),
        (400, "InvalidImage", ErrorKind::InvalidFile),
    ] {
        for shape in [ErrorShape::Gateway, ErrorShape::Status, ErrorShape::Text] {
            let error = error_of(Answer::error(shape, status, "INVALID", message)).await;
            assert_eq!(error.kind(), kind, "{message} as {shape:?}");
            assert!(error.hint().is_some());
        }
    }
}

/// A call, what it is answered, and a part of the text that the error then has.
#[tokio::test(start_paused = true)]
async fn known_failures_say_what_to_do() {
    let code = |status, code: &str| answering(Answer::error(ErrorShape::Code, status, code, "words"));
    let place = || Place::new();
    let entry = || DataStoreEntry::new();
    let query = opencloud::types::AnalyticsMetricsRequest::default;
    let message = || opencloud::types::PublishMessageRequest::new("topic", "message");
    let texts = [
        (
            code(403, "PERMISSION_DENIED").luau().create_task(1, 2, LuauTask::new()).await.map(drop),
            "universe.place.luau-execution-session:write",
        ),
        (code(401, "0").users().get(1).await.map(drop), "60 days"),
        (code(409, "ABORTED").places().update(1, 2, place()).await.map(drop), "Team Create"),
        (
            code(409, "").places().create_version(1, 2, PlaceVersionType::Saved, vec![1]).await.map(drop),
            "Team Create",
        ),
        (
            code(429, "RESOURCE_EXHAUSTED").luau().create_task(1, 2, LuauTask::new()).await.map(drop),
            "ten unfinished",
        ),
        (code(429, "3000").analytics().query_metrics(1, query()).await.map(drop), "too large"),
        (code(504, "1000").analytics().query_metrics(1, query()).await.map(drop), "took too long"),
        (
            code(503, "UNAVAILABLE").data_stores().create_entry(1, "s", "e", entry()).await.map(drop),
            "read the entry",
        ),
        (
            code(500, "INTERNAL").messaging().publish(1, message()).await.map(drop),
            "look before you send it again",
        ),
        (
            code(500, "INTERNAL").data_stores().set_value(1, "s", "e", json!(1)).await.map(drop),
            "read the entry",
        ),
    ];
    for (result, words) in texts {
        let error = result.expect_err(words);
        assert!(error.to_string().contains(words), "`{words}` is not in: {error}");
        assert!(error.hint().is_some_and(|hint| hint.contains(words)));
        assert!(error.to_string().contains("words"), "the service's words stay: {error}");
    }
    let error = code(429, "3000").analytics().query_metrics(1, query()).await.expect_err("an error");
    assert!(!error.is_rate_limited(), "waiting does not help");
    let error =
        code(409, "ABORTED").data_stores().update_entry(1, "s", "e", entry()).await.expect_err("an error");
    assert_eq!(error.hint(), None, "no hint where none is known: {error}");
}

#[tokio::test]
async fn details_are_kept() {
    let details = json!([{ "errorDetailType": "DatastoreErrorInfo", "datastoreErrorCode": "InvalidCursor" }]);
    let body = json!({ "error": "INVALID_ARGUMENT", "message": "bad cursor", "errorDetails": details });
    let error = error_of(Answer::status(400, body.to_string())).await;
    assert_eq!(error.details(), Some(&details));
    assert_eq!((error.code(), error.message()), (Some("INVALID_ARGUMENT"), "bad cursor"));
    assert_eq!(serde_json::from_slice::<Value>(error.body().expect("a body")).expect("JSON"), body);
}

#[tokio::test]
async fn odd_bodies_lose_nothing() {
    let bodies: [&[u8]; 6] = [b"", b"\xff\xfe\x00", b"{\"code\":\"NOT_F", b"<html>", b"[]", b"null"];
    for body in bodies {
        let error = error_of(Answer::status(500, body.to_vec())).await;
        assert_eq!(error.body().map(|kept| &kept[..]), Some(body));
        assert_eq!(error.kind(), ErrorKind::Service);
        assert!(!error.message().is_empty());
        assert!(!error.to_string().contains(['\n', '\0']), "{error}");
    }
}

#[tokio::test]
async fn a_decode_failure_names_the_place() {
    let body =
        json!({ "inventoryItems": [{ "path": "a" }, { "assetDetails": { "assetId": { "odd": true } } }] });
    let error =
        answering(Answer::json(body)).users().list_inventory_items(1).send().await.expect_err("an error");
    assert!(error.is_decode());
    let text = error.to_string();
    assert!(text.contains("inventoryItems[1].assetDetails.assetId"), "{text}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert!(error.body().is_some() && error.headers().is_some());
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn the_wait_that_the_service_asks_for_is_told() {
    for (answer, wait) in [
        (Answer::rate_limited(7), Some(7)),
        (Answer::error(ErrorShape::Code, 429, "", "").header("x-ratelimit-reset", "9"), Some(9)),
        (Answer::error(ErrorShape::Code, 503, "", "").header("x-ratelimit-reset", "9"), None),
        (Answer::error(ErrorShape::Code, 429, "", ""), None),
    ] {
        let error = error_of(answer).await;
        assert_eq!(error.retry_after(), wait.map(Duration::from_secs));
        assert_eq!(error.hint(), wait.map(|wait| format!("the service asks to wait {wait} s")));
    }
}

#[tokio::test(start_paused = true)]
async fn it_reads_as_one_line() {
    let client = answering(Answer::error(ErrorShape::Code, 503, "UNAVAILABLE", "try later"));
    let error = client.users().get(156).await.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "GET /cloud/v2/users/{user_id}: 503 UNAVAILABLE: try later (after 4 attempts)"
    );
    let error = client.request(http::Method::GET, "/other/api").await.expect_err("an error");
    assert_eq!(error.to_string(), "GET /other/api: 503 UNAVAILABLE: try later (after 4 attempts)");
    let error = client.users().get("..").await.expect_err("an error");
    assert!(
        error.to_string().starts_with("GET /cloud/v2/users/{user_id}: `user_id` cannot be \"..\""),
        "{error}"
    );
    assert_eq!((error.attempts(), error.may_have_been_applied()), (0, false));
}
