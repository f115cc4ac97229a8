//! The endpoints that are not operations of the document: those of the emulator itself, and identity.

use serde_json::json;

use crate::api::{Failure, Response, rfc3339};
use crate::control::route::{Route, Routes};
use crate::control::{clock, faults, files, messages, requests, state, visitor};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;
use crate::{dashboard, identity};

const AREAS: &[Routes] = &[
    ROUTES,
    clock::ROUTES,
    dashboard::ROUTES,
    faults::ROUTES,
    files::ROUTES,
    identity::routes::ROUTES,
    identity::control::ROUTES,
    messages::ROUTES,
    requests::ROUTES,
    state::ROUTES,
];

const ROUTES: Routes = &[Route::reads("GET", "/__emulator/health", health)];

/// Responds when no other route does.
const NOTHING: Route = Route::reads("", "", nothing);

/// The endpoint that a request is for, and what the `*` of its route stands for; none if it is for the API.
pub(super) fn find(request: &Incoming) -> Option<(&'static Route, &str)> {
    let mut routes = AREAS.iter().flat_map(|routes| routes.iter());
    let found = routes.find_map(|route| Some((route, route.fits(request)?)));
    found.or_else(|| is_own(request).then_some((&NOTHING, "")))
}

/// What a web page of another site is told, which must not reach the emulator. What is applied again was let in before.
pub(super) fn refusal(request: &Incoming) -> Option<Failure> {
    let message = if let Some(name) = visitor::strange_name(request) {
        format!(
            "The emulator is not called '{name}': a name that anybody can register may be a web page's trick. \
             Call it 127.0.0.1, localhost, or by a name without dots."
        )
    } else if is_own(request) && visitor::is_from_another_site(request) {
        "Pages of other sites must not change the emulator.".to_owned()
    } else {
        return None;
    };
    Some(Failure::permission_denied(message))
}

fn is_own(request: &Incoming) -> bool {
    request.path().starts_with("/__emulator")
}

fn nothing(_: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    Err(Failure::no_route(format!("There is nothing at {} {}.", request.method, request.path())))
}

fn health(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let now = inner.state().clock.now();
    let operations = inner.document.operations().len();
    Ok(Response::json(json!({ "status": "ok", "operations": operations, "time": rfc3339(now) })).into())
}
