//! What an error says: every shape of body, every kind, hints, and nothing lost.

use crate::support::scripted;
use opencloud::operation::PollPolicy;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::types::{DataStoreEntry, LuauTask, Place, PlaceVersionType};
use opencloud::{Client, Error, ErrorKind};
use serde_json::{Value, json};
use std::time::Duration;

/// A client whose every call gets this response.
fn client_of(response: MockResponse) -> Client {
    scripted(&Script::new().always(Expect::any(), response))
}

async fn error_of(response: MockResponse) -> Error {
    client_of(response)
        .users()
        .get(1)
        .with_retry(opencloud::retry::Retry::never())
        .await
        .expect_err("an error")
}

#[tokio::test]
async fn every_shape_says_the_same() {
    for shape in ErrorShape::ALL {
        let response =
            MockResponse::error(*shape, 404, "NOT_FOUND", "no such user").header("x-request-id", "7");
        let error = error_of(response).await;
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

/// What a service says is cut where it is read; a caller's own text, such as a token or a path, where it is shown.
#[tokio::test]
async fn the_text_of_an_error_is_bounded() {
    let long = "é".repeat(100_000);
    let of_service = error_of(MockResponse::error(ErrorShape::Code, 404, &long, &long)).await;
    let client = client_of(MockResponse::empty());
    let of_path = client.request(http::Method::GET, &*long).await.expect_err("not a path");
    let of_token = client.creator_store().list_saves().items().resume(&*long).collect().await;
    let of_token = of_token.expect_err("not a page number");
    assert!(of_token.message().len() > long.len(), "the message itself has all of it");
    for error in [of_service, of_path, of_token] {
        let text = error.to_string();
        assert!(text.len() < 16 * 1024 && text.contains("é…"), "{} bytes: {text:.200}", text.len());
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
        let error = error_of(MockResponse::error(ErrorShape::Code, status, "C", "m")).await;
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
            let error = error_of(MockResponse::error(shape, status, "INVALID", message)).await;
            assert_eq!(error.kind(), kind, "{message} as {shape:?}");
            assert!(error.hint().is_some());
        }
    }
}

/// A call, its response, and a part of the text that the error then has.
#[tokio::test(start_paused = true)]
async fn known_failures_say_what_to_do() {
    let code = |status, code: &str| client_of(MockResponse::error(ErrorShape::Code, status, code, "words"));
    let place = || Place::new();
    let entry = || DataStoreEntry::new();
    let query = opencloud::types::AnalyticsMetricsRequest::default;
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
            code(404, "").places().create_version(1, 2, PlaceVersionType::Saved, vec![1]).await.map(drop),
            "no such place in this universe",
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
            code(500, "INTERNAL").messaging().publish(1, "topic", "message").await.map(drop),
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
    let error = error_of(MockResponse::status(400, body.to_string())).await;
    assert_eq!(error.details(), Some(&details));
    assert_eq!((error.code(), error.message()), (Some("INVALID_ARGUMENT"), "bad cursor"));
    assert_eq!(serde_json::from_slice::<Value>(error.body().expect("a body")).expect("JSON"), body);
}

#[tokio::test]
async fn odd_bodies_lose_nothing() {
    let bodies: [&[u8]; 6] = [b"", b"\xff\xfe\x00", b"{\"code\":\"NOT_F", b"<html>", b"[]", b"null"];
    for body in bodies {
        let error = error_of(MockResponse::status(500, body.to_vec())).await;
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
    let error = client_of(MockResponse::json(body))
        .users()
        .list_inventory_items(1)
        .send()
        .await
        .expect_err("an error");
    assert!(error.is_decode());
    let text = error.to_string();
    assert!(text.contains("inventoryItems[1].assetDetails.assetId"), "{text}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert!(error.body().is_some() && error.headers().is_some());
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn the_wait_that_the_service_asks_for_is_told() {
    for (response, wait) in [
        (MockResponse::rate_limited(7), Some(7)),
        (MockResponse::error(ErrorShape::Code, 429, "", "").header("x-ratelimit-reset", "9"), Some(9)),
        (MockResponse::error(ErrorShape::Code, 503, "", "").header("x-ratelimit-reset", "9"), None),
        (MockResponse::error(ErrorShape::Code, 429, "", ""), None),
    ] {
        let error = error_of(response).await;
        assert_eq!(error.retry_after(), wait.map(Duration::from_secs));
        assert_eq!(error.hint(), wait.map(|wait| format!("the service asks to wait {wait} s")));
    }
}

#[tokio::test(start_paused = true)]
async fn it_reads_as_one_line() {
    let client = client_of(MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "try later"));
    let error = client.users().get(156).await.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "GET /cloud/v2/users/{user_id}: 503 UNAVAILABLE: try later \
         (after 4 attempts: the retry policy allows no more attempts)"
    );
    let error = client.request(http::Method::GET, "/other/api").await.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "GET /other/api: 503 UNAVAILABLE: try later (after 4 attempts: the retry policy allows no more attempts)"
    );
    let error = client.users().get("..").await.expect_err("an error");
    assert!(
        error.to_string().starts_with("GET /cloud/v2/users/{user_id}: `user_id` cannot be \"..\""),
        "{error}"
    );
    assert_eq!((error.attempts(), error.may_have_been_applied()), (0, false));
}

/// A failed request, and the error of an upload of a place that is told so.
async fn publishing(status: u16, message: &str) -> Error {
    client_of(MockResponse::error(ErrorShape::Gateway, status, "0", message))
        .places()
        .create_version(1, 2, PlaceVersionType::Saved, vec![1])
        .with_retry(opencloud::retry::Retry::never())
        .await
        .expect_err("an error")
}

/// `ER-02`: the gateway responds 401 for a scope that is missing.
#[tokio::test]
async fn a_401_for_a_missing_scope_is_about_permissions() {
    for message in ["API Key has insufficient scopes.", "insufficient scope"] {
        let error = publishing(401, message).await;
        assert!(error.is_permission_denied() && !error.is_unauthenticated(), "{error}");
        assert!(error.to_string().contains("universe-places:write"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("lacks the scope")), "{error}");
    }
    // `ER-01`: any other 401 is about the key.
    let error = publishing(401, "Invalid API Key").await;
    assert!(error.is_unauthenticated() && error.to_string().contains("60 days"), "{error}");
}

/// Gives one key after the other.
#[derive(Default)]
struct Renewing(std::sync::atomic::AtomicUsize);

impl opencloud::CredentialsProvider for &'static Renewing {
    fn credentials(&self) -> opencloud::Provided<'_> {
        Box::pin(async { Ok(opencloud::Credentials::api_key("a-key-of-a-vault")?) })
    }

    fn refresh<'a>(&'a self, _: &'a opencloud::Credentials) -> opencloud::Provided<'a> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.credentials()
    }
}

/// `ER-02`
#[tokio::test]
async fn no_credential_is_renewed_for_a_missing_scope() {
    for (message, renewals) in [("API Key has insufficient scopes.", 0), ("Invalid API Key", 1)] {
        let provider: &'static Renewing = Box::leak(Box::default());
        let script =
            Script::new().always(Expect::any(), MockResponse::error(ErrorShape::Gateway, 401, "0", message));
        let client = Client::builder()
            .credentials(opencloud::Credentials::provider(provider))
            .transport(script)
            .build()
            .expect("a client");
        client.users().get(1).await.expect_err("refused");
        assert_eq!(provider.0.load(std::sync::atomic::Ordering::SeqCst), renewals, "{message}");
    }
}

/// Failures that were seen at the live service: what they are said to mean.
#[allow(deprecated)]
#[tokio::test(start_paused = true)]
async fn failures_that_were_seen_say_what_to_do() {
    let client = |status, code: &str, message: &str| {
        client_of(MockResponse::error(ErrorShape::Code, status, code, message))
    };
    let history = |message: &str| {
        let client = client(403, "", message);
        async move { client.places().list_versions(2).send().await.map(drop) }
    };
    let membership = opencloud::types::GroupMembership::new;
    let restart = opencloud::types::RestartUniverseServersRequest::new;
    let texts = [
        // AU-12
        (history("Scope must be configured to allow all resources").await, "restricted to some experiences"),
        (history("Scope not authorized").await, "lacks a scope"),
        // ER-07
        (history("The authorized user does not have sufficient permissions").await, "owner of the key"),
        (history("Forbidden").await, "may lack a scope or access"),
        // SV-10
        (
            client(500, "INTERNAL", "no").universes().restart_servers(1, restart()).await.map(drop),
            "close all versions",
        ),
        // UN-04
        (client(401, "", "no").universes().activate(1).await.map(drop), "was seen to refuse"),
        (client(403, "", "no").universes().deactivate(1).await.map(drop), "was seen to refuse"),
        // US-13, US-12
        (
            client(400, "", "no").groups().update_membership(1, 2, membership()).await.map(drop),
            "this role already",
        ),
        (client(400, "", "no").groups().assign_role(1, 2, 2).await.map(drop), "Owner, Member and Guest"),
        // GP-08
        (
            client(400, "InvalidIsForSale", "no").developer_products().update(1, 2).await.map(drop),
            "take the product off the store page in one request",
        ),
        // LX-16: the other kind of 429 is a rate limit.
        (
            client(429, "RESOURCE_EXHAUSTED", "no").luau().create_task(1, 2, LuauTask::new()).await.map(drop),
            "ten unfinished",
        ),
    ];
    for (result, words) in texts {
        let error = result.expect_err(words);
        assert!(error.hint().is_some_and(|hint| hint.contains(words)), "`{words}` is not in: {error}");
    }
    // PL-09 before PL-03: the more exact of two hints of one operation.
    let error = publishing(409, "Server is busy and unable to process your upload request").await;
    assert!(error.hint().is_some_and(|hint| hint.contains("some minutes")), "{error}");
    // LX-16: the quota has a hint of its own kind, if the service names a time.
    let limited = MockResponse::error(ErrorShape::Gateway, 429, "0", "").header("x-ratelimit-reset", "44");
    let limited = client_of(limited)
        .luau()
        .create_task(1, 2, LuauTask::new())
        .with_retry(opencloud::retry::Retry::never());
    assert_eq!(limited.await.expect_err("limited").hint().as_deref(), Some("the service asks to wait 44 s"));
    // RL-05
    let daily = MockResponse::error(ErrorShape::Gateway, 429, "0", "")
        .header("x-ratelimit-reset", "56442")
        .header("x-ratelimit-remaining", "0");
    let error = client_of(daily).users().get(1).await.expect_err("a daily limit");
    assert!(error.to_string().contains("56442 s (15 h 40 min)"), "{error}");
}

/// `LX-06`, `LX-19`: what a task's end, or its lack of one, may come from.
#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_end_and_one_that_the_service_failed_have_hints() {
    let path = "universes/1/places/2/versions/3/luau-execution-sessions/s/tasks/t";
    let wait = |task: Value| async move {
        let script = Script::new().always(Expect::any(), MockResponse::json(task));
        scripted(&script).luau().create_task(1, 2, LuauTask::new()).wait().await.map(drop)
    };
    // A minute after the end of its script, of 300 seconds at most, and not sooner; nor while it has no turn.
    for (task, seconds, is_explained) in [
        (json!({ "path": path, "state": "PROCESSING" }), 360, true),
        (json!({ "path": path, "state": "PROCESSING" }), 359, false),
        (json!({ "path": path, "state": "PROCESSING", "timeout": "1.5s" }), 62, true),
        (json!({ "path": path, "state": "PROCESSING", "timeout": "1.5s" }), 61, false),
        (json!({ "path": path, "state": "PROCESSING", "timeout": "soon" }), 61, false),
        (json!({ "path": path, "state": "QUEUED" }), 3600, false),
        (json!({ "path": path }), 3600, false),
    ] {
        let script = Script::new().always(Expect::any(), MockResponse::json(task));
        let policy = PollPolicy::new().deadline(Duration::from_secs(seconds));
        let call = scripted(&script).luau().create_task(1, 2, LuauTask::new());
        let operation = call.start().await.expect("started");
        let error = operation.with_poll_policy(policy).wait().await.expect_err("no end");
        let is_told = error.hint().is_some_and(|hint| hint.contains("unable to load this version"));
        assert_eq!((error.is_timeout(), is_told), (true, is_explained), "{seconds}: {error}");
    }
    let failed = json!({ "path": path, "state": "FAILED", "error": { "code": "INTERNAL_ERROR", "message": "Task timed out due to an internal error" } });
    let error = wait(failed).await.expect_err("failed");
    assert!(error.hint().is_some_and(|hint| hint.contains("run it again")), "{error}");
}

/// Failures with a status that passes as a rule, and of which it is known that they do not.
#[tokio::test(start_paused = true)]
async fn what_is_final_is_sent_once() {
    use opencloud::types::Universe;
    let query = opencloud::types::AnalyticsMetricsRequest::default;
    let code = |status, code: &str, message: &str| {
        client_of(MockResponse::error(ErrorShape::Code, status, code, message))
    };
    // UN-03: only where the body has the field, and not for another status.
    let priced = || Universe::new().private_server_price_robux(100);
    let update = |status, universe: Universe| {
        let client = code(status, "INTERNAL", "no");
        async move { client.universes().update(1, universe).await.expect_err("an error") }
    };
    let error = update(500, priced()).await;
    assert_eq!((error.attempts(), error.kind()), (1, ErrorKind::Service), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("price of private servers")), "{error}");
    assert_eq!(update(500, Universe::new().voice_chat_enabled(true)).await.attempts(), 4);
    assert_eq!(update(503, priced()).await.attempts(), 4);
    // Cleared, it is in the body as well.
    let error =
        code(500, "INTERNAL", "no").universes().update(1, Universe::new()).clear_private_server_price_robux();
    assert_eq!(error.await.expect_err("an error").attempts(), 1);

    // ER-03: a page of the edge says nothing of the price, nor does it mean what the service means by its status.
    let page = |status| client_of(MockResponse::error(ErrorShape::Html, status, "", "Internal Server Error"));
    let error = page(500).universes().update(1, priced()).await.expect_err("an error");
    assert_eq!((error.attempts(), error.kind()), (4, ErrorKind::Service), "{error}");
    assert!(!error.to_string().contains("price"), "{error}");
    let secret = opencloud::types::Secret::new();
    let error = page(409).secrets().create(1, secret).await.expect_err("an error");
    assert_eq!((error.kind(), error.is_already_exists()), (ErrorKind::Io, false), "{error}");
    assert!(error.may_have_been_applied());
    let error = page(403).users().get(1).await.expect_err("an error");
    assert!(!error.to_string().contains("scope"), "{error}");

    // Analytics: by its area; elsewhere these codes mean nothing.
    for (status, number) in [(429, "3000"), (504, "1000")] {
        let error = code(status, number, "no").analytics().query_metrics(1, query()).with_idempotent(true);
        let error = error.await.expect_err("an error");
        assert_eq!(error.attempts(), 1, "{error}");
        assert!(!error.is_rate_limited(), "{error}");
        let other = code(status, number, "no").users().get(1).await.expect_err("an error");
        assert_eq!(other.attempts(), 4, "{other}");
    }
    // A feature that is switched off, whatever the operation, also of a request that is in no table.
    let off = || code(503, "17", "Feature is disabled");
    let error = off().users().get(1).await.expect_err("an error");
    assert!(error.attempts() == 1 && error.to_string().contains("switched off"), "{error}");
    let error = off().request(http::Method::GET, "/other/api").await.expect_err("an error");
    assert_eq!(error.attempts(), 1, "{error}");
    assert_eq!(code(503, "17", "later").users().get(1).await.expect_err("an error").attempts(), 4);
}

/// `MS-13`, `OD-02`, `DS-13`, `SE-01`: one predicate for what services say in four ways.
#[tokio::test]
async fn what_exists_already_is_told_from_other_refusals() {
    let error_with = |status, body: Value| {
        let client = client_of(MockResponse::status(status, body.to_string()));
        async move {
            client.data_stores().create_entry(1, "s", "e", DataStoreEntry::new()).await.expect_err("an error")
        }
    };
    for (status, body, exists) in [
        (409, json!({ "error": "ALREADY_EXISTS", "message": "there" }), true),
        (409, json!({ "code": "ALREADY_EXISTS", "message": "there" }), true),
        (400, json!({ "code": "ALREADY_EXISTS", "message": "there" }), true),
        (400, json!({ "message": "Entry already exists." }), true),
        (400, json!({ "code": "INVALID_ARGUMENT", "message": "bad" }), false),
        (409, json!({ "code": "ABORTED", "message": "somebody else was faster" }), false),
        (500, json!({ "code": "ALREADY_EXISTS", "message": "already exists" }), false),
        (403, json!({ "message": "The user already exists." }), false),
    ] {
        let error = error_with(status, body.clone()).await;
        assert_eq!(error.is_already_exists(), exists, "{status} {body}");
    }
    let conflict = || client_of(MockResponse::error(ErrorShape::Code, 409, "", "no"));
    let secret = opencloud::types::Secret::new();
    assert!(conflict().secrets().create(1, secret).await.expect_err("409").is_already_exists());
    assert!(!conflict().users().get(1).await.expect_err("409").is_already_exists());
}

/// `ER-08`, `ER-04` and bodies with a byte order mark.
#[tokio::test]
async fn sentences_are_messages_and_words_are_codes() {
    let sentence = json!({ "error": "The place does not belong to the universe." }).to_string();
    for body in [sentence.clone(), format!("\u{feff}{sentence}")] {
        let error = error_of(MockResponse::status(400, body)).await;
        assert_eq!((error.code(), error.message()), (None, "The place does not belong to the universe."));
    }
    let error = error_of(MockResponse::status(
        400,
        json!({ "status": "INVALID_ARGUMENT", "title": "bad" }).to_string(),
    ))
    .await;
    assert_eq!((error.code(), error.message()), (Some("INVALID_ARGUMENT"), "bad"));
}

/// `ER-09`
#[tokio::test]
async fn the_ids_that_roblox_finds_a_request_by_are_kept() {
    let response = MockResponse::error(ErrorShape::Code, 500, "INTERNAL", "no")
        .header("roblox-machine-id", "machine-1")
        .header("x-roblox-edge", "ams")
        .header("x-request-id", "request-1")
        .header("server", "haproxy");
    let error = error_of(response).await;
    let ids: Vec<_> = error.request_ids().collect();
    assert_eq!(
        ids,
        [("x-request-id", "request-1"), ("roblox-machine-id", "machine-1"), ("x-roblox-edge", "ams")]
    );
    assert!(format!("{error:?}").contains("machine-1"));
    assert_eq!(error_of(MockResponse::error(ErrorShape::Code, 500, "", "no")).await.request_ids().count(), 0);
    let unsent = scripted(&Script::new()).users().get("..").await.expect_err("an error");
    assert_eq!(unsent.request_ids().count(), 0);
}

/// Whatever a service, a key or a path says, an error is one line of text without control characters.
#[tokio::test]
async fn nothing_from_outside_breaks_the_line() {
    let evil = "a\nb\u{1b}[31m\u{2028}\u{202e}";
    let path = format!("/other/{evil}");
    let failed = MockResponse::json(
        json!({ "path": "users/1/operations/2", "done": true, "error": { "code": 3, "message": evil } }),
    );
    let odd = MockResponse::json(
        json!({ evil: 1, "inventoryItems": [{ "assetDetails": { "assetId": { evil: evil } } }] }),
    );
    let client = client_of(failed);
    let errors = [
        error_of(MockResponse::error(ErrorShape::Code, 400, evil, evil)).await,
        error_of(MockResponse::error(ErrorShape::Text, 400, evil, evil)).await,
        client.users().generate_thumbnail(1).wait().await.map(drop).expect_err("failed"),
        client_of(odd).users().list_inventory_items(1).send().await.map(drop).expect_err("a decode error"),
        client_of(MockResponse::empty())
            .request(http::Method::GET, &path)
            .await
            .map(drop)
            .expect_err("a path"),
        client_of(MockResponse::empty()).users().get(evil).await.map(drop).expect_err("an id"),
    ];
    let is_hidden = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{202e}');
    for error in errors {
        assert!(!error.to_string().contains(is_hidden), "{:?}", error.to_string());
    }
    let failed = client.users().generate_thumbnail(1).wait().await.expect_err("failed");
    assert_eq!(failed.message(), evil, "it is kept as it came");
}
