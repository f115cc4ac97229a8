//! How an endpoint of the emulator itself is declared.

use http::Method;

use crate::api::Failure;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

/// The text is what the `*` of the route stands for, or empty.
pub(crate) type Handler = fn(&Inner, &Incoming, &str) -> Result<WireResponse, Failure>;

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
    /// As `Change`, whatever the response is.
    ChangeEvenIfRefused,
    /// The whole state is another one.
    Replacement,
}

pub(crate) type Routes = &'static [Route];

impl Route {
    pub(crate) const fn reads(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { method, path, handler, effect: Effect::None }
    }

    pub(crate) const fn changes(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { effect: Effect::Change, ..Route::reads(method, path, handler) }
    }

    /// As `changes`, whatever the response is.
    pub(crate) const fn always_changes(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { effect: Effect::ChangeEvenIfRefused, ..Route::reads(method, path, handler) }
    }

    pub(crate) const fn replaces(method: &'static str, path: &'static str, handler: Handler) -> Route {
        Route { effect: Effect::Replacement, ..Route::reads(method, path, handler) }
    }

    /// What the `*` of the route stands for, if the request is for it.
    pub(crate) fn fits<'a>(&self, request: &'a Incoming) -> Option<&'a str> {
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
