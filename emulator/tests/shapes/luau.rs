use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Client, http};
use crate::{keys, text};

const PLACE: &str = "/cloud/v2/universes/2001/places/3001";
const TASKS: &str = "/cloud/v2/universes/2001/places/3001/luau-execution-session-tasks";

fn at(task: &Value) -> String {
    format!("/cloud/v2/{}", text(&task["path"]))
}

async fn start(client: &Client, script: &str) -> (Value, String) {
    let task = client.post(TASKS, &json!({ "script": script, "timeout": "60s" })).await.ok();
    let target = at(&task);
    (task, target)
}

async fn rename(client: &Client, name: &str) {
    client.patch(PLACE, &json!({ "displayName": name })).await.ok();
}

/// LX-01, LX-02, LX-03
#[tokio::test]
async fn a_task_runs_at_once_and_tells_everything_but_times() {
    let live = Client::start().await;
    let (task, target) = start(&live, "return 7").await;
    let path = task["path"].clone();
    let expected = json!({
        "path": path, "user": "1", "state": "PROCESSING", "script": "return 7", "timeout": "60s",
        "binaryInput": "", "binaryOutputUri": "", "enableBinaryOutput": false,
    });
    assert_eq!(task, expected);
    assert!(
        text(&path).starts_with("universes/2001/places/3001/versions/3/luau-execution-sessions/"),
        "{path}"
    );
    assert_eq!(live.get(&target).await.ok(), expected);
    let done = live.get(&target).await.ok();
    assert_eq!((&done["state"], &done["output"]["results"]), (&json!("COMPLETE"), &json!([7])));
    assert_eq!(done["script"], "return 7", "in any view");
    assert!(done["createTime"].is_string() && done["updateTime"].is_string());
    let (queued, _) = start(&live, "--emulator: queued\nreturn 7").await;
    assert_eq!(queued["state"], "QUEUED", "only where a test wants it");
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let (task, target) = start(&document, "return 7").await;
    assert_eq!(
        keys(&task),
        ["createTime", "enableBinaryOutput", "path", "state", "timeout", "updateTime", "user"]
    );
    assert_eq!((&task["state"], &task["user"]), (&json!("QUEUED"), &json!("users/1")));
    document.get(&target).await.ok();
    let basic = document.get(&target).await.ok();
    assert_eq!((&basic["state"], basic.get("script")), (&json!("COMPLETE"), None));
    assert_eq!(document.get(&format!("{target}?view=FULL")).await.ok()["script"], "return 7");
    document.assert_responses_fit();
}

/// LX-09, LX-17, LX-19
#[tokio::test]
async fn a_task_that_fails_says_why_in_the_services_words() {
    let client = Client::start().await;
    for (script, code, message) in [
        (
            "while true do end",
            "DEADLINE_EXCEEDED",
            "Script execution timed out. The script took longer than the configured timeout.",
        ),
        ("--emulator: INTERNAL_ERROR", "INTERNAL_ERROR", "Task timed out due to an internal error"),
        ("--emulator: OUTPUT_SIZE_LIMIT_EXCEEDED", "OUTPUT_SIZE_LIMIT_EXCEEDED", "Return results too large"),
    ] {
        let (_, target) = start(&client, script).await;
        client.get(&target).await.ok();
        let failed = client.get(&target).await.ok();
        let fields =
            ["createTime", "enableBinaryOutput", "error", "path", "state", "timeout", "updateTime", "user"];
        assert_eq!(keys(&failed), fields);
        assert_eq!(failed["error"], json!({ "code": code, "message": message }));
    }
    client.assert_responses_fit();
}

/// The messages of a page of logs.
async fn messages(client: &Client, target: &str) -> Vec<Value> {
    let page = client.get(&format!("{target}/logs")).await.ok();
    let chunks = page["luauExecutionSessionTaskLogs"].as_array().cloned().unwrap_or_default();
    chunks.iter().flat_map(|chunk| chunk["messages"].as_array().cloned().unwrap_or_default()).collect()
}

/// LX-04
#[tokio::test]
async fn logs_come_after_the_end_and_may_come_late() {
    let live = Client::start().await;
    let mut forms = Vec::new();
    for _ in 0..20 {
        let (_, target) = start(&live, "print('a')\nprint('b')").await;
        live.get(&target).await.ok();
        assert!(messages(&live, &target).await.is_empty(), "it still runs");
        let page = live.get(&format!("{target}/logs")).await.ok();
        let list = page.get("luauExecutionSessionTaskLogs");
        let form = match list {
            None => "absent",
            Some(Value::Null) => "null",
            Some(_) => "an empty chunk",
        };
        if !forms.contains(&form) {
            forms.push(form);
        }
        live.get(&target).await.ok();
        assert_eq!(messages(&live, &target).await, ["a", "b"]);
    }
    assert_eq!(forms.len(), 3, "{forms:?}");
    let (_, target) = start(&live, "--emulator: late logs 5s\nprint('a')").await;
    live.get(&target).await.ok();
    assert_eq!(live.get(&target).await.ok()["state"], "COMPLETE");
    assert!(messages(&live, &target).await.is_empty());
    live.emulator.advance(Duration::from_secs(5));
    assert_eq!(messages(&live, &target).await, ["a"]);
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let (_, target) = start(&document, "print('a')\nprint('b')").await;
    document.get(&target).await.ok();
    assert_eq!(messages(&document, &target).await, ["a"], "half of it");
}

/// LX-05, LX-08
#[tokio::test]
async fn a_script_has_its_time_from_when_it_starts() {
    let client = Client::start().await;
    let (_, target) = start(&client, "--emulator: boot 20s\nreturn 1").await;
    for _ in 0..5 {
        assert_eq!(client.get(&target).await.ok()["state"], "PROCESSING");
    }
    client.emulator.advance(Duration::from_secs(20));
    assert_eq!(client.get(&target).await.ok()["state"], "COMPLETE");
    let (_, target) =
        start(&client, "--emulator: boot 20s\n--emulator: overrun\nwhile true do task.wait() end").await;
    client.emulator.advance(Duration::from_secs(20 + 60));
    assert_eq!(client.get(&target).await.ok()["state"], "PROCESSING");
    client.emulator.advance(Duration::from_secs(1));
    assert_eq!(client.get(&target).await.ok()["error"]["code"], "DEADLINE_EXCEEDED");
}

/// LX-18
#[tokio::test]
async fn a_script_that_gives_way_is_stopped_sooner() {
    let client = Client::start().await;
    for (script, late) in [("while true do task.wait() end", 1), ("while true do end", 0)] {
        let (_, target) = start(&client, &format!("--emulator: overrun\n{script}")).await;
        client.emulator.advance(Duration::from_secs(60 + late - 1));
        for _ in 0..3 {
            assert_eq!(client.get(&target).await.ok()["state"], "PROCESSING", "{script}");
        }
        client.emulator.advance(Duration::from_secs(1));
        assert_eq!(client.get(&target).await.ok()["state"], "FAILED", "{script}");
    }
}

/// LX-06
#[tokio::test]
async fn a_task_of_a_version_that_cannot_be_loaded_never_ends() {
    let client = Client::start().await;
    let (_, target) = start(&client, "--emulator: stuck\nprint('a')").await;
    for _ in 0..5 {
        client.emulator.advance(Duration::from_secs(600));
        assert_eq!(client.get(&target).await.ok()["state"], "PROCESSING");
        assert!(messages(&client, &target).await.is_empty());
    }
}

/// LX-07
#[tokio::test]
async fn the_newest_version_may_not_be_what_runs() {
    let client = Client::start().await;
    let run = async |target: &str| {
        let task = client.post(target, &json!({ "script": "return game.PlaceVersion" })).await.ok();
        client.get(&at(&task)).await.ok();
        client.get(&at(&task)).await.ok()["output"]["results"][0].clone()
    };
    let pinned = format!("{PLACE}/versions/3/luau-execution-session-tasks");
    assert_eq!((run(TASKS).await, run(&pinned).await), (json!(3), json!(3)));
    rename(&client, "Lobby (stale pool)").await;
    assert_eq!((run(TASKS).await, run(&pinned).await), (json!(2), json!(3)));
    let unknown = format!("{PLACE}/versions/9/luau-execution-session-tasks");
    client.post(&unknown, &json!({ "script": "return" })).await.refused(404);
}

/// LX-10, LX-16
#[tokio::test]
async fn a_slot_may_stay_taken_for_a_while() {
    let client = Client::start().await;
    rename(&client, "Slow slots").await;
    let mut first = String::new();
    for _ in 0..10 {
        first = start(&client, "return").await.1;
    }
    let full = client.post(TASKS, &json!({ "script": "return" })).await;
    assert_eq!(full.json()["code"], "RESOURCE_EXHAUSTED");
    assert_eq!((full.header("retry-after"), full.header("x-envoy-ratelimited")), ("0", ""));
    full.refused(429);
    client.get(&first).await.ok();
    assert_eq!(client.get(&first).await.ok()["state"], "COMPLETE");
    client.post(TASKS, &json!({ "script": "return" })).await.refused(429);
    client.emulator.advance(Duration::from_secs(10));
    client.post(TASKS, &json!({ "script": "return" })).await.ok();

    let client = Client::start().await;
    for _ in 0..10 {
        first = start(&client, "return").await.1;
    }
    let full = client.post(TASKS, &json!({ "script": "return" })).await;
    assert_eq!((full.status, full.header("retry-after")), (429, ""));
    client.get(&first).await.ok();
    client.get(&first).await.ok();
    client.post(TASKS, &json!({ "script": "return" })).await.ok();
}

/// LX-13, LX-20
#[tokio::test]
async fn binary_output_is_returned_beside_the_results_and_is_gone_after_a_quarter_of_an_hour() {
    let client = Client::start().await;
    let script = "return {BinaryOutput = buffer.fromstring('abc'), ReturnValues = {1, 'two'}}";
    let task = client.post(TASKS, &json!({ "script": script, "enableBinaryOutput": true })).await.ok();
    client.get(&at(&task)).await.ok();
    let done = client.get(&at(&task)).await.ok();
    assert_eq!(done["output"]["results"], json!([1, "two"]));
    let link = text(&done["binaryOutputUri"]);
    let fetched = http().get(link).send().await.expect("a response");
    assert_eq!(fetched.text().await.expect("text"), "abc");
    client.emulator.advance(Duration::from_secs(901));
    assert_eq!(http().get(link).send().await.expect("a response").status(), 404);
    assert_eq!(client.get(&at(&task)).await.ok()["binaryOutputUri"], "");
    client.assert_responses_fit();
}

/// LX-14
#[tokio::test]
async fn a_timeout_has_a_limit() {
    let client = Client::start().await;
    client.post(TASKS, &json!({ "script": "return", "timeout": "300s" })).await.ok();
    client.post(TASKS, &json!({ "script": "return", "timeout": "301s" })).await.refused(400);
}
