//! The whole state as JSON.

use crate::api::{Failure, Response};
use crate::control::route::{Route, Routes};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/state", dump),
    Route::reads("GET", "/__emulator/state/*", inspect),
    Route::replaces("PUT", "/__emulator/state", load),
    Route::replaces("POST", "/__emulator/reset", reset),
];

fn dump(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let mut dumped = Vec::new();
    inner.dump(&mut dumped).map_err(|error| Failure::of_status(500, error.to_string()))?;
    Ok(Response::content("application/json", dumped).into())
}

/// One section, or what is in it: `/__emulator/state/dataStores/universes/2001`.
fn inspect(inner: &Inner, _: &Incoming, path: &str) -> Result<WireResponse, Failure> {
    let path: Vec<_> = path.split('/').collect();
    let value = inner.inspect(&path).ok_or_else(|| Failure::no_route("The state has nothing there."))?;
    Ok(Response::json(value).into())
}

/// Takes what `GET` gave; sections that are missing are as they are after a reset.
fn load(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let failed = |error| Failure::invalid(format!("The state cannot be loaded: {error}."));
    inner.load(&request.body[..]).map_err(failed)?;
    Ok(Response::empty(204).into())
}

fn reset(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.reset();
    Ok(Response::empty(204).into())
}
