//! Luau tasks: they wait, run and end. Nothing is executed: what comes of a script, a test decides, or else its text.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::{Routes, universes};
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339, seconds};
use crate::failure::Failure;
use crate::luau::{LuauError, LuauRun, LuauTask};
use crate::nesting::unfit;
use crate::page::Cut;
use crate::state::{State, Word};

mod literal;
mod script;

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
/// Bytes of results, as JSON.
const MAX_RESULTS: usize = 4 * 1024 * 1024;
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
    /// How often it was looked at: it runs at the first time and has ended at the second, or when its time is up.
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
    /// What is kept of an outcome: the latest logs, and no more results than a task may have.
    fn of(outcome: &LuauRun) -> Run {
        let mut logs: Vec<(Word, String)> =
            outcome.logs.iter().map(|(kind, text)| (kind.name().into(), text.clone())).collect();
        let mut size: usize = logs.iter().map(|(_, text)| text.len()).sum();
        let dropped = logs.iter().take_while(|(_, text)| {
            let is_too_much = size > MAX_LOG_BYTES;
            size -= text.len();
            is_too_much
        });
        logs.drain(..dropped.count());
        let failed = |error: LuauError, message: String| End::Failed(error.name().into(), message);
        let end = match &outcome.end {
            Ok(results) => {
                let text = json!(results).to_string();
                match unfit(text.as_bytes()) {
                    _ if text.len() > MAX_RESULTS => {
                        let message = "The results are larger than 4 MB.".to_owned();
                        failed(LuauError::OutputSizeLimitExceeded, message)
                    }
                    Some(reason) => {
                        failed(LuauError::InternalError, format!("The JSON of the results {reason}."))
                    }
                    None => End::Results(results.clone()),
                }
            }
            Err((error, message)) => failed(*error, message.clone()),
        };
        Run { logs, end }
    }
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
            run: Run::of(&script::run(&script)),
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

    /// Ends tasks that nobody looked at for as long as they may run, and forgets those that ended a day ago.
    fn prune(&mut self, now: Timestamp) {
        for task in self.tasks.values_mut() {
            task.run_out(now);
        }
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
    /// Time moves a task on as looks do: a place is not blocked by those that are forgotten.
    fn run_out(&mut self, now: Timestamp) {
        let end = self.created.checked_add(self.timeout).unwrap_or(Timestamp::MAX);
        if !self.has_ended() && end <= now {
            self.polls = 2;
            self.updated = end;
        }
    }

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
        "" => latest as u64,
        _ => call.number("version_id")?,
    };
    if version > latest as u64 {
        return Err(Failure::not_found(format!("The place {place} has no version {version}.")));
    }
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
    let input = binary_input.and_then(|path| state.content.get(path)).map(|file| file.content.clone());
    let outcome = call.scripts.run(&LuauTask {
        universe,
        place,
        version,
        script,
        timeout: timeout.unsigned_abs(),
        binary_input: input.as_deref(),
    });
    let mut outcome = outcome.unwrap_or_else(|| script::run(script));
    if let Some(name) = &binary_output {
        // What comes in goes out, unless there is something else.
        let content = outcome.binary_output.take().map(Bytes::from).or(input).unwrap_or_default();
        state.content.put(name, "application/octet-stream", content);
    }
    let task = Task {
        place: (universe, place),
        created: call.now,
        updated: call.now,
        run: Run::of(&outcome),
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
