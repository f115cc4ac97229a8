//! The whole state as JSON.

use crate::answer::Answer;
use crate::call::Reply;
use crate::control::{Route, Routes};
use crate::failure::Failure;
use crate::server::{Incoming, Inner};

pub(super) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/state", dump),
    Route::reads("GET", "/__emulator/state/*", inspect),
    Route::replaces("PUT", "/__emulator/state", load),
    Route::replaces("POST", "/__emulator/reset", reset),
];

fn dump(inner: &Inner, request: &Incoming, _: &str) -> Answer {
    let mut dumped = Vec::new();
    match inner.dump(&mut dumped) {
        Ok(()) => Reply::content("application/json", dumped).into(),
        Err(error) => Failure::of_status(500, error.to_string()).reply(request.path()).into(),
    }
}

/// One section, or what is in it: `/__emulator/state/dataStores/universes/2001`.
fn inspect(inner: &Inner, request: &Incoming, path: &str) -> Answer {
    let path: Vec<_> = path.split('/').collect();
    match inner.inspect(&path) {
        Some(value) => Reply::json(value).into(),
        None => Failure::no_route("The state has nothing there.").reply(request.path()).into(),
    }
}

/// Takes what `GET` gave; sections that are missing are as they are after a reset.
fn load(inner: &Inner, request: &Incoming, _: &str) -> Answer {
    match inner.load(&request.body[..]) {
        Ok(()) => Reply::empty(204).into(),
        Err(error) => {
            let message = format!("The state cannot be loaded: {error}.");
            Failure::invalid(message).reply(request.path()).into()
        }
    }
}

fn reset(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    inner.reset();
    Reply::empty(204).into()
}
