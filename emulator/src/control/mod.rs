//! `/__emulator/`: what a test or a person asks of the emulator itself. It needs no key.
//!
//! A new endpoint is a line in the `ROUTES` of a file here, or of any module that is listed in `AREAS`.

use http::Method;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::dashboard;
use crate::failure::Failure;
use crate::identity;
use crate::server::{Incoming, Inner};

pub(crate) mod clock;
mod faults;
mod files;
mod messages;
pub(crate) mod requests;
mod state;
pub(crate) mod visitor;

/// The text is what the `*` of the route stands for, or empty.
pub(crate) type Handler = fn(&Inner, &Incoming, &str) -> Answer;

/// One of the emulator's own endpoints.
pub(crate) struct Route {
    /// In capitals.
    method: &'static str,
    /// A whole path, or the beginning of one with a `*` at its end. More than `/__emulator/` is possible.
    path: &'static str,
    pub(crate) handler: Handler,
    pub(crate) effect: Effect,
}

/// What a request to an endpoint does to the state, which says how that is kept in a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    /// A change that the same request makes again.
    Change,
    /// As `Change`, whatever the answer is.
    ChangeEvenIfRefused,
    /// The whole state is another one.
    Replacement,
}

pub(crate) type Routes = &'static [Route];

const AREAS: &[Routes] = &[
    ROUTES,
    clock::ROUTES,
    dashboard::ROUTES,
    faults::ROUTES,
    files::ROUTES,
    identity::ROUTES,
    identity::control::ROUTES,
    messages::ROUTES,
    requests::ROUTES,
    state::ROUTES,
];

const ROUTES: Routes = &[Route::reads("GET", "/__emulator/health", health)];

/// Answers when no other route does.
const NOTHING: Route = Route::reads("", "", nothing);

impl Route {
    pub(crate) const fn reads(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { method, path, handler, effect: Effect::None }
    }

    pub(crate) const fn changes(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { method, path, handler, effect: Effect::Change }
    }

    /// As `changes`, whatever the answer is.
    pub(crate) const fn always_changes(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { method, path, handler, effect: Effect::ChangeEvenIfRefused }
    }

    pub(crate) const fn replaces(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { method, path, handler, effect: Effect::Replacement }
    }

    /// What the `*` of the route stands for, if the request is for it.
    fn fits<'a>(&self, request: &'a Incoming) -> Option<&'a str> {
        // What only shows something can be asked for without its content.
        let method = if request.method == Method::HEAD { "GET" } else { request.method.as_str() };
        if method != self.method {
            return None;
        }
        match self.path.strip_suffix('*') {
            Some(beginning) => request.path().strip_prefix(beginning),
            None => (request.path() == self.path).then_some(""),
        }
    }
}

/// The endpoint that a request is for, and what the `*` of its route stands for; none if it is for the API.
pub(crate) fn find(request: &Incoming) -> Option<(&'static Route, &str)> {
    let mut routes = AREAS.iter().flat_map(|routes| routes.iter());
    let found = routes.find_map(|route| Some((route, route.fits(request)?)));
    found.or_else(|| is_own(request).then_some((&NOTHING, "")))
}

/// What a web page of another site is told, which must not reach the emulator. What is applied again was let in before.
pub(crate) fn refusal(request: &Incoming) -> Option<Answer> {
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
    Some(Failure::permission_denied(message).reply(request.path()).into())
}

fn is_own(request: &Incoming) -> bool {
    request.path().starts_with("/__emulator")
}

fn nothing(_: &Inner, request: &Incoming, _: &str) -> Answer {
    let message = format!("There is nothing at {} {}.", request.method, request.path());
    Failure::no_route(message).reply(request.path()).into()
}

fn health(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    let now = inner.state().clock.now();
    let health = json!({
        "status": "ok",
        "operations": inner.document.operations().len(),
        "time": rfc3339(now),
    });
    Reply::json(health).into()
}
