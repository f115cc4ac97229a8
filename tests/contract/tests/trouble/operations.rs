//! Operations that are done at once, fail, are hard to follow, take too long or outlive who started them.

use crate::server::Server;
use crate::{calls, client, start};
use opencloud::ErrorKind;
use opencloud::analytics::AnalyticsMetricsRequest;
use opencloud::assets::Asset;
use opencloud::body::File;
use opencloud::experiments::ExperimentDefinition;
use opencloud::luau::LuauTask;
use opencloud::operation::PollPolicy;
use opencloud::users::UserThumbnail;
use serde_json::{Value, json};
use std::time::Duration;

/// Polls as often as the limits of the routes allow.
fn eager() -> PollPolicy {
    let wait = Duration::from_millis(1);
    PollPolicy::new().initial_delay(wait).multiplier(1.0).minimum_delay(wait)
}

fn query() -> AnalyticsMetricsRequest {
    let query = json!({
        "metric": "DailyActiveUsers",
        "granularity": "OneDay",
        "startTime": "2026-01-01T00:00:00Z",
        "endTime": "2026-01-02T00:00:00Z",
    });
    serde_json::from_value(query).expect("a query")
}

/// The same query again gets its result, with 200 instead of 202.
#[tokio::test]
async fn what_is_done_at_once_is_never_polled() {
    let (emulator, client) = start().await;
    let first =
        client.analytics().query_metrics(7, query()).with_poll_policy(eager()).wait().await.expect("done");
    let polls = calls(&emulator, "analytics.get_metrics_operation");
    assert!(polls >= 1);
    let mut again = client.analytics().query_metrics(7, query()).start().await.expect("started");
    assert!(again.is_over());
    assert_eq!(again.wait().await.expect("done"), first);
    assert_eq!(calls(&emulator, "analytics.get_metrics_operation"), polls);
}

fn model(name: &str) -> Asset {
    let asset = json!({
        "assetType": "Model",
        "displayName": name,
        "creationContext": { "creator": { "userId": 156 } },
    });
    serde_json::from_value(asset).expect("an asset")
}

fn file() -> File {
    File::new("<roblox!").name("a.rbxm").media_type("model/x-rbxm")
}

/// The response to an upload has the path of its operation alone: without `done`, it is not done.
#[tokio::test]
async fn a_response_that_does_not_say_done_is_pending() {
    let (_emulator, client) = start().await;
    let upload = client.assets().create(model("Chair"), file()).start().await.expect("started");
    assert!(!upload.is_over());
    let asset = upload.with_poll_policy(eager()).wait().await.expect("an asset");
    assert_eq!(asset.display_name.as_deref(), Some("Chair"));
}

/// An operation that fails is an error with what the service said, in each dialect.
#[tokio::test]
async fn a_failed_operation_is_an_error() {
    let (_emulator, client) = start().await;
    let upload = client.assets().create(model("Moderated chair"), file());
    let error = upload.with_poll_policy(eager()).wait().await.expect_err("moderated");
    assert_eq!((error.kind(), error.code()), (ErrorKind::ModeratedText, Some("400")));
    assert!(error.message().contains("moderated"), "{error}");
    assert!(error.operation_name().is_some());

    let task = LuauTask::new().script("error(\"no such player\")");
    let error = client
        .luau()
        .create_task(2001, 3001, task)
        .with_poll_policy(eager())
        .wait()
        .await
        .expect_err("an error");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Operation, Some("SCRIPT_ERROR")));
    assert!(error.message().contains("no such player"), "{error}");

    // It has no variants, and so no baseline.
    let definition = ExperimentDefinition::new().name("Speed");
    let error = client
        .experiments()
        .create(7, definition)
        .with_poll_policy(eager())
        .wait()
        .await
        .expect_err("an error");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Operation, Some("MUST_HAVE_EXACTLY_ONE_BASELINE_VARIANT"))
    );
}

const POLL: &str = "users.get_thumbnail_operation";

/// A poll that fails says nothing about the operation.
#[tokio::test]
async fn a_failed_poll_is_no_failed_operation() {
    for trouble in ["429,retry-after=0", "429", "500", "503", "html:502", "reset", "truncate:10"] {
        let (emulator, client) = start().await;
        emulator.fault(&format!("{POLL}={trouble},count=3")).expect("a fault");
        let thumbnail = client.users().generate_thumbnail(7).with_poll_policy(eager()).wait().await;
        let thumbnail = thumbnail.unwrap_or_else(|error| panic!("{trouble}: {error}"));
        assert!(thumbnail.image_uri.is_some(), "{trouble}");
        assert_eq!(calls(&emulator, "users.generate_thumbnail"), 1, "{trouble}: started once");
        assert!(calls(&emulator, POLL) >= 4, "{trouble}: three that failed, and the last");
    }
}

#[tokio::test]
async fn polls_that_only_fail_are_given_up() {
    let (emulator, client) = start().await;
    emulator.fault(&format!("{POLL}=500")).expect("a fault");
    let policy = eager().tolerated_failures(2);
    let error =
        client.users().generate_thumbnail(7).with_poll_policy(policy).wait().await.expect_err("given up");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    let name = error.operation_name().expect("a name").to_owned();
    // The operation is still there for who has its name.
    emulator.clear_faults();
    let operation = client.operations().resume::<UserThumbnail>(&name).expect("a name");
    operation.with_poll_policy(eager()).wait().await.expect("done");
    // A refusal does not pass: it ends the wait at once.
    emulator.clear_requests();
    emulator.fault(&format!("{POLL}=403")).expect("a fault");
    let error =
        client.users().generate_thumbnail(7).with_poll_policy(eager()).wait().await.expect_err("forbidden");
    assert!(error.is_permission_denied(), "{error}");
    assert_eq!(calls(&emulator, POLL), 1);
}

/// The caller's deadline ends the wait, not the operation; the error says how to come back to it.
#[tokio::test]
async fn a_deadline_names_the_operation() {
    let policy = || eager().deadline(Duration::from_millis(50));
    // A service that always says the same.
    let server = Server::start(|_| json!({ "path": "users/7/operations/t", "done": false })).await;
    let error =
        client(&server.base_url).users().generate_thumbnail(7).with_poll_policy(policy()).wait().await;
    let error = error.expect_err("never done");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.operation_name(), Some("users.generate_thumbnail:/cloud/v2/users/7/operations/t"));
    // And one that does not respond at all.
    let (emulator, client) = start().await;
    emulator.fault(&format!("{POLL}=latency:60s")).expect("a fault");
    let error = client
        .users()
        .generate_thumbnail(7)
        .with_poll_policy(policy())
        .wait()
        .await
        .expect_err("no response");
    assert!(error.is_timeout(), "{error}");
    emulator.clear_faults();
    let name = error.operation_name().expect("a name");
    let operation = client.operations().resume::<UserThumbnail>(name).expect("a name");
    operation.with_poll_policy(eager()).wait().await.expect("done after all");
}

/// A process that started something is gone; another one has the name that the first one wrote down.
#[tokio::test]
async fn an_operation_outlives_who_started_it() {
    let (emulator, first) = start().await;
    let operation = first.users().generate_thumbnail(7).start().await.expect("started");
    let name = operation.name().expect("a name").to_owned();
    drop((operation, first));
    let second = client(emulator.base_url());
    let operation = second.operations().resume::<UserThumbnail>(&name).expect("a name");
    assert!(operation.with_poll_policy(eager()).wait().await.expect("done").image_uri.is_some());
    assert_eq!(calls(&emulator, "users.generate_thumbnail"), 1);
    // What nobody started is not there.
    let (place, _) = name.rsplit_once('/').expect("a path");
    let unknown = second.operations().resume::<Value>(&format!("{place}/unknown"));
    let error = unknown.expect("a name").wait().await;
    assert!(error.expect_err("unknown").is_not_found());
}
