//! Long-running operations, in all the forms in which services report them.

use crate::support::script::{self, ok, status};
use opencloud::analytics::{AnalyticsDimensionValuesRequest, AnalyticsMetricsRequest};
use opencloud::assets::Asset;
use opencloud::body::File;
use opencloud::experiments::CalculateExperimentMdeRequest;
use opencloud::luau::LuauTask;
use opencloud::operation::{Operation, PollPolicy, Progress, State};
use opencloud::servers::LaunchServerRestartRequest;
use opencloud::testing::{MockResponse, Script};
use opencloud::users::UserThumbnail;
use opencloud::{Client, Error, ErrorKind, operations};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Waited<'a> = Pin<Box<dyn Future<Output = Result<Finished, Error>> + 'a>>;

/// A finished operation: its result, and its name while it was on its way.
#[derive(Debug)]
struct Finished {
    name: Option<String>,
    result: Value,
}

async fn finish<T: DeserializeOwned + Serialize + Send + 'static>(
    started: impl Future<Output = Result<Operation<T>, Error>>,
) -> Result<Finished, Error> {
    let mut operation = started.await?;
    let result = operation.wait().await?;
    Ok(Finished {
        name: operation.name().map(str::to_owned),
        result: serde_json::to_value(result).expect("JSON"),
    })
}

/// Starts an operation and waits for it.
macro_rules! run {
    ($client:ident => $call:expr) => {
        |$client| Box::pin(finish($call.start()))
    };
}

struct Case {
    what: &'static str,
    run: fn(&Client) -> Waited<'_>,
    responses: Vec<MockResponse>,
    requests: Vec<&'static str>,
    /// `None` if it is done at once and has no name.
    name: Option<&'static str>,
    result: Value,
}

fn cloud(path: &str) -> [MockResponse; 2] {
    [ok(json!({ "path": path })), ok(json!({ "path": path, "done": false }))]
}

fn then(before: [MockResponse; 2], last: Value) -> Vec<MockResponse> {
    before.into_iter().chain([ok(last)]).collect()
}

const TASK: &str = "universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5";

/// The polls of a change to an experiment.
fn change() -> Vec<MockResponse> {
    vec![
        ok(
            json!({ "operation": { "operationId": "o", "status": "OPERATIONAL_STATUS_STARTING", "done": false } }),
        ),
        ok(
            json!({ "operation": { "operationId": "o", "done": true, "experiment": { "id": "1", "name": "E" } } }),
        ),
    ]
}

fn cases() -> Vec<Case> {
    let asset = || then(cloud("operations/a"), json!({ "done": true, "response": { "assetId": 7 } }));
    let instance = |result: Value| {
        let path = "universes/1/places/2/instances/root/operations/o";
        then(cloud(path), json!({ "done": true, "response": result }))
    };
    let instance_poll = "GET /cloud/v2/universes/1/places/2/instances/root/operations/o";
    let task = |state: &str| json!({ "path": TASK, "state": state });
    vec![
        Case {
            what: "an upload",
            run: run!(client => client.assets().create(Asset::default(), File::new(vec![1]))),
            responses: asset(),
            requests: vec![
                "POST /assets/v1/assets",
                "GET /assets/v1/operations/a",
                "GET /assets/v1/operations/a",
            ],
            name: Some("assets.create:/assets/v1/operations/a"),
            result: json!({ "assetId": "7" }),
        },
        Case {
            what: "an update of an asset's content",
            run: run!(client => client.assets().update(7, Asset::default())),
            responses: asset(),
            requests: vec![
                "PATCH /assets/v1/assets/7",
                "GET /assets/v1/operations/a",
                "GET /assets/v1/operations/a",
            ],
            name: Some("assets.update:/assets/v1/operations/a"),
            result: json!({ "assetId": "7" }),
        },
        Case {
            what: "an update of an asset's metadata, whose response is the asset",
            run: run!(client => client.assets().update(7, Asset::default())),
            responses: vec![ok(json!({ "path": "assets/7", "assetId": "7", "displayName": "Hat" }))],
            requests: vec!["PATCH /assets/v1/assets/7"],
            name: None,
            result: json!({ "path": "assets/7", "assetId": "7", "displayName": "Hat" }),
        },
        Case {
            what: "speech, which is an operation of assets",
            run: run!(client => client.universes().generate_speech_asset(1, "hi")),
            responses: then(
                cloud("operations/a"),
                json!({ "done": true, "response": { "assetId": "7", "remainingQuota": 2 } }),
            ),
            requests: vec![
                "POST /cloud/v2/universes/1:generateSpeechAsset",
                "GET /assets/v1/operations/a",
                "GET /assets/v1/operations/a",
            ],
            name: Some("universes.generate_speech_asset:/assets/v1/operations/a"),
            result: json!({ "assetId": "7", "remainingQuota": 2 }),
        },
        Case {
            what: "a thumbnail",
            run: run!(client => client.users().generate_thumbnail(9)),
            responses: then(
                cloud("users/9/operations/t"),
                json!({ "done": true, "response": { "@type": "x", "imageUri": "u" } }),
            ),
            requests: vec![
                "GET /cloud/v2/users/9:generateThumbnail",
                "GET /cloud/v2/users/9/operations/t",
                "GET /cloud/v2/users/9/operations/t",
            ],
            name: Some("users.generate_thumbnail:/cloud/v2/users/9/operations/t"),
            result: json!({ "imageUri": "u" }),
        },
        Case {
            what: "a thumbnail that is done at once",
            run: run!(client => client.users().generate_thumbnail(9)),
            responses: vec![ok(
                json!({ "path": "users/9/operations/t", "done": true, "response": { "imageUri": "u" } }),
            )],
            requests: vec!["GET /cloud/v2/users/9:generateThumbnail"],
            name: Some("users.generate_thumbnail:/cloud/v2/users/9/operations/t"),
            result: json!({ "imageUri": "u" }),
        },
        Case {
            what: "a result without `done`",
            run: run!(client => client.users().generate_thumbnail(9)),
            responses: then(cloud("users/9/operations/t"), json!({ "response": { "imageUri": "u" } })),
            requests: vec![
                "GET /cloud/v2/users/9:generateThumbnail",
                "GET /cloud/v2/users/9/operations/t",
                "GET /cloud/v2/users/9/operations/t",
            ],
            name: Some("users.generate_thumbnail:/cloud/v2/users/9/operations/t"),
            result: json!({ "imageUri": "u" }),
        },
        Case {
            what: "a flush, whose polls repeat the scope",
            run: run!(client => client.memory_stores().flush(1).scope("TEST")),
            responses: then(cloud("cloud/v2/universes/1/memory-store/operations/f"), json!({ "done": true })),
            requests: vec![
                "POST /cloud/v2/universes/1/memory-store:flush?scope=TEST",
                "GET /cloud/v2/universes/1/memory-store/operations/f?scope=TEST",
                "GET /cloud/v2/universes/1/memory-store/operations/f?scope=TEST",
            ],
            name: Some("memory_stores.flush:/cloud/v2/universes/1/memory-store/operations/f?scope=TEST"),
            result: json!({}),
        },
        Case {
            what: "an instance",
            run: run!(client => client.instances().get(1, 2, "root")),
            responses: instance(json!({ "path": "p" })),
            requests: vec!["GET /cloud/v2/universes/1/places/2/instances/root", instance_poll, instance_poll],
            name: Some("instances.get:/cloud/v2/universes/1/places/2/instances/root/operations/o"),
            result: json!({ "path": "p" }),
        },
        Case {
            what: "children of an instance",
            run: run!(client => client.instances().list_children(1, 2, "root")),
            responses: instance(json!({ "instances": [{}] })),
            requests: vec![
                "GET /cloud/v2/universes/1/places/2/instances/root:listChildren",
                instance_poll,
                instance_poll,
            ],
            name: Some("instances.list_children:/cloud/v2/universes/1/places/2/instances/root/operations/o"),
            result: json!({ "instances": [{}] }),
        },
        Case {
            what: "metrics",
            run: run!(client => client.analytics().query_metrics(1, AnalyticsMetricsRequest::default())),
            responses: vec![
                status(202, json!({ "path": "v1/universes/1/operations/metrics/m", "done": false })),
                status(202, json!({ "path": "v1/universes/1/operations/metrics/m" })),
                ok(json!({ "response": { "values": [] } })),
            ],
            requests: vec![
                "POST /analytics-query-api/v1/universes/1/metrics",
                "GET /analytics-query-api/v1/universes/1/operations/metrics/m",
                "GET /analytics-query-api/v1/universes/1/operations/metrics/m",
            ],
            name: Some("analytics.query_metrics:/analytics-query-api/v1/universes/1/operations/metrics/m"),
            result: json!({ "values": [] }),
        },
        Case {
            what: "dimension values that are known at once",
            run: run!(client => client.analytics().query_dimension_values(1, AnalyticsDimensionValuesRequest::default())),
            responses: vec![ok(json!({ "done": true, "response": {} }))],
            requests: vec!["POST /analytics-query-api/v1/universes/1/dimension-values"],
            name: None,
            result: json!({}),
        },
        Case {
            what: "a task",
            run: run!(client => client.luau().create_task(1, 2, LuauTask::default())),
            responses: vec![ok(task("QUEUED")), ok(task("PROCESSING")), ok(task("COMPLETE"))],
            requests: vec![
                "POST /cloud/v2/universes/1/places/2/luau-execution-session-tasks",
                "GET /cloud/v2/universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5",
                "GET /cloud/v2/universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5",
            ],
            name: Some(
                "luau.create_task:/cloud/v2/universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5",
            ),
            result: task("COMPLETE"),
        },
        Case {
            what: "a task under another form of its path",
            run: run!(client => client.luau().create_task_for_version(1, 2, 3, LuauTask::default())),
            responses: vec![
                ok(json!({ "path": "universes/1/places/2/versions/3/luau-execution-session-tasks/5" })),
                ok(task("COMPLETE")),
            ],
            requests: vec![
                "POST /cloud/v2/universes/1/places/2/versions/3/luau-execution-session-tasks",
                "GET /cloud/v2/universes/1/places/2/versions/3/luau-execution-session-tasks/5",
            ],
            name: Some(
                "luau.create_task_for_version:/cloud/v2/universes/1/places/2/versions/3/luau-execution-session-tasks/5",
            ),
            result: task("COMPLETE"),
        },
        Case {
            what: "a change to an experiment",
            run: run!(client => client.experiments().start_now(1, "e")),
            responses: change(),
            requests: vec![
                "POST /creator-configs-public-api/v1/experimentation/universes/1/experiments/e:start",
                "GET /creator-configs-public-api/v1/experimentation/universes/1/operations/o",
            ],
            name: Some(
                "experiments.start_now:/creator-configs-public-api/v1/experimentation/universes/1/operations/o",
            ),
            result: json!({ "id": "1", "name": "E" }),
        },
        Case {
            what: "a discarded experiment, of which nothing is left",
            run: run!(client => client.experiments().discard(1, "e")),
            responses: vec![change().remove(0), ok(json!({ "operation": { "done": true } }))],
            requests: vec![
                "DELETE /creator-configs-public-api/v1/experimentation/universes/1/experiments/e",
                "GET /creator-configs-public-api/v1/experimentation/universes/1/operations/o",
            ],
            name: Some(
                "experiments.discard:/creator-configs-public-api/v1/experimentation/universes/1/operations/o",
            ),
            result: Value::Null,
        },
        Case {
            what: "statistics, which have no operation: the call is repeated",
            run: run!(client => client.experiments().get_stats(1, "e")),
            responses: vec![
                ok(json!({ "operation": { "experimentId": 5, "done": false } })),
                ok(json!({ "operation": { "experimentId": 5, "done": true, "experimentStats": {} } })),
            ],
            requests: vec![
                "GET /creator-configs-public-api/v1/experimentation/universes/1/experiments/e/stats";
                2
            ],
            name: Some(
                "experiments.get_stats:/creator-configs-public-api/v1/experimentation/universes/1/experiments/e/stats",
            ),
            result: json!({}),
        },
        Case {
            what: "an estimate, whose call is repeated with its body",
            run: run!(client => client.experiments().calculate_mde(
                1, CalculateExperimentMdeRequest::new().exposure_percent(5)
            )),
            responses: vec![
                ok(json!({ "operation": { "operationId": "o", "done": false } })),
                ok(
                    json!({ "operation": { "operationId": "o", "done": true, "mde": { "totalSampleSize": 3 } } }),
                ),
            ],
            requests: vec![
                "POST /creator-configs-public-api/v1/experimentation/universes/1/experiments:calculateMde";
                2
            ],
            name: Some(
                "experiments.calculate_mde:/creator-configs-public-api/v1/experimentation/universes/1/experiments:calculateMde#body=%7B%22exposurePercent%22%3A5%7D",
            ),
            result: json!({ "totalSampleSize": 3 }),
        },
        Case {
            what: "a restart, found in a map of restarts",
            run: run!(client => client.servers().launch_restart(1, LaunchServerRestartRequest::new())),
            responses: vec![
                ok(json!({ "id": "r-1", "instancesImpacted": 2 })),
                ok(
                    json!({ "restartStatuses": { "other": { "placeRestartStatuses": { "2": { "state": "SUCCEEDED" } } } } }),
                ),
                ok(
                    json!({ "restartStatuses": { "r-1": { "placeRestartStatuses": { "2": { "state": "DELAYING" } } } } }),
                ),
                ok(
                    json!({ "restartStatuses": { "r-1": { "placeRestartStatuses": { "2": { "state": "SUCCEEDED" } } } } }),
                ),
            ],
            requests: vec![
                "POST /server-management/v1/universes/1/restarts",
                "GET /server-management/v1/universes/1/restarts",
                "GET /server-management/v1/universes/1/restarts",
                "GET /server-management/v1/universes/1/restarts",
            ],
            name: Some("servers.launch_restart:/server-management/v1/universes/1/restarts#key=r-1"),
            result: json!({ "placeRestartStatuses": { "2": { "state": "SUCCEEDED" } } }),
        },
        Case {
            what: "nothing to restart",
            run: run!(client => client.servers().launch_restart(1, LaunchServerRestartRequest::new())),
            responses: vec![ok(json!({ "id": "00000000-0000-0000-0000-000000000000" }))],
            requests: vec!["POST /server-management/v1/universes/1/restarts"],
            name: None,
            result: json!({}),
        },
        Case {
            what: "thumbnails",
            run: run!(client => client.thumbnails().upload_homepage_thumbnails(1, vec![File::new(vec![1])])),
            responses: vec![
                ok(json!({ "fileToOperationIdDict": { "a.png": "1", "c.png": "3" } })),
                ok(json!({ "uploadStatus": 1, "uploadThumbnailStatusDict": { "1": { "assetId": 7 } } })),
                ok(
                    json!({ "uploadStatus": "Finished", "uploadThumbnailStatusDict": { "1": { "assetId": 7 } } }),
                ),
            ],
            requests: vec![
                "POST /thumbnail-personalization-api/v1/universes/1/thumbnails/uploads",
                "GET /thumbnail-personalization-api/v1/universes/1/thumbnails/uploads/status?operationIds=1&operationIds=3",
                "GET /thumbnail-personalization-api/v1/universes/1/thumbnails/uploads/status?operationIds=1&operationIds=3",
            ],
            name: Some(
                "thumbnails.upload_homepage_thumbnails:/thumbnail-personalization-api/v1/universes/1/thumbnails/uploads/status?operationIds=1&operationIds=3#key=%7B%22a.png%22%3A%221%22%2C%22c.png%22%3A%223%22%7D",
            ),
            result: json!({ "uploadStatus": 2, "uploadThumbnailStatusDict": { "1": { "assetId": "7" } } }),
        },
    ]
}

/// JSON in which a number and its text are the same.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) if text == "Finished" => json!("2"),
        Value::Number(number) => json!(number.to_string()),
        value => value.clone(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_dialect_is_followed_to_its_end() {
    for case in cases() {
        let script = script::sequence(case.responses.clone());
        let finished = (case.run)(&script.client()).await;
        assert_eq!(script::targets(&script), case.requests, "{}", case.what);
        let finished = finished.unwrap_or_else(|error| panic!("{}: {error}", case.what));
        assert_eq!(finished.name.as_deref(), case.name, "{}", case.what);
        assert_eq!(plain(&finished.result), plain(&case.result), "{}", case.what);
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_resumed_by_its_name_in_another_process() {
    for case in cases() {
        let Some(name) = case.name else { continue };
        // The new process knows the name only, and the service knows how far it is.
        let last = case.responses.last().expect("a response").clone();
        let script = script::sequence([last]);
        let result = script.client().operations().resume::<Value>(name).expect(name).wait().await;
        let result = result.unwrap_or_else(|error| panic!("{}: {error}", case.what));
        assert_eq!(script.count(), 1, "{}", case.what);
        let mut polls = case.requests.clone();
        let poll = polls.pop().expect("a request");
        // An operation that was done at once was never polled.
        if !polls.is_empty() {
            assert_eq!(script::targets(&script), [poll], "{}", case.what);
        }
        if name.contains("#body=") {
            assert_eq!(script::body(&script.received()[0]), json!({ "exposurePercent": 5 }));
        }
        // A result that says nothing is any JSON, if no type is asked for.
        if !case.result.is_null() && case.result != json!({}) {
            let mut result = plain(&result);
            if let Some(object) = result.as_object_mut() {
                object.remove("@type");
            }
            assert_eq!(result, plain(&case.result), "{}", case.what);
        }
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let script = script::sequence([ok(json!({}))]);
    let client = script.client();
    let long = format!("assets.create:/assets/v1/operations/{}", "a".repeat(70_000));
    // Too long once it is percent-encoded: it could be polled, but not be named again.
    let wide = format!("assets.create:/assets/v1/operations/{}", "é".repeat(700));
    for name in [
        "",
        "operations/a",
        "assets.create",
        "assets.create:",
        "assets.create:operations/a",
        "assets.create:/assets/v1/operations/",
        "assets.create:/assets/v1/operations/..",
        "assets.create:/assets/v1/operations/%2e%2e",
        "assets.create:/assets/v1/operations/a/b",
        "assets.create:/assets/v1/assets/7",
        "assets.create:/cloud/v2/users/1",
        "assets.create:https://evil.example/assets/v1/operations/a",
        "assets.create://evil.example/assets/v1/operations/a",
        "assets.create:/assets/v1/operations/a?scope=TEST",
        "assets.create:/assets/v1/operations/a#body=%7B%7D",
        "assets.create:/assets/v1/operations/a#other=1",
        "assets.create:/assets/v1/operations/a\r\nx-api-key: b",
        "assets.get:/assets/v1/assets/7",
        "nothing.like_this:/assets/v1/operations/a",
        "assets.create:/assets/v1/operations/a#key=b",
        "servers.launch_restart:/server-management/v1/universes/1/restarts",
        "servers.launch_restart:/server-management/v1/universes/1/restarts#key=",
        "thumbnails.upload_homepage_thumbnails:/thumbnail-personalization-api/v1/universes/1/thumbnails/uploads/status?operationIds=1#key=1",
        "experiments.calculate_mde:/cloud/v2/universes/1/memory-store/queues/q/items:read",
        "experiments.start_now:/creator-configs-public-api/v1/experimentation/universes/1/experiments/e:start",
        &long,
        &wide,
    ] {
        let error = client.operations().resume::<Value>(name).expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().len() < 500);
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_operation_of_somebody_else_is_followed_by_its_path() {
    let script = script::sequence([ok(json!({ "done": true, "response": { "assetId": "7" } }))]);
    let client = script.client();
    let mut upload =
        client.operations().at_path::<Value>(&operations::ASSETS_CREATE, "operations/a").expect("a path");
    assert_eq!(upload.wait().await.expect("an asset"), json!({ "assetId": "7" }));
    assert_eq!(script::targets(&script), ["GET /assets/v1/operations/a"]);
    for (operation, path) in
        [(&operations::ASSETS_CREATE, "assets/7"), (&operations::ASSETS_GET, "operations/a")]
    {
        let error = client.operations().at_path::<Value>(operation, path).expect_err(path);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_path_is_never_called() {
    for path in [
        "https://evil.example/users/9/operations/t",
        "//evil.example/users/9/operations/t",
        "users/9/../../operations/t",
        "users/9/operations/%2E%2E",
        "users/9/operations/t?x=y",
        "users/9/operations/t\r\nx: y",
        "cloud/v2/universes/1",
        "",
    ] {
        let script = script::json([json!({ "path": path })]);
        let error = script.client().users().generate_thumbnail(9).wait().await.expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Decode, "{path:?}");
        assert_eq!(script.count(), 1, "{path:?}");
        let script = script::json([json!({ "path": path })]);
        let error = script.client().memory_stores().flush(1).wait().await.expect_err(path);
        assert!(error.may_have_been_applied(), "{path:?}");
        assert_eq!(script.count(), 1, "{path:?}");
    }
}

fn thumbnail(done: bool) -> MockResponse {
    ok(
        json!({ "path": "users/9/operations/t", "done": done, "response": done.then(|| json!({ "imageUri": "u" })) }),
    )
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_keep_to_the_limit_of_the_route() {
    let pending = |count: usize| {
        script::sequence(std::iter::repeat_n(thumbnail(false), count).chain([thumbnail(true)]))
    };
    let script = pending(5);
    script.client().users().generate_thumbnail(9).wait().await.expect("done");
    assert_eq!(script::times(&script), [0.0, 0.0, 1.0, 2.5, 4.75, 8.125]);
    // 10 polls per minute and OAuth 2.0 token.
    let script = pending(3);
    script::bearer(&script).users().generate_thumbnail(9).wait().await.expect("done");
    assert_eq!(script::times(&script), [0.0, 0.0, 6.0, 12.0]);
    let script = pending(3);
    let policy = PollPolicy::new()
        .first_delay(Duration::from_secs(3))
        .initial_delay(Duration::from_secs(2))
        .multiplier(1.0);
    script.client().users().generate_thumbnail(9).with_poll_policy(policy).wait().await.expect("done");
    assert_eq!(script::times(&script), [0.0, 3.0, 5.0, 7.0]);
    // The call that is repeated was the first poll.
    let stats = |done: bool| ok(json!({ "operation": { "done": done, "experimentStats": {} } }));
    let script = script::sequence([stats(false), stats(false), stats(true)]);
    script.client().experiments().get_stats(1, "e").wait().await.expect("done");
    assert_eq!(script::times(&script), [0.0, 1.0, 2.5]);
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_service_asks_for_wins() {
    let script = script::sequence([
        thumbnail(false).header("retry-after", "20"),
        thumbnail(false).header("retry-after", "40"),
        thumbnail(false),
        thumbnail(true),
    ]);
    script.client().users().generate_thumbnail(9).wait().await.expect("done");
    assert_eq!(script::times(&script), [0.0, 20.0, 60.0, 61.5]);
    // Longer than the caller's deadline: there is no use in waiting.
    let script = script::sequence([thumbnail(false).header("retry-after", "600")]);
    let error = script.client().users().generate_thumbnail(9).wait().await.expect_err("too long");
    assert!(error.is_timeout());
    assert_eq!(script::times(&script), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_leaves_the_operation_and_names_it() {
    let script = script::sequence([thumbnail(false)]);
    let mut operation = script.client().users().generate_thumbnail(9).start().await.expect("started");
    let error = operation.wait().await.expect_err("never done");
    assert!(error.is_timeout());
    assert_eq!(error.attempts() as usize, script.count(), "all requests for it");
    let name = error.operation_name().expect("a name");
    assert_eq!(Some(name), operation.name());
    // The last poll is made when the time is over.
    assert_eq!(script::times(&script).last(), Some(&300.0));
    let script = script::sequence([thumbnail(true)]);
    let mut operation = script.client().operations().resume::<UserThumbnail>(name).expect("a name");
    assert_eq!(operation.wait().await.expect("done").image_uri.as_deref(), Some("u"));
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_responds_is_bounded_by_the_deadline() {
    let mut started = false;
    let script = script::by(move |_| match std::mem::replace(&mut started, true) {
        false => thumbnail(false),
        true => thumbnail(false).delay(Duration::from_secs(100_000)),
    });
    let start = tokio::time::Instant::now();
    let policy = PollPolicy::new().deadline(Duration::from_secs(90));
    let error = script
        .client()
        .users()
        .generate_thumbnail(9)
        .with_poll_policy(policy)
        .wait()
        .await
        .expect_err("never done");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.operation_name(), Some("users.generate_thumbnail:/cloud/v2/users/9/operations/t"));
    assert!(start.elapsed() <= Duration::from_secs(95), "{:?}", start.elapsed());
}

/// Fails this many polls in this way, then is done.
fn troubled(count: usize, trouble: MockResponse) -> Script {
    let mut asked = 0;
    script::by(move |_| {
        asked += 1;
        match asked {
            1 => thumbnail(false),
            n if n <= count + 1 => trouble.clone(),
            _ => thumbnail(true),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_failed_poll_is_no_failed_operation() {
    for trouble in [status(429, json!({})), status(500, json!({})), status(503, Value::Null)] {
        let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
        let log = seen.clone();
        let policy = PollPolicy::new()
            .tolerated_failures(40)
            .deadline(Duration::from_secs(36_000))
            .on_progress(move |progress| log.lock().expect("a lock").push(progress.clone()));
        let script = troubled(40, trouble);
        script.client().users().generate_thumbnail(9).with_poll_policy(policy).wait().await.expect("done");
        let seen = seen.lock().expect("a lock");
        let most = seen.iter().map(Progress::failures).max();
        assert!(most > Some(0) && seen.iter().any(|progress| progress.error().is_some()), "{seen:?}");
    }
    let error = troubled(1000, status(500, json!({}))).client();
    let error = error.users().generate_thumbnail(9).wait().await.expect_err("always failing");
    assert_eq!(error.kind(), ErrorKind::Service);
    assert!(error.operation_name().is_some());
    // What does not pass is not tried again.
    let script = troubled(1000, status(403, json!({})));
    let error = script.client().users().generate_thumbnail(9).wait().await.expect_err("forbidden");
    assert!(error.is_permission_denied());
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_operation_is_an_error_with_all_that_was_said() {
    let failed =
        json!({ "done": true, "error": { "code": 422, "message": "over 500,000 bytes", "details": ["d"] } });
    let script =
        script::json([json!({ "path": "universes/1/places/2/instances/root/operations/o" }), failed]);
    let mut operation = script.client().instances().get(1, 2, "root").start().await.expect("started");
    let error = operation.wait().await.expect_err("failed");
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (ErrorKind::Operation, Some("422"), "over 500,000 bytes")
    );
    assert_eq!(error.details(), Some(&json!(["d"])));
    assert!(error.body().is_some());
    assert_eq!(error.operation_name(), operation.name());
    assert!(operation.is_over());
    assert!(matches!(operation.poll().await, Ok(State::Failed(_))));
    assert_eq!(script.count(), 2);

    let failed =
        json!({ "path": TASK, "state": "FAILED", "error": { "code": "SCRIPT_ERROR", "message": "line 1" } });
    let script = script::json([json!({ "path": TASK, "state": "QUEUED" }), failed]);
    let error =
        script.client().luau().create_task(1, 2, LuauTask::default()).wait().await.expect_err("failed");
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (ErrorKind::Operation, Some("SCRIPT_ERROR"), "line 1")
    );

    let failed = json!({ "operation": { "done": true, "error": { "errorType": "T", "errorCode": "E", "errorMessage": "m" } } });
    let script = script::json([change_started(), failed]);
    let error = script.client().experiments().start_now(1, "e").wait().await.expect_err("failed");
    assert_eq!((error.kind(), error.code(), error.message()), (ErrorKind::Operation, Some("E"), "m"));
}

fn change_started() -> Value {
    json!({ "operation": { "operationId": "o", "done": false } })
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_too_large_fails_and_a_rate_limit_does_not() {
    let started = || status(202, json!({ "path": "v1/universes/1/operations/metrics/m", "done": false }));
    let query = |script: &Script| {
        script.client().analytics().query_metrics(1, AnalyticsMetricsRequest::default()).wait()
    };
    let failed = json!({ "path": "p", "done": true, "error": { "code": 3000, "message": "too large" } });
    let script = script::sequence([started(), status(429, failed)]);
    let error = query(&script).await.expect_err("too large");
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (ErrorKind::Operation, Some("3000"), "too large")
    );
    assert_eq!(script.count(), 2);
    let limited = json!({ "errors": [{ "code": 0, "message": "Too many requests" }] });
    let script =
        script::sequence([started(), status(429, limited), ok(json!({ "response": { "values": [] } }))]);
    query(&script).await.expect("done in the end");
    // Refused at once: nothing was started.
    let script = script::sequence([status(400, json!({ "error": { "code": 2001, "message": "bad" } }))]);
    let error = query(&script).await.expect_err("refused");
    assert_eq!(
        (error.kind(), error.code(), error.operation_name()),
        (ErrorKind::Refused, Some("2001"), None)
    );
}

#[tokio::test(start_paused = true)]
async fn uploads_are_known_by_file_and_refused_ones_are_reported() {
    let files = json!({ "a.png": "1", "b.png": null, "c.png": "3" });
    let status = |status: u8| json!({ "uploadStatus": status, "uploadThumbnailStatusDict": { "1": { "assetId": 7 } } });
    let with_files = |status: Value| {
        let mut status = status;
        status["fileToOperationIdDict"] = files.clone();
        status
    };
    let script = script::json([json!({ "fileToOperationIdDict": files }), status(1), status(2)]);
    let client = script.client();
    let mut upload = client
        .thumbnails()
        .upload_homepage_thumbnails(1, vec![File::new(vec![1])])
        .start()
        .await
        .expect("started");
    assert_eq!(upload.metadata(), Some(&json!({ "fileToOperationIdDict": files })));
    assert!(matches!(upload.poll().await, Ok(State::Pending(_))));
    assert_eq!(upload.metadata(), Some(&with_files(status(1))));
    let name = upload.name().expect("a name").to_owned();
    let mut resumed = client.operations().resume::<Value>(&name).expect("a name");
    for error in
        [upload.wait().await.expect_err("one is refused"), resumed.wait().await.expect_err("one is refused")]
    {
        assert_eq!(error.kind(), ErrorKind::Operation);
        assert!(error.message().contains("b.png") && !error.message().contains("a.png"), "{error}");
        assert_eq!(error.details(), Some(&with_files(status(2))));
        assert_eq!(error.operation_name(), Some(name.as_str()));
    }
    for metadata in [upload.metadata(), resumed.metadata()] {
        assert_eq!(metadata, Some(&with_files(status(2))));
    }

    let all = json!({ "fileToOperationIdDict": { "a.png": "1" } });
    let script = script::json([all.clone(), status(2)]);
    let call = script.client();
    let call = call.thumbnails().upload_homepage_thumbnails(1, vec![File::new(vec![1])]);
    let mut upload = call.start().await.expect("started");
    upload.wait().await.expect("finished");
    let metadata = upload.metadata().expect("metadata");
    assert_eq!(metadata["fileToOperationIdDict"], all["fileToOperationIdDict"]);
}

#[tokio::test]
async fn a_name_that_could_not_be_read_is_not_given() {
    for (length, is_given) in [(10, true), (1_900, true), (70_000, false)] {
        let files = json!({ "fileToOperationIdDict": { "a".repeat(length): "1" } });
        let script = script::json([files]);
        let client = script.client();
        let call = client.thumbnails().upload_homepage_thumbnails(1, vec![File::new(vec![1])]);
        let upload = call.start().await.expect("started");
        assert_eq!(upload.name().is_some(), is_given, "{length}");
        if let Some(name) = upload.name() {
            assert!(client.operations().resume::<Value>(name).is_ok());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn polling_by_hand_says_what_is_known() {
    let states = ["QUEUED", "PROCESSING", "COMPLETE"].map(|state| json!({ "path": TASK, "state": state }));
    let script = script::json(states);
    let mut task =
        script.client().luau().create_task(1, 2, LuauTask::default()).start().await.expect("started");
    assert!(!task.is_over());
    assert_eq!(task.metadata().map(|task| task["state"].clone()), Some(json!("QUEUED")));
    match task.poll().await.expect("a state") {
        State::Pending(progress) => assert_eq!(progress.status(), Some("PROCESSING")),
        state => panic!("{state:?}"),
    }
    for _ in 0..2 {
        assert!(matches!(task.poll().await, Ok(State::Done(_))));
    }
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn states_are_a_stream() {
    let states = ["QUEUED", "PROCESSING", "PROCESSING", "COMPLETE"];
    let script = script::json(states.map(|state| json!({ "path": TASK, "state": state })));
    let task = script.client().luau().create_task(1, 2, LuauTask::default()).start().await.expect("started");
    let mut states = task.states();
    let mut seen = Vec::new();
    while let Some(state) = states.next().await {
        seen.push(match state.expect("a state") {
            State::Pending(progress) => {
                format!("{:?} {:?}", progress.status().unwrap_or_default(), progress.elapsed())
            }
            State::Done(task) => format!("{:?}", task.state.expect("a state").as_str()),
            state => panic!("{state:?}"),
        });
    }
    assert_eq!(seen, ["\"PROCESSING\" 0ns", "\"PROCESSING\" 1s", "\"COMPLETE\""]);
    assert!(states.next().await.is_none());
    fn stream<T: futures_core::Stream + Send + Unpin + 'static>(_: &T) {}
    stream(&states);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_can_be_taken_up_again() {
    let script = script::sequence(std::iter::repeat_n(thumbnail(false), 9).chain([thumbnail(true)]));
    let mut operation = script.client().users().generate_thumbnail(9).start().await.expect("started");
    tokio::time::timeout(Duration::from_secs(3), operation.wait()).await.expect_err("not done");
    operation.wait().await.expect("done");
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_polled_as_it_was_started() {
    let script = script::sequence([thumbnail(false), thumbnail(true)]);
    let token = opencloud::Credentials::bearer("other").expect("a token");
    let call = script.client().users().generate_thumbnail(9).with_credentials(token);
    call.wait().await.expect("done");
    let credentials: Vec<Option<http::HeaderValue>> =
        script.received().iter().map(|received| received.headers.get("authorization").cloned()).collect();
    assert_eq!(
        credentials,
        [Some("Bearer other".parse().expect("a value")), Some("Bearer other".parse().expect("a value"))]
    );
}
