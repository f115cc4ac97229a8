//! The latest requests.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Reply;
use crate::control::{Route, Routes};
use crate::failure::Failure;
use crate::request::query_pairs;
use crate::server::{Incoming, Inner, Recorded};

pub(super) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/requests", list),
    Route::reads("DELETE", "/__emulator/requests", clear),
];

/// `?after=N` leaves out those up to number N.
fn list(inner: &Inner, request: &Incoming, _: &str) -> Answer {
    let mut after = 0;
    for (name, value) in query_pairs(request.query().unwrap_or_default()) {
        match (name.as_str(), value.parse()) {
            ("after", Ok(number)) => after = number,
            ("after", Err(_)) => {
                return Failure::invalid("after must be a number.").reply(request.path()).into();
            }
            _ => {}
        }
    }
    let entries = inner.traffic.after(after);
    let requests: Vec<_> = entries.iter().map(|entry| recorded(&entry.recorded(inner.document))).collect();
    Reply::json(json!({ "requests": requests })).into()
}

fn clear(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    inner.traffic.clear();
    Reply::empty(204).into()
}

/// A request as JSON, without credentials.
pub(crate) fn recorded(request: &Recorded) -> Value {
    let list = |violations: &[crate::Violation]| -> Vec<String> {
        violations.iter().map(ToString::to_string).collect()
    };
    let headers: serde_json::Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut json = json!({
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": headers,
        "operation": request.operation,
        "violations": list(&request.violations),
        "notes": list(&request.notes),
        "status": request.status,
        "fault": request.fault,
        "answerContentType": request.answer_content_type,
        "answerViolations": list(&request.answer_violations),
        "number": request.number,
        "time": request.time,
        "milliseconds": request.duration.as_secs_f64() * 1_000.0,
    });
    for (name, body) in [("body", &request.body), ("answerBody", &request.answer_body)] {
        match std::str::from_utf8(body) {
            Ok(text) => json[name] = json!(text),
            Err(_) => json[format!("{name}Base64")] = json!(crate::schema::encode_base64(body)),
        }
    }
    json
}
