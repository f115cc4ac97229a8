//! Requests of luau.

use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::{Call, Failure, LuauTask, Outcome, Pagination, Response, later, text};
use crate::areas::luau::arranged::Arranged;
use crate::areas::luau::model::{Input, LINK_SECONDS, MAX_TIMEOUT, OUTPUTS, Run, Task};
use crate::areas::luau::{representation, script};
use crate::areas::routes::Routes;
use crate::areas::universes::model::Place;
use crate::document::read_duration;
use crate::state::State;

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
const MAX_UNFINISHED: usize = 10;
const MAX_BINARY_INPUT: i64 = 100 * 1024 * 1024;
const MAX_TASKS: usize = 10_000;
const MAX_INPUTS: usize = 1_000;

/// The place of a call, which must be the universe's.
fn place<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a Place, Failure> {
    let (universe, place) = (call.number("universe_id")?, call.number("place_id")?);
    Ok(state.universes.own_place(universe, place, call.now)?)
}

/// The version that a task of the newest one runs in: the latest, unless the place's name says that a server is kept
/// ready with the one before (LX-07).
fn newest(state: &mut State, call: &Call<'_>, latest: u64) -> Result<u64, Failure> {
    let is_stale = place(state, call)?.is_called("stale pool");
    Ok(if is_stale { (latest - 1).max(1) } else { latest })
}

/// The refusal of a place whose slots are all taken. Where they are slow, it tells to wait for no time at all (LX-10).
fn is_full(slow_slots: bool) -> Outcome {
    let failure = Failure::exhausted(format!("The place has {MAX_UNFINISHED} unfinished tasks."));
    if !slow_slots {
        return Err(failure);
    }
    let body = json!({ "code": failure.code, "message": failure.message });
    Ok(Response::json(body).with_status(failure.status).with_header("retry-after", "0"))
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let script = text(&body, "script").unwrap_or_default();
    refuse_if!(script.is_empty(), "The script is required.");
    refuse_if!(script.len() > MAX_SCRIPT, "The script is larger than 4 MB.");
    let timeout = text(&body, "timeout").map_or(Some(SignedDuration::from_secs(MAX_TIMEOUT)), read_duration);
    let timeout = timeout.filter(|time| *time > SignedDuration::ZERO && time.as_secs() <= MAX_TIMEOUT);
    let refused = || format!("The timeout must be more than 0s and at most {MAX_TIMEOUT}s.");
    let timeout = timeout.ok_or_else(|| Failure::invalid(refused()))?;
    let (universe, place) = (call.number("universe_id")?, call.number("place_id")?);
    let latest = self::place(state, call)?.latest_version();
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
    let slow_slots = self::place(state, call)?.is_called("slow slots");
    if state.luau.unfinished((universe, place), slow_slots, call.now) >= MAX_UNFINISHED {
        return is_full(slow_slots);
    }
    let (session, id) = (state.ids.uuid(), state.ids.uuid());
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
    let response = representation::task(&task, &path, false, call);
    if state.luau.order.len() >= MAX_TASKS
        && let Some(oldest) = state.luau.order.pop_front()
    {
        state.luau.tasks.remove(&oldest);
    }
    state.luau.order.push_back(path.clone());
    state.luau.tasks.insert(path, task);
    Ok(Response::json(response))
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
    let task = state.luau.tasks.get_mut(&path).ok_or_else(|| Failure::missing("task"))?;
    Ok((path, task))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let full = call.query("view") == Some("FULL");
    let now = call.now;
    let (path, task) = task(state, call)?;
    let runs = !task.has_ended();
    if runs {
        task.look(now);
    }
    let response = representation::task(task, &path, full, call);
    if runs {
        state.touch();
    }
    Ok(Response::json(response))
}

fn list_logs(state: &mut State, call: &Call<'_>) -> Outcome {
    let structured = call.query("view") == Some("STRUCTURED");
    let (path, task) = task(state, call)?;
    let logs = task.readable(call.shapes.is_live(), call.now);
    let chunks = representation::chunks(task, &path, logs, structured);
    let (page, next) = Pagination::v2(10_000).with_default(10_000).page(call, &chunks)?;
    Ok(Response::json(representation::logs(call, &path, page, next)))
}

fn create_binary_input(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let size = body.get("size").and_then(Value::as_i64).unwrap_or(0);
    if !(1..=MAX_BINARY_INPUT).contains(&size) {
        return Err(Failure::invalid(format!("The size must be between 1 and {MAX_BINARY_INPUT} bytes.")));
    }
    let universe = call.number("universe_id")?;
    let id = state.ids.uuid();
    let path = format!("universes/{universe}/luau-execution-session-task-binary-inputs/{id}");
    if state.luau.inputs.len() >= MAX_INPUTS {
        state.luau.inputs.pop_first();
    }
    let input = Input { universe, size, expires: later(call.now, LINK_SECONDS) };
    state.luau.inputs.insert(path.clone(), input);
    Ok(Response::json(json!({
        "path": path,
        "size": size,
        "uploadUri": format!("{}/__emulator/upload/{path}", call.base_url),
    })))
}
