//! The emulator's time.

use jiff::SignedDuration;
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

/// `{"advance":"90s"}` moves time ahead; also `16m`, `1h 30m` and `2d`.
fn advance(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let by = body.get("advance").and_then(Value::as_str);
    let by = by.and_then(read_time).and_then(|by| by.try_into().ok());
    let form = "The body must be of the form {\"advance\":\"90s\"}; 16m, 1h 30m and 2d are times as well.";
    let by = by.ok_or_else(|| Failure::invalid(form))?;
    let mut state = inner.state();
    state.clock.advance(by);
    Ok(Response::json(told(&state.clock)).into())
}

/// A length of time as the API writes it, or as people do.
fn read_time(text: &str) -> Option<SignedDuration> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()) {
        return Some(SignedDuration::from_hours(i64::from(days) * 24));
    }
    read_duration(text).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90s", 90), ("16m", 960), ("2h", 7_200), ("1h 30m", 5_400), ("2d", 172_800), ("-5s", -5)]
        {
            assert_eq!(read_time(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "16", "m", "soon", "99999999999d"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }
}
