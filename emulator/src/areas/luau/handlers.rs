//! Luau tasks: they wait, run and end. Nothing is executed: what comes of a script, a test decides, or else its text.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::{Routes, universes};
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, seconds};
use crate::failure::Failure;
use crate::luau::{LuauError, LuauRun, LuauTask};
use crate::nesting::unfit;
use crate::page::Cut;
use crate::state::{State, Word};

mod arranged;
mod literal;
mod script;
mod shape;

use arranged::Arranged;

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
/// Before the names of outputs.
const OUTPUTS: &str = "luau/outputs/";
const MAX_LOG_BYTES: usize = 450 * 1024;
/// How long a slot stays taken after its task, where slots are slow (LX-10).
const SLOW_SLOT_SECONDS: i64 = 10;

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
    #[serde(default)]
    arranged: Arranged,
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
                        let error = LuauError::OutputSizeLimitExceeded;
                        failed(error, script::words(error).to_owned())
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
        // Long enough ago to take no slot.
        let ended = later(now, -SLOW_SLOT_SECONDS);
        let task = Task {
            place: (2001, 3001),
            created: ended,
            updated: ended,
            run: Run::of(&script::run(&script, 3)),
            script,
            timeout: SignedDuration::from_secs(MAX_TIMEOUT),
            binary_input: None,
            binary_output: None,
            polls: 2,
            arranged: Arranged::default(),
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
        self.tasks.retain(|_, task| task.updated > limit || !(task.has_ended() || task.arranged.stuck));
        let tasks = &self.tasks;
        self.order.retain(|path| tasks.contains_key(path));
    }

    /// How many tasks of a place are unfinished, or ended so lately that their slot is still taken.
    fn unfinished(&self, place: (u64, u64), slow_slots: bool, now: Timestamp) -> usize {
        let takes_slot = |task: &&Task| {
            let is_free = !slow_slots || later(task.updated, SLOW_SLOT_SECONDS) <= now;
            task.place == place && (!task.has_ended() || !is_free)
        };
        self.tasks.values().filter(takes_slot).count()
    }

    /// Whether a file is the output of a task whose link is no longer good (LX-20).
    pub(crate) fn is_output_expired(&self, name: &str, now: Timestamp) -> bool {
        name.starts_with(OUTPUTS)
            && !self
                .tasks
                .values()
                .any(|task| task.binary_output.as_deref() == Some(name) && task.output_expires() > now)
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
        let end =
            self.begins().checked_add(self.arranged.stopped_after(self.timeout)).unwrap_or(Timestamp::MAX);
        if !self.has_ended() && !self.arranged.stuck && end <= now {
            self.polls = 2;
            self.updated = end;
        }
    }

    /// When the script begins to run.
    fn begins(&self) -> Timestamp {
        self.created.checked_add(self.arranged.boot).unwrap_or(Timestamp::MAX)
    }

    /// Somebody looks: that moves it on, unless only time does.
    fn look(&mut self, now: Timestamp) {
        let runs_out =
            matches!(&self.run.end, End::Failed(code, _) if *code == LuauError::DeadlineExceeded.name());
        let waits = self.arranged.stuck || (runs_out && self.arranged.overrun);
        if self.polls == 0 || (!waits && now >= self.begins()) {
            self.polls += 1;
            self.updated = now;
        }
    }

    fn has_ended(&self) -> bool {
        self.polls >= 2
    }

    /// The live service was never seen to let a task wait (LX-01).
    fn state(&self, live: bool) -> &'static str {
        match (self.polls, &self.run.end) {
            (0, _) if !live || self.arranged.queued => "QUEUED",
            (0 | 1, _) => "PROCESSING",
            (_, End::Results(_)) => "COMPLETE",
            (_, End::Failed(..)) => "FAILED",
        }
    }

    /// What can be read of the logs: at the live service nothing before the end, nor for as long after it as was
    /// arranged (LX-04); by the document, half of it while the script runs.
    fn readable(&self, live: bool, now: Timestamp) -> &[(Word, String)] {
        let all = self.run.logs.len();
        let is_late = self.updated.checked_add(self.arranged.late_logs).is_ok_and(|readable| now < readable);
        let readable = match self.polls {
            0 => 0,
            1 if live => 0,
            1 => all.div_ceil(2),
            _ if is_late => 0,
            _ => all,
        };
        &self.run.logs[..readable]
    }
}

/// The version that a task of the newest one runs in: the latest, unless the place's name says that a server is kept
/// ready with the one before (LX-07).
fn newest(state: &mut State, call: &Call<'_>, latest: u64) -> Result<u64, Failure> {
    let is_stale = universes::is_called(state, call, "stale pool")?;
    Ok(if is_stale { (latest - 1).max(1) } else { latest })
}

/// The refusal of a place whose slots are all taken. Where they are slow, it tells to wait for no time at all (LX-10).
fn is_full(slow_slots: bool) -> Outcome {
    let failure = Failure::exhausted(format!("The place has {MAX_UNFINISHED} unfinished tasks."));
    if !slow_slots {
        return Err(failure);
    }
    let body = json!({ "code": failure.code, "message": failure.message });
    Ok(Reply::json(body).with_status(failure.status).with_header("retry-after", "0"))
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
        "" => newest(state, call, latest as u64)?,
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
    let slow_slots = universes::is_called(state, call, "slow slots")?;
    if state.luau.unfinished((universe, place), slow_slots, call.now) >= MAX_UNFINISHED {
        return is_full(slow_slots);
    }
    let (session, id) = (state.uuid(), state.uuid());
    let path = format!(
        "universes/{universe}/places/{place}/versions/{version}/luau-execution-sessions/{session}/tasks/{id}"
    );
    let wants_output = body.get("enableBinaryOutput") == Some(&Value::Bool(true));
    let binary_output = wants_output.then(|| format!("{OUTPUTS}{id}"));
    let input = binary_input.and_then(|path| state.content.get(path)).map(|file| file.content.clone());
    let outcome = call.scripts.run(&LuauTask {
        universe,
        place,
        version,
        script,
        timeout: timeout.unsigned_abs(),
        binary_input: input.as_deref(),
    });
    let mut outcome = outcome.unwrap_or_else(|| script::run(script, version));
    if wants_output {
        outcome = script::with_output(outcome);
    }
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
        arranged: Arranged::of(script),
    };
    let reply = shape::task(&task, &path, false, call);
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
        task.look(now);
    }
    let reply = shape::task(task, &path, full, call);
    if runs {
        state.touch();
    }
    Ok(Reply::json(reply))
}

fn list_logs(state: &mut State, call: &Call<'_>) -> Outcome {
    let structured = call.query("view") == Some("STRUCTURED");
    let (path, task) = task(state, call)?;
    let logs = task.readable(call.shapes.is_live(), call.now);
    let chunks = shape::chunks(task, &path, logs, structured);
    let (page, next) = Cut::v2(10_000).with_default(10_000).page(call, &chunks)?;
    Ok(Reply::json(shape::logs(call, &path, page, next)))
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
