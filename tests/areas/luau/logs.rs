//! Logs: in order, nothing twice, nothing left out.

use super::{CREATE, TASK, complete, failed, logs_url, task, task_url};
use opencloud::luau::{Logs, LuauLogMessage, LuauLogMessageType, Task};
use opencloud::operation::PollPolicy;
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::Duration;
use tokio::time::Instant;

/// A log of one chunk of bare texts.
fn flat(messages: &[&str]) -> MockResponse {
    chunks(vec![json!({ "messages": messages, "structuredMessages": [] })], "")
}

fn chunks(chunks: Vec<Value>, next: &str) -> MockResponse {
    MockResponse::json(json!({ "luauExecutionSessionTaskLogs": chunks, "nextPageToken": next }))
}

async fn started(script: &Script) -> Task {
    script.client().luau().run("script").at(1, 2).start().await.expect("started")
}

async fn all<M: Clone + PartialEq + Send + Debug + 'static>(mut logs: Logs<M>) -> Result<Vec<M>, Error> {
    let mut messages = Vec::new();
    while let Some(message) = logs.next().await {
        messages.push(message?);
    }
    assert!(logs.next().await.is_none(), "the end is the end");
    Ok(messages)
}

fn poll(script: Script, response: MockResponse) -> Script {
    script.expect(Expect::get(task_url()), response)
}

fn read(script: Script, response: MockResponse) -> Script {
    script.expect(Expect::get(logs_url()), response)
}

/// What the service was seen to send before the end: a chunk without messages (LX-04).
fn empty() -> MockResponse {
    MockResponse::json(
        json!({ "luauExecutionSessionTaskLogs": [{ "path": format!("{TASK}/logs/1"), "messages": [] }] }),
    )
}

/// How often the log was read.
fn readings(script: &Script) -> usize {
    script.received().iter().filter(|request| request.path == logs_url()).count()
}

#[tokio::test(start_paused = true)]
async fn lx_04_a_log_that_comes_late_is_waited_for() {
    // However the service says that there is nothing yet.
    let nothing = [
        empty(),
        MockResponse::json(json!({})),
        MockResponse::json(json!({ "luauExecutionSessionTaskLogs": null, "nextPageToken": null })),
        MockResponse::status(404, ""),
    ];
    for nothing in nothing {
        let script = Script::new().expect(Expect::post(CREATE), task("PROCESSING"));
        let script = read(poll(script, complete(json!([]))), nothing.clone());
        let script = read(read(script, nothing.clone()), nothing);
        let script = read(script, flat(&["late"]));
        let begin = Instant::now();
        assert_eq!(all(started(&script).await.flat_logs()).await.expect("messages"), ["late"]);
        // After 2, 3 and 5 seconds.
        assert_eq!(begin.elapsed().as_secs(), 10);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn lx_04_a_script_that_logs_nothing_has_an_empty_log_in_the_end() {
    for (again, seconds, requests) in [(None, 10, 4), (Some(0), 0, 1), (Some(1), 2, 2), (Some(5), 20, 6)] {
        let script = Script::new()
            .expect(Expect::post(CREATE), task("PROCESSING"))
            .expect(Expect::get(task_url()), complete(json!([])))
            .always(Expect::get(logs_url()), empty());
        let logs = started(&script).await.flat_logs();
        let begin = Instant::now();
        let logs = match again {
            Some(times) => logs.read_again(times),
            None => logs,
        };
        assert_eq!(all(logs).await.expect("no messages"), [] as [String; 0]);
        assert_eq!((begin.elapsed().as_secs(), readings(&script)), (seconds, requests), "{again:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lx_04_a_log_is_rarely_read_before_the_end() {
    // Two minutes, in which the service gives nothing.
    let script = Script::new()
        .expect(Expect::post(CREATE), task("PROCESSING"))
        .always(Expect::get(logs_url()), empty())
        .always(Expect::get(task_url()), task("PROCESSING"));
    let policy =
        PollPolicy::new().initial_delay(Duration::ZERO).multiplier(1.0).deadline(Duration::from_secs(125));
    let error =
        all(started(&script).await.with_poll_policy(policy).flat_logs()).await.expect_err("unfinished");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(readings(&script), 4, "every 30 seconds");
    // A script that is shorter than that is not asked for its log before its end.
    let script = Script::new()
        .expect(Expect::post(CREATE), task("PROCESSING"))
        .expect(Expect::get(task_url()), task("PROCESSING"))
        .expect(Expect::get(task_url()), task("PROCESSING"))
        .expect(Expect::get(task_url()), complete(json!([])))
        .expect(Expect::get(logs_url()), flat(&["a"]));
    assert_eq!(all(started(&script).await.flat_logs()).await.expect("messages"), ["a"]);
    script.assert_done();
}

/// Polls every 30 seconds, so that each of them may read the log.
fn slow() -> PollPolicy {
    let wait = Duration::from_secs(30);
    PollPolicy::new().first_delay(wait).initial_delay(wait).multiplier(1.0)
}

#[tokio::test(start_paused = true)]
async fn what_is_logged_comes_once_also_if_the_service_gives_it_early() {
    let script = Script::new().expect(Expect::post(CREATE), task("QUEUED"));
    let script = poll(script, task("QUEUED")); // nothing is logged before its turn
    let script = read(poll(script, task("PROCESSING")), flat(&["a", "a"]));
    let script = read(poll(script, task("PROCESSING")), flat(&["a", "a", "a", "b"]));
    let script = read(poll(script, task("PROCESSING")), flat(&["a", "a", "a", "b"]));
    // The service has dropped the oldest.
    let script = read(poll(script, complete(json!([]))), flat(&["a", "b", "c"]));
    let messages = all(started(&script).await.with_poll_policy(slow()).flat_logs()).await.expect("messages");
    assert_eq!(messages, ["a", "a", "a", "b", "c"]);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn messages_have_a_time_and_a_kind_and_come_in_the_order_of_the_pages() {
    let message = |text: &str, kind: &str| json!({ "message": text, "messageType": kind, "createTime": "2026-01-02T03:04:05Z" });
    let chunk = |messages: Vec<Value>| json!({ "messages": [], "structuredMessages": messages });
    let pages = |token: &str| Expect::get(logs_url()).query("view", "STRUCTURED").query("pageToken", token);
    let script = Script::new()
        .expect(Expect::post(CREATE), task("PROCESSING"))
        .expect(Expect::get(task_url()), complete(json!([])))
        .expect(
            Expect::get(logs_url()).query("view", "STRUCTURED").query("maxPageSize", 10_000),
            chunks(vec![chunk(vec![message("1", "OUTPUT"), message("2", "WARNING")]), chunk(vec![])], "next"),
        )
        .expect(pages("next"), chunks(vec![chunk(vec![message("3", "ERROR")])], ""));
    let messages: Vec<LuauLogMessage> = all(started(&script).await.logs()).await.expect("messages");
    let texts: Vec<_> = messages.iter().filter_map(|message| message.message.as_deref()).collect();
    assert_eq!(texts, ["1", "2", "3"]);
    assert_eq!(messages[1].message_type, Some(LuauLogMessageType::Warning));
    assert_eq!(messages[2].create_time.map(|time| time.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_script_that_fails_comes_to_its_end() {
    let script = Script::new()
        .expect(Expect::post(CREATE), task("PROCESSING"))
        .expect(Expect::get(task_url()), failed(json!({ "code": "SCRIPT_ERROR", "message": "no" })))
        .expect(Expect::get(logs_url()), flat(&["before", "no"]))
        .expect(Expect::get(task_url()), failed(json!({ "code": "SCRIPT_ERROR", "message": "no" })));
    let mut task = started(&script).await;
    assert_eq!(all(task.flat_logs()).await.expect("messages"), ["before", "no"]);
    assert_eq!(task.wait().await.expect_err("failed").kind(), ErrorKind::Operation);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_script_that_failed_at_once_is_read_where_the_task_is() {
    // Started by the short path, the task is named by the long one when it is polled.
    let short = "universes/1/places/2/luau-execution-session-tasks/t";
    let script = Script::new()
        .expect(Expect::post(CREATE), MockResponse::json(json!({ "path": short, "state": "QUEUED" })))
        .expect(
            Expect::get(format!("/cloud/v2/{short}")),
            failed(json!({ "code": "SCRIPT_ERROR", "message": "no" })),
        )
        .expect(Expect::get(logs_url()), flat(&["no"]));
    assert_eq!(all(started(&script).await.flat_logs()).await.expect("messages"), ["no"]);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_not_there_yet_is_waited_for() {
    let missing = MockResponse::status(404, "");
    let script = Script::new().expect(Expect::post(CREATE), task("PROCESSING"));
    let script = read(poll(script, task("PROCESSING")), missing.clone());
    let script = read(poll(script, task("PROCESSING")), flat(&["a"]));
    let script = read(poll(script, complete(json!([]))), flat(&["a", "b"]));
    let logs = started(&script).await.with_poll_policy(slow()).flat_logs();
    assert_eq!(all(logs).await.expect("messages"), ["a", "b"]);
    script.assert_done();

    let script = Script::new()
        .expect(Expect::post(CREATE), task("PROCESSING"))
        .expect(Expect::get(task_url()), complete(json!([])))
        .always(Expect::get(logs_url()), missing);
    assert!(all(started(&script).await.flat_logs()).await.expect_err("no log").is_not_found());
    assert_eq!(readings(&script), 4);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_next_loses_nothing() {
    let script = Script::new().expect(Expect::post(CREATE), task("PROCESSING"));
    let script = read(poll(script, task("PROCESSING")), flat(&["a"]));
    let script = read(poll(script, complete(json!([]))), flat(&["a", "b"]));
    let mut logs = started(&script).await.with_poll_policy(slow()).flat_logs();
    let mut messages = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_millis(300), logs.next()).await;
        match next {
            Err(_) => {}
            Ok(Some(message)) => messages.push(message.expect("a message")),
            Ok(None) => break,
        }
    }
    assert_eq!(messages, ["a", "b"]);
    script.assert_done();
}
