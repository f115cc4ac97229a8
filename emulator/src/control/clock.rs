//! The emulator's time.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Reply;
use crate::clock::{Clock, rfc3339, seconds};
use crate::control::{Route, Routes};
use crate::failure::Failure;
use crate::server::{Incoming, Inner};

pub(super) const ROUTES: Routes =
    &[Route::reads("GET", "/__emulator/clock", show), Route::changes("POST", "/__emulator/clock", advance)];

fn show(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    let state = inner.state();
    Reply::json(told(&state.clock)).into()
}

/// What a clock shows.
pub(crate) fn told(clock: &Clock) -> Value {
    json!({ "time": rfc3339(clock.now()), "speed": clock.speed(), "frozen": clock.is_frozen() })
}

/// `{"advance":"90s"}` moves time ahead.
fn advance(inner: &Inner, request: &Incoming, _: &str) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let by = body.get("advance").and_then(Value::as_str);
    let by = by.and_then(seconds).and_then(|by| by.try_into().ok());
    let Some(by) = by else {
        let message = "The body must be of the form {\"advance\":\"90s\"}.";
        return Failure::invalid(message).reply(request.path()).into();
    };
    let mut state = inner.state();
    state.clock.advance(by);
    Reply::json(told(&state.clock)).into()
}
