//! The latest requests.

use serde_json::{Value, json};

use crate::api::{Failure, Response};
use crate::control::route::{Route, Routes};
use crate::document::{Violation, encode_base64, query_pairs};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::inner::traffic::Recorded;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/requests", list),
    Route::reads("DELETE", "/__emulator/requests", clear),
];

/// `?after=N` leaves out those up to number N.
fn list(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let mut after = 0;
    for (name, value) in query_pairs(request.query().unwrap_or_default()) {
        match (name.as_str(), value.parse()) {
            ("after", Ok(number)) => after = number,
            ("after", Err(_)) => return Err(Failure::invalid("after must be a number.")),
            _ => {}
        }
    }
    let entries = inner.traffic.after(after);
    let requests: Vec<_> = entries.iter().map(|entry| recorded(&entry.recorded(inner.document))).collect();
    Ok(Response::json(json!({ "requests": requests })).into())
}

fn clear(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.traffic.clear();
    Ok(Response::empty(204).into())
}

/// A request as JSON, without credentials.
pub(crate) fn recorded(request: &Recorded) -> Value {
    let list =
        |violations: &[Violation]| -> Vec<String> { violations.iter().map(ToString::to_string).collect() };
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
        "responseContentType": request.response_content_type,
        "responseViolations": list(&request.response_violations),
        "number": request.number,
        "time": request.time,
        "milliseconds": request.duration.as_secs_f64() * 1_000.0,
    });
    for (name, body) in [("body", &request.body), ("responseBody", &request.response_body)] {
        match std::str::from_utf8(body) {
            Ok(text) => json[name] = json!(text),
            Err(_) => json[format!("{name}Base64")] = json!(encode_base64(body)),
        }
    }
    json
}
