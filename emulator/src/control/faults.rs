//! The faults that are in force.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Reply;
use crate::control::{Route, Routes};
use crate::failure::Failure;
use crate::faults::Fault;
use crate::server::{Incoming, Inner};

pub(super) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/faults", list),
    Route::reads("POST", "/__emulator/faults", add),
    Route::reads("DELETE", "/__emulator/faults", clear),
    Route::reads("DELETE", "/__emulator/faults/*", remove),
];

fn list(inner: &Inner, _: &Incoming, _: &str) -> Answer {
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
    Reply::json(json!({ "faults": rules })).into()
}

/// `{"fault":"users.get=503,count=2"}` puts one in force.
fn add(inner: &Inner, request: &Incoming, _: &str) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let refused = |message: String| Failure::invalid(message).reply(request.path()).into();
    let Some(text) = body.get("fault").and_then(Value::as_str) else {
        return refused("The body must be of the form {\"fault\":\"users.get=503,count=2\"}.".to_owned());
    };
    let fault: Fault = match text.parse() {
        Ok(fault) => fault,
        Err(error) => return refused(error.to_string()),
    };
    let written = fault.to_string();
    match inner.faults.add(inner.document, fault) {
        Ok(number) => Reply::json(json!({ "number": number, "fault": written })).into(),
        Err(error) => refused(error.to_string()),
    }
}

fn clear(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    inner.faults.clear();
    Reply::empty(204).into()
}

fn remove(inner: &Inner, request: &Incoming, number: &str) -> Answer {
    if number.parse().is_ok_and(|number| inner.faults.remove(number)) {
        return Reply::empty(204).into();
    }
    Failure::no_route(format!("There is no fault {number}.")).reply(request.path()).into()
}
