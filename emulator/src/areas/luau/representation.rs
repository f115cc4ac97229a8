//! How tasks and logs look: as at the live service, and as Roblox's document says.

use serde_json::{Value, json};
use std::borrow::Cow;

use crate::api::{Call, rfc3339};
use crate::areas::luau::model::{End, Task};
use crate::mix::form_of;

/// Who runs a task.
const USER: u64 = 1;

pub(super) fn task(task: &Task, path: &str, full: bool, call: &Call<'_>) -> Value {
    let live = call.shapes.is_live();
    let state = task.state(live);
    let mut json = json!({
        "path": path,
        "user": if live { USER.to_string() } else { format!("users/{USER}") },
        "state": state,
        "timeout": format!("{}s", task.timeout.as_secs()),
        "enableBinaryOutput": task.binary_output.is_some(),
    });
    // The live service tells times only of what has ended (LX-01, LX-03).
    if !live || task.has_ended() {
        json["createTime"] = json!(rfc3339(task.created));
        json["updateTime"] = json!(rfc3339(task.updated));
    }
    // It repeats the script in any view, until the task has failed (LX-01, LX-03, LX-17), and what is not there as an
    // empty text.
    let tells_all = live && state != "FAILED";
    if full || tells_all {
        json["script"] = json!(task.script);
    }
    match &task.binary_input {
        Some(input) if !live || tells_all => json["binaryInput"] = json!(input),
        None if tells_all => json["binaryInput"] = json!(""),
        _ => {}
    }
    if tells_all {
        json["binaryOutputUri"] = json!("");
    }
    if !task.has_ended() {
        return json;
    }
    match &task.run.end {
        End::Results(results) => json["output"] = json!({ "results": results }),
        End::Failed(code, message) => json["error"] = json!({ "code": code, "message": message }),
    }
    let is_fresh = task.output_expires() > call.now;
    if let Some(name) = task.binary_output.as_ref().filter(|_| is_fresh && (!live || tells_all)) {
        json["binaryOutputUri"] = json!(format!("{}/__emulator/content/{name}", call.base_url));
    }
    json
}

/// What a task has logged, in chunks: all of it in one.
pub(super) fn chunks(
    task: &Task,
    path: &str,
    logs: &[(Cow<'static, str>, String)],
    structured: bool,
) -> Vec<Value> {
    if logs.is_empty() {
        return Vec::new();
    }
    let created = rfc3339(task.created);
    let (mut messages, mut detailed) = (Vec::new(), Vec::new());
    for (kind, text) in logs {
        if structured {
            detailed.push(json!({ "message": text, "createTime": created, "messageType": kind }));
        } else {
            messages.push(json!(text));
        }
    }
    vec![json!({
        "path": format!("{path}/logs/1"),
        "messages": messages,
        "structuredMessages": detailed,
    })]
}

/// A page of logs. As long as there is nothing to read, the live service responds with an empty chunk or without a
/// list, and both the list and the token are null at times (LX-04).
pub(super) fn logs(call: &Call<'_>, path: &str, page: Vec<Value>, next: Option<String>) -> Value {
    let list = "luauExecutionSessionTaskLogs";
    if !call.shapes.is_live() || !page.is_empty() {
        return json!({ list: page, "nextPageToken": next.unwrap_or_default() });
    }
    match form_of(path, 4) {
        0 => json!({}),
        1 => json!({ list: null, "nextPageToken": null }),
        _ => {
            let chunk = json!({ "path": format!("{path}/logs/1"), "messages": [] });
            json!({ list: [chunk], "nextPageToken": "" })
        }
    }
}
