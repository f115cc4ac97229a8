//! The forms in which services report an operation: what a response says of its state, without any
//! input or output.

use crate::spec::{Dialect, LongRunningInfo};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// What a response says of the state.
#[derive(Debug, PartialEq)]
pub(super) enum PollStatus {
    Pending,
    Done(Value),
    Failed(Failure),
    /// It is done, and what it was for is not there. Says what is there instead.
    Unusable(String),
}

/// Why an operation failed, in the service's words.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) code: Option<String>,
    pub(super) message: String,
    /// What the service says besides.
    pub(super) details: Option<Value>,
}

/// How an operation that has just been started is followed.
#[derive(Debug, PartialEq)]
pub(super) enum Start {
    /// It is done, or has failed.
    Over(PollStatus),
    /// At a path that the service names.
    Path(String),
    /// At the poll route, with this id for the parameter that the starting call does not have.
    Id(String),
    /// At the poll route, under this key of the response.
    Key(String),
    /// At the poll route, with these values of a query parameter, and a key to read the response by.
    Query(&'static str, Vec<String>, String),
    /// By repeating the starting call.
    Repeat,
}

const UPLOAD_IDS: &str = "operationIds";
const UPLOAD_FILES: &str = "fileToOperationIdDict";

/// The query parameters that a dialect itself sends with a poll.
pub(super) fn query_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::ThumbnailUpload => &[UPLOAD_IDS],
        _ => &[],
    }
}

/// Reads the response of a poll. `key` is what [`Start::Key`] or [`Start::Query`] held.
pub(super) fn read(
    info: &LongRunningInfo,
    status: StatusCode,
    response: &Value,
    key: Option<&str>,
) -> PollStatus {
    if let Some(lacking) = lacking(info, response) {
        return PollStatus::Unusable(lacking);
    }
    match info.dialect {
        Dialect::Cloud => {
            let result = at(response, info.result);
            envelope(info, response, result, !info.result.is_empty() && !result.is_null())
        }
        Dialect::Analytics if status == StatusCode::ACCEPTED => PollStatus::Pending,
        Dialect::Analytics => envelope(info, response, at(response, info.result), true),
        Dialect::Experiment => envelope(info, &response["operation"], at(response, info.result), false),
        Dialect::Luau => task(response),
        Dialect::Restart => restart(&response["restartStatuses"][key.unwrap_or_default()]),
        Dialect::ThumbnailUpload if !finished(&response["uploadStatus"]) => PollStatus::Pending,
        Dialect::ThumbnailUpload => uploaded(response, key),
    }
}

/// Reads the response of the starting call; `Err` says why it cannot be followed.
pub(super) fn start(info: &LongRunningInfo, status: StatusCode, response: &Value) -> Result<Start, String> {
    match info.dialect {
        Dialect::Cloud | Dialect::Analytics | Dialect::Luau => {
            match read(info, status, response, None) {
                PollStatus::Pending => {}
                over => return Ok(Start::Over(over)),
            }
            text(&response["path"]).map(Start::Path).ok_or_else(|| lacks("`path`", response))
        }
        Dialect::Experiment => {
            match read(info, status, response, None) {
                PollStatus::Pending if info.poll.is_none() => Ok(Start::Repeat),
                PollStatus::Pending => text(&response["operation"]["operationId"]).map(Start::Id).ok_or_else(
                    || match &response["operation"] {
                        Value::Null => lacks("`operation`", response),
                        operation => lacks("`operationId` of its `operation`", operation),
                    },
                ),
                over => Ok(Start::Over(over)),
            }
        }
        Dialect::Restart => match text(&response["id"]) {
            // There was nothing to restart.
            Some(id) if id.chars().all(|c| matches!(c, '0' | '-')) => {
                Ok(Start::Over(PollStatus::Done(json!({}))))
            }
            Some(id) => Ok(Start::Key(id)),
            None => Err(lacks("`id`", response)),
        },
        Dialect::ThumbnailUpload => uploads(response),
    }
}

/// Whether a response is the result itself, where a service may respond so: it says something, and has
/// nothing of an operation.
pub(super) fn is_direct(info: &LongRunningInfo, response: &Value) -> bool {
    let parts = ["done", "error", "response", "metadata", "operationId"];
    let says_something =
        response.as_object().is_some_and(|response| response.values().any(|value| !value.is_null()));
    info.direct && says_something && parts.iter().all(|part| response.get(part).is_none_or(Value::is_null))
}

/// Reads the body of a refused poll: services report a failed operation as a failed request, too.
pub(super) fn failed_request(dialect: Dialect, response: &Value) -> Option<Failure> {
    let envelope = if dialect == Dialect::Experiment { &response["operation"] } else { response };
    let is_operation = is_true(&envelope["done"]) || dialect == Dialect::Analytics;
    (is_operation && envelope["error"].is_object()).then(|| failure(&envelope["error"]))
}

/// What a service says of an operation beside its state.
pub(super) fn metadata(dialect: Dialect, response: &Value, key: Option<&str>) -> Option<Value> {
    let metadata = match dialect {
        Dialect::Cloud | Dialect::Analytics => response["metadata"].clone(),
        Dialect::Experiment => response["operation"].clone(),
        Dialect::Luau | Dialect::Restart => response.clone(),
        Dialect::ThumbnailUpload => with_files(response, key),
    };
    (!metadata.is_null()).then_some(metadata)
}

/// Whether a key is one that the dialect reads responses by, or is not needed.
pub(super) fn admits(dialect: Dialect, key: Option<&str>) -> bool {
    match dialect {
        Dialect::Restart => key.is_some_and(|key| !key.is_empty()),
        Dialect::ThumbnailUpload => key.is_none_or(|key| files(key).is_some()),
        Dialect::Cloud | Dialect::Analytics | Dialect::Experiment | Dialect::Luau => key.is_none(),
    }
}

/// The service's own word for the state, where it has one.
pub(super) fn status(dialect: Dialect, response: &Value) -> Option<String> {
    match dialect {
        Dialect::Luau => text(&response["state"]),
        Dialect::Experiment => text(&response["operation"]["status"]),
        _ => None,
    }
}

/// `done`, `error` and a result. What a missing `done` means depends on the service.
///
/// Done without a result is done where the result has nothing to say, and nothing else is there that says
/// something. Otherwise the service calls it by a name that is not known, and it must not read as empty.
fn envelope(info: &LongRunningInfo, envelope: &Value, result: &Value, silence_is_done: bool) -> PollStatus {
    let done = &envelope["done"];
    let is_done = if done.is_null() { silence_is_done } else { is_true(done) };
    match &envelope["error"] {
        error if !error.is_null() => PollStatus::Failed(failure(error)),
        _ if is_done && result.is_null() && (info.has_result || says_more(envelope)) => {
            PollStatus::Unusable(lacks(&format!("`{}`", info.result.join(".")), envelope))
        }
        _ if is_done => PollStatus::Done(result.clone()),
        _ => PollStatus::Pending,
    }
}

fn task(task: &Value) -> PollStatus {
    match task["state"].as_str() {
        Some("COMPLETE") => PollStatus::Done(task.clone()),
        Some("FAILED") => PollStatus::Failed(failure(&task["error"])),
        Some("CANCELLED") => PollStatus::Failed(Failure {
            code: Some("CANCELLED".to_owned()),
            message: "the task was cancelled".to_owned(),
            details: None,
        }),
        _ => PollStatus::Pending,
    }
}

/// A restart has no failure; one that is not listed (yet) is not done.
fn restart(restart: &Value) -> PollStatus {
    let places = restart["placeRestartStatuses"].as_object().filter(|places| !places.is_empty());
    let is_done = places
        .is_some_and(|places| places.values().all(|place| place["state"].as_str() == Some("SUCCEEDED")));
    if is_done { PollStatus::Done(restart.clone()) } else { PollStatus::Pending }
}

fn uploads(response: &Value) -> Result<Start, String> {
    let files =
        response[UPLOAD_FILES].as_object().ok_or_else(|| lacks(&format!("`{UPLOAD_FILES}`"), response))?;
    let ids: Vec<String> = files.values().filter_map(text).collect();
    if ids.is_empty() {
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        return Ok(Start::Over(PollStatus::Failed(Failure {
            code: None,
            message: format!("no file was accepted: {}", names.join(", ")),
            details: None,
        })));
    }
    Ok(Start::Query(UPLOAD_IDS, ids, response[UPLOAD_FILES].to_string()))
}

/// The operation id of each file, from the key.
fn files(key: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(key).ok()
}

/// A response of uploads, and which of them is of which file: that only the first response says.
fn with_files(response: &Value, key: Option<&str>) -> Value {
    let mut response = response.clone();
    if let (Some(response), Some(files)) = (response.as_object_mut(), key.and_then(files)) {
        response.entry(UPLOAD_FILES).or_insert(files.into());
    }
    response
}

/// Uploads that are finished. The result says nothing of files that were not accepted, and a part
/// must not be taken for the whole.
fn uploaded(response: &Value, key: Option<&str>) -> PollStatus {
    let files = key.and_then(files).unwrap_or_default();
    let refused: Vec<&str> =
        files.iter().filter(|(_, id)| text(id).is_none()).map(|(name, _)| name.as_str()).collect();
    if refused.is_empty() {
        return PollStatus::Done(response.clone());
    }
    PollStatus::Failed(Failure {
        code: None,
        message: format!("not all files were accepted, namely not {}", refused.join(", ")),
        details: Some(with_files(response, key)),
    })
}

fn finished(status: &Value) -> bool {
    matches!(text(status).as_deref(), Some("2" | "Finished"))
}

/// The shapes of an operation's error: `code` and `message`, or those of experiments.
fn failure(error: &Value) -> Failure {
    let first = |names: &[&str]| names.iter().find_map(|name| text(&error[*name]));
    Failure {
        code: first(&["code", "errorCode", "errorType"]),
        message: first(&["message", "errorMessage"])
            .or_else(|| text(error))
            .unwrap_or_else(|| "the service does not say why".to_owned()),
        details: error.get("details").filter(|details| !details.is_null()).cloned(),
    }
}

/// The members that every envelope may have.
const ENVELOPE: &[&str] = &["path", "done", "error", "metadata", "response"];

/// Says what a response lacks that has nothing of the dialect, and content under other names: it would be taken
/// for an operation that is not done, until the deadline.
fn lacking(info: &LongRunningInfo, response: &Value) -> Option<String> {
    let known = match info.dialect {
        // The result itself, perhaps.
        _ if info.direct => return None,
        Dialect::Cloud | Dialect::Analytics => ENVELOPE,
        Dialect::Experiment => &["operation"],
        Dialect::Luau => &["path", "state"],
        Dialect::Restart => &["restartStatuses"],
        Dialect::ThumbnailUpload => &["uploadStatus"],
    };
    let has_nothing = known.iter().all(|name| response[*name].is_null());
    (has_nothing && says_more(response)).then(|| lacks(&format!("`{}`", known.join("` and `")), response))
}

/// Whether an envelope has content besides what every envelope has.
fn says_more(envelope: &Value) -> bool {
    let has_content = |value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    };
    let members = envelope.as_object().into_iter().flatten();
    members.filter(|(name, _)| !ENVELOPE.contains(&name.as_str())).any(|(_, value)| has_content(value))
}

/// What a response lacks, and what it has.
fn lacks(what: &str, response: &Value) -> String {
    let found = response.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    format!("the response lacks {what}; {}", crate::wire::decode::names(found, 0))
}

fn at<'a>(response: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(response, |value, name| &value[*name])
}

fn is_true(value: &Value) -> bool {
    value.as_bool().or_else(|| Some(value.as_str()?.eq_ignore_ascii_case("true"))).unwrap_or(false)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static POLL: &crate::OperationInfo = &super::super::route::testing::POLL;

    fn info(dialect: Dialect, result: &'static [&'static str]) -> LongRunningInfo {
        LongRunningInfo {
            dialect,
            base: "/",
            poll: Some(POLL),
            paths: &[],
            result,
            direct: false,
            query: &[],
            expects: crate::spec::ExpectedFields { main: None, is_single: false, required: &[] },
            has_result: false,
            overdue: None,
        }
    }

    fn failed(code: &str, message: &str) -> PollStatus {
        PollStatus::Failed(Failure {
            code: Some(code.to_owned()).filter(|code| !code.is_empty()),
            message: message.to_owned(),
            details: None,
        })
    }

    fn unusable(why: &str) -> PollStatus {
        PollStatus::Unusable(why.to_owned())
    }

    /// What, in which dialect, where the result is, status, response, and how it is read.
    type Case = (&'static str, Dialect, &'static [&'static str], u16, Value, PollStatus);

    #[test]
    fn each_dialect_is_read() {
        use Dialect::*;
        use PollStatus::{Done, Pending};
        let experiment: &[&str] = &["operation", "experiment"];
        let restarts = |state: &str| {
            json!({ "restartStatuses": { "r": { "placeRestartStatuses": {
            "1": { "state": "SUCCEEDED" }, "2": { "state": state },
        } } } })
        };
        let cases: Vec<Case> = vec![
            ("only a path", Cloud, &["response"], 200, json!({ "path": "operations/1" }), Pending),
            (
                "done",
                Cloud,
                &["response"],
                200,
                json!({ "done": true, "response": { "a": 1 } }),
                Done(json!({ "a": 1 })),
            ),
            (
                "done is missing",
                Cloud,
                &["response"],
                200,
                json!({ "response": { "a": 1 } }),
                Done(json!({ "a": 1 })),
            ),
            ("done and nothing", Cloud, &["response"], 200, json!({ "done": true }), Done(Value::Null)),
            (
                "done, and the result under another name",
                Cloud,
                &["response"],
                200,
                json!({ "done": true, "result": { "a": 1 } }),
                unusable("the response lacks `response`; it has `done`, `result`"),
            ),
            (
                "wrapped",
                Cloud,
                &["response"],
                200,
                json!({ "data": { "done": true } }),
                unusable(
                    "the response lacks `path` and `done` and `error` and `metadata` and `response`; it has `data`",
                ),
            ),
            (
                "a wrapped task",
                Luau,
                &[],
                200,
                json!({ "task": { "state": "COMPLETE" } }),
                unusable("the response lacks `path` and `state`; it has `task`"),
            ),
            (
                "an experiment under another name",
                Experiment,
                experiment,
                200,
                json!({ "change": { "done": true } }),
                unusable("the response lacks `operation`; it has `change`"),
            ),
            ("not done", Cloud, &["response"], 200, json!({ "done": false, "response": {} }), Pending),
            (
                "failed",
                Cloud,
                &["response"],
                200,
                json!({ "done": true, "error": { "code": 422, "message": "big" } }),
                failed("422", "big"),
            ),
            (
                "failed and not done",
                Cloud,
                &["response"],
                200,
                json!({ "error": {} }),
                failed("", "the service does not say why"),
            ),
            ("202", Analytics, &["response"], 202, json!({ "done": true }), Pending),
            (
                "200",
                Analytics,
                &["response"],
                200,
                json!({ "response": { "values": [] } }),
                Done(json!({ "values": [] })),
            ),
            ("200 but not done", Analytics, &["response"], 200, json!({ "done": false }), Pending),
            (
                "an experiment",
                Experiment,
                experiment,
                200,
                json!({ "operation": { "done": true, "experiment": { "id": 1 } } }),
                Done(json!({ "id": 1 })),
            ),
            (
                "a discarded experiment",
                Experiment,
                &[],
                200,
                json!({ "operation": { "done": true } }),
                Done(json!({ "operation": { "done": true } })),
            ),
            (
                "an experiment on its way to be discarded",
                Experiment,
                &[],
                200,
                json!({ "operation": {} }),
                Pending,
            ),
            (
                "an experiment on its way",
                Experiment,
                experiment,
                200,
                json!({ "operation": { "status": "OPERATIONAL_STATUS_CREATING" } }),
                Pending,
            ),
            (
                "a failed experiment",
                Experiment,
                experiment,
                200,
                json!({ "operation": { "done": true, "error": { "errorType": "T", "errorCode": 7, "errorMessage": "no" } } }),
                failed("7", "no"),
            ),
            ("a queued task", Luau, &[], 200, json!({ "state": "QUEUED" }), Pending),
            ("a task in a state of tomorrow", Luau, &[], 200, json!({ "state": "RESTING" }), Pending),
            (
                "a complete task",
                Luau,
                &[],
                200,
                json!({ "state": "COMPLETE" }),
                Done(json!({ "state": "COMPLETE" })),
            ),
            (
                "a failed task",
                Luau,
                &[],
                200,
                json!({ "state": "FAILED", "error": { "code": "SCRIPT_ERROR", "message": "line 1" } }),
                failed("SCRIPT_ERROR", "line 1"),
            ),
            (
                "a cancelled task",
                Luau,
                &[],
                200,
                json!({ "state": "CANCELLED" }),
                failed("CANCELLED", "the task was cancelled"),
            ),
            ("a restart that is not listed", Restart, &[], 200, json!({ "restartStatuses": {} }), Pending),
            (
                "a restart without places",
                Restart,
                &[],
                200,
                json!({ "restartStatuses": { "r": { "placeRestartStatuses": {} } } }),
                Pending,
            ),
            ("a restart on its way", Restart, &[], 200, restarts("RESTARTING"), Pending),
            (
                "a restart",
                Restart,
                &[],
                200,
                restarts("SUCCEEDED"),
                Done(restarts("SUCCEEDED")["restartStatuses"]["r"].clone()),
            ),
            ("uploads", ThumbnailUpload, &[], 200, json!({ "uploadStatus": 1 }), Pending),
            (
                "finished uploads",
                ThumbnailUpload,
                &[],
                200,
                json!({ "uploadStatus": 2 }),
                Done(json!({ "uploadStatus": 2 })),
            ),
            (
                "uploads finished in a word",
                ThumbnailUpload,
                &[],
                200,
                json!({ "uploadStatus": "Finished" }),
                Done(json!({ "uploadStatus": "Finished" })),
            ),
        ];
        for (what, dialect, result, status, response, reading) in cases {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(read(&info(dialect, result), status, &response, Some("r")), reading, "{what}");
        }
    }

    #[test]
    fn what_was_started_is_found() {
        use Dialect::*;
        let repeated = LongRunningInfo { poll: None, ..info(Experiment, &[]) };
        let zero = "00000000-0000-0000-0000-000000000000";
        for (what, info, response, start) in [
            (
                "a path",
                info(Cloud, &["response"]),
                json!({ "path": "operations/1" }),
                Start::Path("operations/1".to_owned()),
            ),
            (
                "done at once",
                info(Cloud, &["response"]),
                json!({ "done": true }),
                Start::Over(PollStatus::Done(Value::Null)),
            ),
            ("a task", info(Luau, &[]), json!({ "path": "tasks/1" }), Start::Path("tasks/1".to_owned())),
            (
                "an experiment",
                info(Experiment, &[]),
                json!({ "operation": { "operationId": "o" } }),
                Start::Id("o".to_owned()),
            ),
            ("an experiment without id", repeated, json!({ "operation": {} }), Start::Repeat),
            ("a restart", info(Restart, &[]), json!({ "id": "r-1" }), Start::Key("r-1".to_owned())),
            (
                "nothing to restart",
                info(Restart, &[]),
                json!({ "id": zero }),
                Start::Over(PollStatus::Done(json!({}))),
            ),
            (
                "uploads",
                info(ThumbnailUpload, &[]),
                json!({ "fileToOperationIdDict": { "a.png": "1", "b.png": null, "c.png": "3" } }),
                Start::Query(
                    "operationIds",
                    vec!["1".to_owned(), "3".to_owned()],
                    r#"{"a.png":"1","b.png":null,"c.png":"3"}"#.to_owned(),
                ),
            ),
            (
                "refused uploads",
                info(ThumbnailUpload, &[]),
                json!({ "fileToOperationIdDict": { "a.png": null } }),
                Start::Over(failed("", "no file was accepted: a.png")),
            ),
        ] {
            assert_eq!(super::start(&info, StatusCode::OK, &response), Ok(start), "{what}");
        }
        for dialect in [Cloud, Experiment, Restart, ThumbnailUpload, Luau] {
            assert!(
                super::start(&info(dialect, &["response"]), StatusCode::OK, &json!({})).is_err(),
                "{dialect:?}"
            );
        }
    }

    #[test]
    fn a_refused_poll_may_report_a_failed_operation() {
        let error = json!({ "code": 3000, "message": "too large" });
        let failure =
            Failure { code: Some("3000".to_owned()), message: "too large".to_owned(), details: None };
        for (dialect, response, expected) in [
            (Dialect::Analytics, json!({ "path": "p", "done": true, "error": error }), Some(&failure)),
            (Dialect::Analytics, json!({ "error": error }), Some(&failure)),
            (Dialect::Analytics, json!({ "errors": [error] }), None),
            (Dialect::Cloud, json!({ "done": true, "error": error }), Some(&failure)),
            (Dialect::Cloud, json!({ "error": error }), None),
            (Dialect::Experiment, json!({ "operation": { "done": true, "error": error } }), Some(&failure)),
            (Dialect::Cloud, Value::Null, None),
        ] {
            assert_eq!(failed_request(dialect, &response).as_ref(), expected, "{dialect:?} {response}");
        }
    }
}
