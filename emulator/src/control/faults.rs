//! The faults that are in force.

use serde_json::{Value, json};

use crate::api::{Failure, Response};
use crate::control::route::{Route, Routes};
use crate::faults::{Fault, FaultError};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/faults", list),
    Route::reads("POST", "/__emulator/faults", add),
    Route::reads("DELETE", "/__emulator/faults", clear),
    Route::reads("DELETE", "/__emulator/faults/*", remove),
];

fn list(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let rules = inner.faults.all();
    let rules = rules.iter().map(|rule| {
        json!({
            "number": rule.number,
            "fault": rule.fault.to_string(),
            "matched": rule.matched,
            "played": rule.played,
        })
    });
    let rules: Vec<_> = rules.collect();
    Ok(Response::json(json!({ "faults": rules })).into())
}

/// `{"fault":"users.get=503,count=2"}` puts one in force.
fn add(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let refused = |error: FaultError| Failure::invalid(error.to_string());
    let form = "The body must be of the form {\"fault\":\"users.get=503,count=2\"}.";
    let text = body["fault"].as_str().ok_or_else(|| Failure::invalid(form))?;
    let fault: Fault = text.parse().map_err(refused)?;
    let written = fault.to_string();
    let number = inner.faults.add(inner.document, fault).map_err(refused)?;
    Ok(Response::json(json!({ "number": number, "fault": written })).into())
}

fn clear(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.faults.clear();
    Ok(Response::empty(204).into())
}

fn remove(inner: &Inner, _: &Incoming, number: &str) -> Result<WireResponse, Failure> {
    if number.parse().is_ok_and(|number| inner.faults.remove(number)) {
        return Ok(Response::empty(204).into());
    }
    Err(Failure::no_route(format!("There is no fault {number}.")))
}
