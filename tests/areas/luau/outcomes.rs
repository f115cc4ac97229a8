//! What a script returns, and how it fails.

use super::{CREATE, TASK, complete, failed, task, task_url};
use opencloud::luau::{Failure, Finished};
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

async fn outcome(end: MockResponse) -> Result<Finished, Error> {
    let script =
        Script::new().expect(Expect::post(CREATE), task("QUEUED")).expect(Expect::get(task_url()), end);
    let outcome = script.client().luau().run("script").at(1, 2).await;
    script.assert_done();
    outcome
}

#[derive(Debug, Deserialize, PartialEq)]
struct Report {
    passed: u32,
    failed: Vec<String>,
}

#[tokio::test(start_paused = true)]
async fn results_are_typed() {
    let report = json!({ "passed": 2, "failed": ["spawns"] });
    let finished = outcome(complete(json!([report, "a", null]))).await.expect("complete");
    let expected = Report { passed: 2, failed: vec!["spawns".to_owned()] };
    let (report, text, nothing): (Report, String, Option<i64>) = finished.decode().expect("typed");
    assert_eq!((&report, text.as_str(), nothing), (&expected, "a", None));
    assert_eq!(finished.result::<Report>(0).expect("a report"), expected);
    assert_eq!(finished.result::<Option<bool>>(2).expect("null"), None);
    assert_eq!(finished.result::<Option<bool>>(9).expect("not returned"), None);
    assert_eq!(finished.decode::<Vec<Value>>().expect("a list").len(), 3);

    for error in [
        finished.result::<u8>(1).expect_err("a text"),
        finished.result::<u8>(9).expect_err("not returned"),
        finished.decode::<(Report, String)>().expect_err("too few"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.message().contains("returned"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_returns_nothing_has_no_results() {
    for end in [complete(json!([])), complete(Value::Null), task("COMPLETE")] {
        let finished = outcome(end).await.expect("complete");
        assert!(finished.results().is_empty());
        assert_eq!(finished.decode::<Vec<Value>>().expect("a list"), Vec::<Value>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_typed_and_say_why() {
    type Is = fn(&Failure) -> bool;
    let cases: [(Value, Is, &str); 6] = [
        (json!("SCRIPT_ERROR"), |it| matches!(it, Failure::Script { .. }), "the script failed: line 1"),
        (json!("DEADLINE_EXCEEDED"), |it| matches!(it, Failure::TimedOut { .. }), "longer than its timeout"),
        (json!("OUTPUT_SIZE_LIMIT_EXCEEDED"), |it| matches!(it, Failure::OutputTooLarge { .. }), "line 1"),
        (json!("INTERNAL_ERROR"), |it| matches!(it, Failure::Internal { .. }), "line 1"),
        (json!("OF_TOMORROW"), |it| matches!(it, Failure::Other { .. }), "OF_TOMORROW: line 1"),
        (Value::Null, |it| matches!(it, Failure::Other { .. }), "the task failed: line 1"),
    ];
    for (code, is, text) in cases {
        let error = outcome(failed(json!({ "code": code, "message": "line 1" }))).await.expect_err("failed");
        assert_eq!(error.kind(), ErrorKind::Operation, "{code}");
        assert!(error.to_string().contains("line 1"), "{error}");
        let failure = Failure::of(&error).expect("a failure of the script");
        assert!(is(&failure), "{code}: {failure:?}");
        assert_eq!(failure.message(), "line 1");
        assert!(failure.to_string().contains(text), "{failure}");
    }
}

/// LX-01, LX-03.
#[tokio::test(start_paused = true)]
async fn lx_01_lx_03_a_task_is_read_as_the_service_writes_it() {
    // Processing at once, without times, with the script, empty texts and a bare user id.
    let created = json!({
        "path": TASK, "state": "PROCESSING", "user": "1", "script": "return 1", "timeout": "60s", "binaryInput": "",
        "enableBinaryOutput": false, "binaryOutputUri": "",
    });
    let mut done = created.clone();
    done["state"] = json!("COMPLETE");
    done["script"] = json!("");
    done["createTime"] = json!("2026-05-12T10:00:00.123456789Z");
    done["updateTime"] = json!("2026-05-12T10:00:05Z");
    done["output"] = json!({ "results": [1] });
    let script = Script::new()
        .expect(Expect::post(CREATE), MockResponse::json(created))
        .expect(Expect::get(task_url()), MockResponse::json(done));
    let finished = script.client().luau().run("return 1").at(1, 2).await.expect("complete");
    assert_eq!((finished.result::<u8>(0).expect("a number"), finished.place_version()), (1, Some(3)));
    // An empty address is none.
    let error = finished.write_binary_output(&mut Vec::new()).await.expect_err("no output");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    script.assert_done();
}

/// LX-17.
#[tokio::test(start_paused = true)]
async fn lx_17_a_deadline_that_is_over_is_a_failure_with_little_beside_it() {
    let message = "Script execution timed out. The script took longer than the configured timeout.";
    let error = outcome(MockResponse::json(json!({
        "path": TASK, "createTime": "2026-09-19T10:00:00Z", "updateTime": "2026-09-19T10:00:16Z", "user": "1",
        "state": "FAILED", "timeout": "5s", "error": { "code": "DEADLINE_EXCEEDED", "message": message },
        "enableBinaryOutput": false,
    })));
    match Failure::of(&error.await.expect_err("failed")) {
        Some(Failure::TimedOut { message: said, .. }) => assert_eq!(said, message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_task_is_a_failure_of_its_own() {
    let error = outcome(task("CANCELLED")).await.expect_err("cancelled");
    assert_eq!(Failure::of(&error), Some(Failure::Cancelled), "{error}");
    let error = outcome(task("FAILED")).await.expect_err("failed without a word");
    assert!(matches!(Failure::of(&error), Some(Failure::Other { code: None, .. })), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_is_no_failure_of_the_script() {
    let error = outcome(MockResponse::status(404, "")).await.expect_err("not found");
    assert!(error.is_not_found());
    assert_eq!(Failure::of(&error), None);
}
