//! Luau tasks: they wait, run and end. Nothing is executed: a script's text says what comes of it.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::{Routes, universes};
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339, seconds};
use crate::failure::Failure;
use crate::nesting::is_too_deep;
use crate::page::Cut;
use crate::state::{State, Word};

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/universes/{u}/places/{p}/luau-execution-session-tasks", create),
    ("POST /cloud/v2/universes/{u}/places/{p}/versions/{v}/luau-execution-session-tasks", create),
    ("GET /cloud/v2/universes/{u}/places/{p}/versions/{v}/luau-execution-sessions/{s}/tasks/{t}", get),
    (
        "GET /cloud/v2/universes/{u}/places/{p}/versions/{v}/luau-execution-sessions/{s}/tasks/{t}/logs",
        list_logs,
    ),
    ("POST /cloud/v2/universes/{u}/luau-execution-session-task-binary-inputs", create_binary_input),
];

const MAX_SCRIPT: usize = 4 * 1024 * 1024;
const MAX_TIMEOUT: i64 = 300;
const MAX_UNFINISHED: usize = 10;
const MAX_BINARY_INPUT: i64 = 100 * 1024 * 1024;
const MAX_TASKS: usize = 10_000;
const MAX_INPUTS: usize = 1_000;
const KEPT_SECONDS: i64 = 86_400;
/// How long the links to binary input and output are good.
const LINK_SECONDS: i64 = 900;
const MAX_LOG_BYTES: usize = 450 * 1024;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct LuauTasks {
    tasks: BTreeMap<String, Task>,
    order: VecDeque<String>,
    /// By path: the name of the content, its size, and until when it may be uploaded.
    inputs: BTreeMap<String, Input>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Input {
    universe: u64,
    size: i64,
    expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Task {
    place: (u64, u64),
    created: Timestamp,
    updated: Timestamp,
    script: String,
    timeout: SignedDuration,
    binary_input: Option<String>,
    binary_output: Option<String>,
    /// How often it was looked at: it runs at the first time and has ended at the second.
    polls: u32,
    run: Run,
}

/// What comes of a script.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    logs: Vec<(Word, String)>,
    end: End,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum End {
    Results(Vec<Value>),
    Failed(Word, String),
}

impl Run {
    /// `print` and `warn` write logs, `error` fails, an endless loop runs out of time, `return` gives results.
    fn of(script: &str) -> Run {
        let mut logs = Vec::new();
        let mut size = 0;
        for line in script.lines().map(str::trim) {
            for (function, kind) in [("print", "OUTPUT"), ("warn", "WARNING")] {
                if let Some(text) = argument(line, function) {
                    let text = literal(text).map_or(text.to_owned(), |value| plain(&value));
                    size += text.len();
                    logs.push((kind.into(), text));
                }
            }
            if let Some(message) = argument(line, "error") {
                let message = literal(message).map_or(message.to_owned(), |value| plain(&value));
                logs.push(("ERROR".into(), message.clone()));
                return Run { logs, end: End::Failed("SCRIPT_ERROR".into(), message) };
            }
            if line.starts_with("while true do") {
                let message = "The script ran longer than its timeout.".to_owned();
                return Run { logs, end: End::Failed("DEADLINE_EXCEEDED".into(), message) };
            }
        }
        while size > MAX_LOG_BYTES && !logs.is_empty() {
            size -= logs.remove(0).1.len();
        }
        let returned = script.lines().rev().find_map(|line| line.trim().strip_prefix("return"));
        let end = End::Results(returned.map(results).unwrap_or_default());
        Run { logs, end }
    }
}

/// The text in the brackets of a call.
fn argument<'a>(line: &'a str, function: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(function)?.trim_start();
    let inner = rest.strip_prefix('(')?;
    let end = inner.rfind(')')?;
    Some(inner[..end].trim())
}

/// The values of a `return`; what is not a literal is null.
fn results(text: &str) -> Vec<Value> {
    let text = text.trim().trim_end_matches(';');
    // Nobody's result is that deep; it could not be kept.
    if text.is_empty() || is_too_deep(text.as_bytes()) {
        return Vec::new();
    }
    // A list of literals is a list of JSON, apart from the quotation marks and `nil`.
    let as_list = format!("[{}]", text.replace("nil", "null"));
    if let Ok(Value::Array(values)) = serde_json::from_str(&as_list) {
        return values;
    }
    text.split(',').map(|part| literal(part).unwrap_or_default()).collect()
}

fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.strip_suffix(quote).map(Value::from);
        }
    }
    match text {
        "nil" => Some(Value::Null),
        "{}" => Some(json!([])),
        _ => serde_json::from_str(text).ok(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl LuauTasks {
    /// One task that has ended, which sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> LuauTasks {
        let path = "universes/2001/places/3001/versions/3/luau-execution-sessions/sample/tasks/sample";
        let script = "print('sample')\nreturn 1".to_owned();
        let task = Task {
            place: (2001, 3001),
            created: now,
            updated: now,
            run: Run::of(&script),
            script,
            timeout: SignedDuration::from_secs(MAX_TIMEOUT),
            binary_input: None,
            binary_output: None,
            polls: 2,
        };
        let mut tasks = LuauTasks::default();
        tasks.tasks.insert(path.to_owned(), task);
        tasks.order.push_back(path.to_owned());
        let input = Input { universe: 2001, size: 7, expires: later(now, LINK_SECONDS) };
        tasks.inputs.insert("sample".to_owned(), input);
        tasks
    }

    /// Forgets tasks that ended a day ago.
    fn prune(&mut self, now: Timestamp) {
        let limit = later(now, -KEPT_SECONDS);
        self.tasks.retain(|_, task| !task.has_ended() || task.updated > limit);
        let tasks = &self.tasks;
        self.order.retain(|path| tasks.contains_key(path));
    }

    /// How large an upload may be, if this is a link for one that is still good.
    pub(crate) fn upload_size(&self, path: &str, now: Timestamp) -> Option<i64> {
        let input = self.inputs.get(path)?;
        (input.expires > now).then_some(input.size)
    }
}

impl Task {
    fn has_ended(&self) -> bool {
        self.polls >= 2
    }

    fn state(&self) -> &'static str {
        match (self.polls, &self.run.end) {
            (0, _) => "QUEUED",
            (1, _) => "PROCESSING",
            (_, End::Results(_)) => "COMPLETE",
            (_, End::Failed(..)) => "FAILED",
        }
    }

    fn json(&self, path: &str, full: bool, call: &Call<'_>) -> Value {
        let mut task = json!({
            "path": path,
            "createTime": rfc3339(self.created),
            "updateTime": rfc3339(self.updated),
            "user": "users/1",
            "state": self.state(),
            "timeout": format!("{}s", self.timeout.as_secs()),
            "enableBinaryOutput": self.binary_output.is_some(),
        });
        if full {
            task["script"] = json!(self.script);
        }
        if let Some(input) = &self.binary_input {
            task["binaryInput"] = json!(input);
        }
        if !self.has_ended() {
            return task;
        }
        match &self.run.end {
            End::Results(results) => task["output"] = json!({ "results": results }),
            End::Failed(code, message) => {
                task["error"] = json!({ "code": code, "message": message });
            }
        }
        let is_fresh = later(self.updated, LINK_SECONDS) > call.now;
        if let Some(name) = self.binary_output.as_ref().filter(|_| is_fresh) {
            let uri = format!("{}/__emulator/content/{name}", call.base_url);
            task["binaryOutputUri"] = json!(uri);
        }
        task
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let script = text(&body, "script").unwrap_or_default();
    if script.is_empty() {
        return Err(Failure::invalid("The script is required."));
    }
    if script.len() > MAX_SCRIPT {
        return Err(Failure::invalid("The script is larger than 4 MB."));
    }
    let timeout = match text(&body, "timeout") {
        None => SignedDuration::from_secs(MAX_TIMEOUT),
        Some(text) => seconds(text)
            .filter(|timeout| *timeout > SignedDuration::ZERO && timeout.as_secs() <= MAX_TIMEOUT)
            .ok_or_else(|| {
                Failure::invalid(format!("The timeout must be more than 0s and at most {MAX_TIMEOUT}s."))
            })?,
    };
    let (universe, place) = (call.number("universe_id")?, call.number("place_id")?);
    let latest = universes::latest_version(state, call)?;
    let version = match call.param("version_id") {
        "" => latest.to_string(),
        version => version.to_owned(),
    };
    let binary_input = text(&body, "binaryInput").filter(|path| !path.is_empty());
    if let Some(path) = binary_input
        && !state.luau.inputs.get(path).is_some_and(|input| input.universe == universe || path == "sample")
    {
        return Err(Failure::invalid(format!("The binaryInput '{path}' is not one of this universe.")));
    }
    state.luau.prune(call.now);
    let unfinished =
        state.luau.tasks.values().filter(|task| task.place == (universe, place) && !task.has_ended()).count();
    if unfinished >= MAX_UNFINISHED {
        return Err(Failure::exhausted(format!("The place has {MAX_UNFINISHED} unfinished tasks.")));
    }
    let (session, id) = (state.uuid(), state.uuid());
    let path = format!(
        "universes/{universe}/places/{place}/versions/{version}/luau-execution-sessions/{session}/tasks/{id}"
    );
    let wants_output = body.get("enableBinaryOutput") == Some(&Value::Bool(true));
    let binary_output = wants_output.then(|| format!("luau/outputs/{id}"));
    if let Some(name) = &binary_output {
        // What comes in goes out.
        let input = binary_input.and_then(|path| state.content.get(path));
        let content = input.map(|file| file.content.clone()).unwrap_or_default();
        state.content.put(name, "application/octet-stream", content);
    }
    let task = Task {
        place: (universe, place),
        created: call.now,
        updated: call.now,
        run: Run::of(script),
        script: script.to_owned(),
        timeout,
        binary_input: binary_input.map(str::to_owned),
        binary_output,
        polls: 0,
    };
    let reply = task.json(&path, false, call);
    if state.luau.order.len() >= MAX_TASKS
        && let Some(oldest) = state.luau.order.pop_front()
    {
        state.luau.tasks.remove(&oldest);
    }
    state.luau.order.push_back(path.clone());
    state.luau.tasks.insert(path, task);
    Ok(Reply::json(reply))
}

/// The path of the task that a call names.
fn task_path(call: &Call<'_>) -> String {
    format!(
        "universes/{}/places/{}/versions/{}/luau-execution-sessions/{}/tasks/{}",
        call.param("universe_id"),
        call.param("place_id"),
        call.param("version_id"),
        call.param("luau_execution_session_id"),
        call.param("task_id"),
    )
}

fn task<'a>(state: &'a mut State, call: &Call<'_>) -> Result<(String, &'a mut Task), Failure> {
    state.luau.prune(call.now);
    let path = task_path(call);
    match state.luau.tasks.get_mut(&path) {
        Some(task) => Ok((path, task)),
        None => Err(Failure::not_found("The task does not exist.")),
    }
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let full = call.query("view") == Some("FULL");
    let now = call.now;
    let (path, task) = task(state, call)?;
    let runs = !task.has_ended();
    if runs {
        task.polls += 1;
        task.updated = now;
    }
    let reply = task.json(&path, full, call);
    if runs {
        state.touch();
    }
    Ok(Reply::json(reply))
}

fn list_logs(state: &mut State, call: &Call<'_>) -> Outcome {
    let structured = call.query("view") == Some("STRUCTURED");
    let (path, task) = task(state, call)?;
    let created = rfc3339(task.created);
    // Half of it is there while the script runs.
    let written = match task.polls {
        0 => 0,
        1 => task.run.logs.len().div_ceil(2),
        _ => task.run.logs.len(),
    };
    let logs = &task.run.logs[..written];
    let (messages, structured_messages): (Vec<_>, Vec<_>) = if structured {
        let message = |(kind, text): &(Word, String)| json!({ "message": text, "createTime": created, "messageType": kind });
        (Vec::new(), logs.iter().map(message).collect())
    } else {
        (logs.iter().map(|(_, text)| text.clone()).collect(), Vec::new())
    };
    let chunks = if logs.is_empty() {
        Vec::new()
    } else {
        vec![json!({
            "path": format!("{path}/logs/1"),
            "messages": messages,
            "structuredMessages": structured_messages,
        })]
    };
    let (page, next) = Cut::v2(10_000).with_default(10_000).page(call, &chunks)?;
    Ok(Reply::json(json!({
        "luauExecutionSessionTaskLogs": page,
        "nextPageToken": next.unwrap_or_default(),
    })))
}

fn create_binary_input(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let size = body.get("size").and_then(Value::as_i64).unwrap_or(0);
    if !(1..=MAX_BINARY_INPUT).contains(&size) {
        return Err(Failure::invalid(format!("The size must be between 1 and {MAX_BINARY_INPUT} bytes.")));
    }
    let universe = call.number("universe_id")?;
    let id = state.uuid();
    let path = format!("universes/{universe}/luau-execution-session-task-binary-inputs/{id}");
    if state.luau.inputs.len() >= MAX_INPUTS {
        state.luau.inputs.pop_first();
    }
    let input = Input { universe, size, expires: later(call.now, LINK_SECONDS) };
    state.luau.inputs.insert(path.clone(), input);
    Ok(Reply::json(json!({
        "path": path,
        "size": size,
        "uploadUri": format!("{}/__emulator/upload/{path}", call.base_url),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(script: &str) -> End {
        Run::of(script).end
    }

    #[test]
    fn a_scripts_text_says_what_comes_of_it() {
        assert_eq!(
            end("return 1, 'a', nil, true"),
            End::Results(vec![json!(1), json!("a"), json!(null), json!(true)])
        );
        assert_eq!(end("local x = 1\nreturn {\"a\":[1,2]}"), End::Results(vec![json!({ "a": [1, 2] })]));
        assert_eq!(end("return game"), End::Results(vec![json!(null)]));
        assert_eq!(end("print('a')"), End::Results(Vec::new()));
        assert_eq!(end("error('no')\nreturn 1"), End::Failed("SCRIPT_ERROR".into(), "no".to_owned()));
        assert!(matches!(end("while true do end"), End::Failed(code, _) if code == "DEADLINE_EXCEEDED"));
    }

    #[test]
    fn printing_writes_logs() {
        let logs = Run::of("print('a')\nwarn(\"b\")\nprint(1)").logs;
        assert_eq!(
            logs,
            [("OUTPUT", "a"), ("WARNING", "b"), ("OUTPUT", "1")]
                .map(|(kind, text)| (kind.into(), text.to_owned()))
        );
    }
}
