//! The emulator's time.

use serde_json::{Value, json};

use crate::api::{Failure, Response, rfc3339};
use crate::clock::Clock;
use crate::control::route::{Route, Routes};
use crate::document::read_duration;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes =
    &[Route::reads("GET", "/__emulator/clock", show), Route::changes("POST", "/__emulator/clock", advance)];

fn show(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let state = inner.state();
    Ok(Response::json(told(&state.clock)).into())
}

/// What a clock shows.
pub(crate) fn told(clock: &Clock) -> Value {
    json!({ "time": rfc3339(clock.now()), "speed": clock.speed(), "frozen": clock.is_frozen() })
}

/// `{"advance":"90s"}` moves time ahead.
fn advance(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let by = body.get("advance").and_then(Value::as_str);
    let by = by.and_then(read_duration).and_then(|by| by.try_into().ok());
    let by = by.ok_or_else(|| Failure::invalid("The body must be of the form {\"advance\":\"90s\"}."))?;
    let mut state = inner.state();
    state.clock.advance(by);
    Ok(Response::json(told(&state.clock)).into())
}
