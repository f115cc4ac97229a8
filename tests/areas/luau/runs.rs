//! What a run sends, and what it refuses to send.

use super::{CREATE, TASK, complete, failed, logs_url, task, task_url};
use opencloud::luau::{Failure, TaskPath, UploadedInput};
use opencloud::operation::{PollPolicy, State};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Credentials, Error, ErrorKind};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_script_runs_at_the_newest_version_of_a_place() {
    let script = Script::new()
        .expect(Expect::post(CREATE).json(json!({ "script": "return 42, 'a'" })), task("QUEUED"))
        .expect(Expect::get(task_url()), task("PROCESSING"))
        .expect(Expect::get(task_url()), complete(json!([42, "a"])));
    let finished = script.client().luau().run("return 42, 'a'").at(1, 2).await.expect("complete");
    assert_eq!(finished.results(), [json!(42), json!("a")]);
    assert_eq!(finished.path().as_str(), TASK);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_script_runs_at_a_version_of_a_place_with_all_settings() {
    let path = "/cloud/v2/universes/1/places/2/versions/3/luau-execution-session-tasks";
    let body = json!({
        "script": "return 1",
        "timeout": "1.5s",
        "binaryInput": "universes/1/luau-execution-session-task-binary-inputs/i",
        "enableBinaryOutput": true,
    });
    let script = Script::new().expect(Expect::post(path).json(body), complete(json!([1])));
    let input = "universes/1/luau-execution-session-task-binary-inputs/i";
    script
        .client()
        .luau()
        .run("return 1")
        .at_version(1, 2, 3)
        .timeout(Duration::from_millis(1500))
        .binary_input(UploadedInput::at_path(input))
        .binary_output()
        .await
        .expect("complete at once");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn what_the_service_would_refuse_is_not_sent() {
    let megabytes = |count: usize| "-".repeat(count * 1024 * 1024);
    let seconds = Duration::from_secs(1);
    for (what, text, timeout, why) in [
        ("no script", String::new(), seconds, Some("the script is empty")),
        ("the smallest script", "x".to_owned(), seconds, None),
        ("a script under the limit", megabytes(4)[1..].to_owned(), seconds, None),
        ("a script at the limit", megabytes(4), seconds, None),
        ("a script over the limit", megabytes(4) + "-", seconds, Some("4194305 bytes")),
        ("no time", "x".to_owned(), Duration::ZERO, Some("more than 0 and at most 300 seconds, not 0")),
        ("the shortest time", "x".to_owned(), Duration::from_nanos(1), None),
        ("time under the limit", "x".to_owned(), 299 * seconds, None),
        ("time at the limit", "x".to_owned(), 300 * seconds, None),
        ("time over the limit", "x".to_owned(), 301 * seconds, Some("at most 300 seconds, not 301")),
    ] {
        let script = Script::new().always(Expect::post(CREATE), complete(json!([])));
        let outcome = script.client().luau().run(text).at(1, 2).timeout(timeout).await;
        match (outcome, why) {
            (Ok(_), None) => assert_eq!(script.count(), 1, "{what}"),
            (Err(error), Some(why)) => {
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{what}");
                assert!(error.message().contains(why), "{what}: {error}");
                assert_eq!(script.count(), 0, "{what}");
            }
            (outcome, _) => panic!("{what}: {outcome:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_with_ten_unfinished_tasks_is_not_asked_again() {
    let full = MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "too many tasks");
    let script = Script::new().expect(Expect::post(CREATE), full);
    let error = script.client().luau().run("return 1").at(1, 2).await.expect_err("full");
    assert!(error.is_rate_limited(), "{error}");
    assert!(error.to_string().contains("ten unfinished tasks"), "{error}");
    script.assert_done();
}

/// A place with ten unfinished tasks. It is said without the header that the quota has, and with a code.
fn full() -> MockResponse {
    MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "too many tasks")
        .header("retry-after", "0")
}

/// LX-10.
#[tokio::test(start_paused = true)]
async fn lx_10_a_place_that_is_full_is_waited_for_if_the_caller_says_so() {
    let script = Script::new()
        .expect(Expect::post(CREATE), full())
        // Whose body did not come whole.
        .expect(Expect::post(CREATE), MockResponse::bytes("{\"code\": \"RESOUR").with_status(429))
        .expect(Expect::post(CREATE), complete(json!([1])));
    let begin = Instant::now();
    let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(60));
    assert_eq!(run.await.expect("complete").result::<i64>(0).expect("a number"), 1);
    assert_eq!(begin.elapsed().as_secs(), 20, "every 10 seconds");
    script.assert_done();
}

/// LX-10.
#[tokio::test(start_paused = true)]
async fn lx_10_a_place_that_stays_full_is_waited_for_so_long_only() {
    let script = Script::new().always(Expect::post(CREATE), full());
    let begin = Instant::now();
    let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(25));
    let error = run.await.expect_err("full");
    assert!(error.is_rate_limited() && error.message().ends_with("it was asked for 25 s"), "{error}");
    assert_eq!((begin.elapsed().as_secs(), script.count(), error.attempts()), (25, 4, 4));

    // Whatever the last failure is, the error counts all that was sent.
    let refused = MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no");
    let script = Script::new()
        .expect(Expect::post(CREATE), full())
        .expect(Expect::post(CREATE), full())
        .expect(Expect::post(CREATE), refused);
    let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(60));
    let error = run.await.expect_err("refused");
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(403), 3), "{error}");
}

/// LX-10, LX-16: the response of a full place tells of the quota of requests as well, which is not used up. Its
/// reset says nothing of slots.
#[tokio::test(start_paused = true)]
async fn lx_16_the_window_of_requests_is_not_the_wait_for_a_slot() {
    let quota = |response: MockResponse| {
        response
            .header("x-ratelimit-limit", "5, 5;w=60")
            .header("x-ratelimit-remaining", "3")
            .header("x-ratelimit-reset", "44")
    };
    let code = || MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "too many tasks");
    for (response, waits) in [
        (quota(full()), 10),
        (quota(code()), 10),
        (quota(code().header("retry-after", "12")), 12),
        (code().header("retry-after", "12"), 12),
    ] {
        let script = Script::new()
            .expect(Expect::post(CREATE), response)
            .expect(Expect::post(CREATE), complete(json!([1])));
        let begin = Instant::now();
        let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(60));
        run.await.expect("complete");
        assert_eq!(begin.elapsed().as_secs(), waits);
        script.assert_done();
    }
}

/// LX-16.
#[tokio::test(start_paused = true)]
async fn lx_16_the_quota_of_requests_is_no_full_place() {
    // Neither its own shape nor the code with the quota's header.
    let quotas = [
        MockResponse::error(ErrorShape::Gateway, 429, "0", "").header("x-envoy-ratelimited", "true"),
        full().header("x-envoy-ratelimited", "true"),
    ];
    for quota in quotas {
        let script = Script::new().always(Expect::post(CREATE), quota);
        let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(3600));
        let begin = Instant::now();
        let error = run.with_timeout(Duration::from_secs(5)).await.expect_err("over the quota");
        assert!(begin.elapsed().as_secs() <= 5, "{error} after {:?}", begin.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_does_not_outlive_a_long_wait_for_a_slot() {
    for (seconds, is_allowed) in [(600, true), (601, false)] {
        let script = Script::new().always(Expect::post(CREATE), complete(json!([])));
        let run = script.client().luau().run("return 1").at(1, 2).wait_for_slot(Duration::from_secs(seconds));
        let outcome = run.binary_input(UploadedInput::at_path("universes/1/inputs/i")).await;
        assert_eq!(outcome.is_ok(), is_allowed, "{seconds}");
        assert_eq!(script.count(), usize::from(is_allowed));
    }
}

/// LX-07.
#[tokio::test(start_paused = true)]
async fn lx_07_a_script_can_make_sure_of_the_version_that_it_runs_at() {
    let path = "/cloud/v2/universes/1/places/2/versions/3/luau-execution-session-tasks";
    let look = "if game.PlaceVersion ~= 3 then error(\"opencloud:place-version:\" .. game.PlaceVersion .. \":3\", 0) end ";
    let text = format!("--!strict\n{look}return 1");
    let script =
        Script::new().expect(Expect::post(path).json(json!({ "script": text })), complete(json!([1])));
    let run = script.client().luau().run("--!strict\nreturn 1").at_version(1, 2, 3).expect_version(3);
    assert_eq!(run.await.expect("complete").place_version(), Some(3));
    script.assert_done();

    let message = "opencloud:place-version:2:3";
    let script = Script::new()
        .expect(Expect::post(CREATE), failed(json!({ "code": "SCRIPT_ERROR", "message": message })));
    let error = script.client().luau().run("return 1").at(1, 2).expect_version(3).await.expect_err("another");
    match Failure::of(&error) {
        Some(Failure::OtherVersion { found: 2, expected: 3, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_look_at_the_version_counts_to_the_size_of_the_script() {
    let script = Script::new().always(Expect::post(CREATE), complete(json!([])));
    let largest = "-".repeat(4 * 1024 * 1024);
    let run = || script.client().luau().run(largest.clone()).at(1, 2);
    run().await.expect("the largest script");
    let error = run().expect_version(3).await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    let empty = script.client().luau().run("").at(1, 2).expect_version(3).await.expect_err("no script");
    assert!(empty.message().contains("the script is empty"), "{empty}");
}

/// LX-06.
#[tokio::test(start_paused = true)]
async fn lx_06_a_task_that_never_ends_names_the_place_version_as_its_cause() {
    let stuck = MockResponse::json(json!({ "path": TASK, "state": "PROCESSING", "timeout": "30s" }));
    let cause = "unable to load this version of the place";
    for (state, deadline, is_explained) in [
        (stuck.clone(), None, true),
        // Sooner than a script of 30 seconds can be over, nothing is known.
        (stuck.clone(), Some(89), false),
        (stuck, Some(90), true),
        // It has not had its turn.
        (task("QUEUED"), None, false),
    ] {
        let script = Script::new()
            .expect(Expect::post(CREATE), state.clone())
            .always(Expect::get(logs_url()), MockResponse::json(json!({})))
            .always(Expect::get(task_url()), state);
        let mut run = script.client().luau().run("return 1").at(1, 2).timeout(Duration::from_secs(30));
        if let Some(seconds) = deadline {
            run = run.with_poll_policy(PollPolicy::new().deadline(Duration::from_secs(seconds)));
        }
        let mut task = run.start().await.expect("started");
        let mut logs = task.flat_logs();
        let outcomes = [
            task.wait().await.expect_err("endless"),
            logs.next().await.expect("an error").expect_err("endless"),
        ];
        for error in outcomes {
            assert!(error.is_timeout(), "{error}");
            let hint = error.hint().unwrap_or_default();
            assert_eq!(hint.contains(cause), is_explained, "{deadline:?}: {error}");
            // Once, and not in the words of the failure as well.
            assert_eq!(
                error.to_string().matches("version").count(),
                usize::from(is_explained) * 2,
                "{error}"
            );
            assert!(TaskPath::of(&error).is_some(), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_goes_on_and_is_resumed() {
    let script = Script::new()
        .expect(Expect::post(CREATE), task("QUEUED"))
        .always(Expect::get(task_url()), task("PROCESSING"));
    let started = tokio::time::Instant::now();
    let run = script.client().luau().run("return 1").at(1, 2);
    let error = run.timeout(Duration::from_secs(10)).await.expect_err("unfinished");
    assert!(error.is_timeout(), "{error}");
    // Ten seconds, and five minutes for its turn.
    assert_eq!(started.elapsed().as_secs(), 310);
    let path = TaskPath::of(&error).expect("the task's path");
    assert_eq!(path.as_str(), TASK);

    let script = Script::new().expect(Expect::get(task_url()), complete(json!([1])));
    let finished = script.client().luau().resume(path).expect("a path").wait().await.expect("complete");
    assert_eq!(finished.result::<i64>(0).expect("a number"), 1);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_the_callers() {
    let script = Script::new()
        .expect(Expect::post(CREATE), task("QUEUED"))
        .always(Expect::get(task_url()), task("PROCESSING"));
    let started = tokio::time::Instant::now();
    let policy = PollPolicy::new().deadline(Duration::from_secs(7));
    let run = script.client().luau().run("return 1").at(1, 2).with_poll_policy(policy.clone());
    assert!(run.await.expect_err("unfinished").is_timeout());
    assert_eq!(started.elapsed().as_secs(), 7);
    let task = script.client().luau().resume(TASK).expect("a path").with_poll_policy(policy);
    assert!({ task }.wait().await.expect_err("unfinished").is_timeout());
    assert_eq!(started.elapsed().as_secs(), 14);
}

#[tokio::test(start_paused = true)]
async fn a_task_is_resumed_by_each_form_of_its_path() -> Result<(), Error> {
    for form in [
        TASK,
        "universes/1/places/2/luau-execution-sessions/s/tasks/t",
        "universes/1/places/2/versions/3/luau-execution-session-tasks/t",
        "universes/1/places/2/luau-execution-session-tasks/t",
    ] {
        let url = format!("/cloud/v2/{form}");
        let log = json!({ "luauExecutionSessionTaskLogs": [{ "messages": ["hello"] }] });
        let done = MockResponse::json(json!({ "path": form, "state": "COMPLETE" }));
        let script = Script::new()
            .expect(Expect::get(&url), MockResponse::json(json!({ "path": form, "state": "PROCESSING" })))
            .expect(Expect::get(&url), done.clone())
            .expect(Expect::get(&url), done)
            .expect(Expect::get(format!("{url}/logs")).query("view", "FLAT"), MockResponse::json(log));
        let mut task = script.client().luau().resume(form)?;
        assert!(matches!(task.poll().await?, State::Pending(_)), "{form}");
        assert!(matches!(task.poll().await?, State::Done(_)), "{form}");
        assert_eq!(task.path().as_str(), form);
        let mut logs = task.flat_logs();
        assert_eq!(logs.next().await.transpose()?.as_deref(), Some("hello"), "{form}");
        assert!(logs.next().await.is_none(), "{form}");
        script.assert_done();
    }
    let error = Script::new().client().luau().resume("operations/1").expect_err("no task");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_step_is_made_with_the_callers_credentials() {
    let input = json!({ "path": "inputs/i", "uploadUri": "https://storage.example/i?signature=x" });
    let log = json!({ "luauExecutionSessionTaskLogs": [] });
    let script = Script::new()
        .always(
            Expect::post("/cloud/v2/universes/1/luau-execution-session-task-binary-inputs"),
            MockResponse::json(input),
        )
        .always(Expect::put("/i"), MockResponse::empty())
        .always(Expect::post(CREATE), task("QUEUED"))
        .always(Expect::get(logs_url()), MockResponse::json(log))
        .always(Expect::get(task_url()), complete(json!([])));
    let key = Credentials::api_key("another-key").expect("a key");
    let run = script.client().luau().run("return 1").at(1, 2).binary_input(b"abc".to_vec());
    let mut task = run.with_credentials(key).start().await.expect("started");
    assert!(task.logs().read_again(0).next().await.is_none());
    task.wait().await.expect("complete");
    let keys: Vec<_> =
        script.received().iter().map(|request| request.header("x-api-key").map(str::to_owned)).collect();
    let key = || Some("another-key".to_owned());
    // Only the upload goes elsewhere, and without a key.
    assert_eq!(keys, [key(), None, key(), key(), key(), key()]);

    let key = Credentials::api_key("a-third-key").expect("a key");
    let task = script.client().luau().resume(TASK).expect("a path").with_credentials(key);
    assert!(task.logs().read_again(0).next().await.is_none());
    { task }.wait().await.expect("complete");
    let received = script.received();
    assert!(received[6..].iter().all(|request| request.header("x-api-key") == Some("a-third-key")));
    assert_eq!(received.len(), 9);
}
