//! The messages that were published to live servers.

use serde_json::json;

use crate::api::{Failure, Response};
use crate::control::route::{Route, Routes};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[Route::reads("GET", "/__emulator/messages", list)];

fn list(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    Ok(Response::json(json!({ "messages": inner.state().messages.published })).into())
}
