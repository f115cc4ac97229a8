//! What a run sends, and what it refuses to send.

use crate::{CREATE, TASK, complete, logs_url, task, task_url};
use opencloud::luau::{TaskPath, UploadedInput};
use opencloud::operation::{PollPolicy, State};
use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use opencloud::{Credentials, Error, ErrorKind};
use serde_json::json;
use std::time::Duration;

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
    let full = Answer::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "too many tasks");
    let script = Script::new().expect(Expect::post(CREATE), full);
    let error = script.client().luau().run("return 1").at(1, 2).await.expect_err("full");
    assert!(error.is_rate_limited(), "{error}");
    assert!(error.to_string().contains("ten unfinished tasks"), "{error}");
    script.assert_done();
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
async fn patience_is_the_callers() {
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
        let done = Answer::json(json!({ "path": form, "state": "COMPLETE" }));
        let script = Script::new()
            .expect(Expect::get(&url), Answer::json(json!({ "path": form, "state": "PROCESSING" })))
            .expect(Expect::get(&url), done.clone())
            .expect(Expect::get(&url), done)
            .expect(Expect::get(format!("{url}/logs")).query("view", "FLAT"), Answer::json(log));
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
            Answer::json(input),
        )
        .always(Expect::put("/i"), Answer::empty())
        .always(Expect::post(CREATE), task("QUEUED"))
        .always(Expect::get(logs_url()), Answer::json(log))
        .always(Expect::get(task_url()), complete(json!([])));
    let key = Credentials::api_key("another-key").expect("a key");
    let run = script.client().luau().run("return 1").at(1, 2).binary_input(b"abc".to_vec());
    let mut task = run.with_credentials(key).start().await.expect("started");
    assert!(task.logs().next().await.is_none());
    task.wait().await.expect("complete");
    let keys: Vec<_> =
        script.received().iter().map(|request| request.header("x-api-key").map(str::to_owned)).collect();
    let key = || Some("another-key".to_owned());
    // Only the upload goes elsewhere, and without a key.
    assert_eq!(keys, [key(), None, key(), key(), key(), key()]);

    let key = Credentials::api_key("a-third-key").expect("a key");
    let task = script.client().luau().resume(TASK).expect("a path").with_credentials(key);
    assert!(task.logs().next().await.is_none());
    { task }.wait().await.expect("complete");
    let received = script.received();
    assert!(received[6..].iter().all(|request| request.header("x-api-key") == Some("a-third-key")));
    assert_eq!(received.len(), 9);
}
