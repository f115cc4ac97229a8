//! What happens to a request: it is authorised, checked, applied and recorded.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::answer::Answer;
use crate::behaviour::Handler;
use crate::call::{Call, Outcome, Reply};
use crate::control;
use crate::document::{Document, Match, Operation};
use crate::failure::Failure;
use crate::identity::{self, ApiKey, OAuthApp};
use crate::request::{RequestParts, query_pairs};
use crate::server::traffic::{Entry, Traffic};
use crate::state::State;
use crate::synth;
use crate::validate::{Violation, validate_request, validate_wire};

pub(crate) const API_KEY: &str = "x-api-key";

/// What all connections share.
pub(crate) struct Inner {
    pub(crate) document: &'static Document,
    pub(super) handlers: HashMap<String, Handler>,
    pub(super) state: Mutex<State>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) base_url: String,
    pub(super) api_keys: Vec<ApiKey>,
    pub(super) oauth_apps: Vec<OAuthApp>,
    pub(super) strict: bool,
    pub(super) body_limit: usize,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

/// A request, read to its end.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where it comes from.
    pub(crate) peer: IpAddr,
}

impl Incoming {
    /// Percent-encoded, without the query.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.uri.query()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers hold credentials, and queries and bodies what is not ours to show.
        write!(f, "{} {}", self.method, self.path())
    }
}

/// What came of a request.
struct Served {
    reply: Reply,
    violations: Vec<Violation>,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything is forgotten, apart from the time.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        *state = State::new(state.clock.clone());
        self.introduce(&mut state);
        self.traffic.clear();
    }

    /// Makes the keys and apps known that the emulator was started with.
    pub(super) fn introduce(&self, state: &mut State) {
        let now = state.clock.now();
        self.api_keys.iter().for_each(|key| state.identity.keys.add(key.clone(), now));
        self.oauth_apps.iter().for_each(|app| state.identity.oauth.apps.add(app.clone()));
    }

    /// What anybody may know of a user, if there is such a user.
    pub(crate) fn user(&self, id: u64) -> Option<serde_json::Value> {
        let request = Incoming {
            method: Method::GET,
            uri: format!("/cloud/v2/users/{id}").parse().ok()?,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let found = self.document.find(request.method.as_str(), request.path())?;
        let reply = self.dispatch(&found, &request).ok()?;
        serde_json::from_slice(&reply.body).ok()
    }

    pub(crate) async fn answer(&self, request: Incoming) -> Answer {
        if let Some((route, rest)) = control::find(&request) {
            let began = Instant::now();
            let answer = (route.handler)(self, &request, rest);
            if identity::redact::concerns(request.path()) {
                let served = Served { reply: identity::redact::reply(&answer), violations: Vec::new() };
                self.record(request, None, &served, began);
            }
            return answer;
        }
        let began = Instant::now();
        let found = self.document.find(request.method.as_str(), request.path());
        let served = self.serve(found.as_ref(), &request);
        let operation = found.map(|found| found.operation);
        self.record(request, operation, &served, began);
        served.reply.into()
    }

    fn serve(&self, found: Option<&Match<'_>>, request: &Incoming) -> Served {
        let mut violations = Vec::new();
        let outcome = match found {
            None => {
                let message = format!("There is nothing at {} {}.", request.method, request.path());
                Err(Failure::no_route(message))
            }
            Some(found) => identity::authorize(self, found, request)
                .and_then(|()| {
                    violations = self.check(found.operation, request);
                    self.refuse(&violations)
                })
                .and_then(|()| self.dispatch(found, request)),
        };
        let reply = outcome.unwrap_or_else(|failure| failure.reply(request.path()));
        Served { reply, violations }
    }

    fn check(&self, operation: &Operation, request: &Incoming) -> Vec<Violation> {
        let parts = RequestParts {
            path: request.path(),
            query: request.query(),
            headers: &request.headers,
            body: &request.body,
        };
        let mut violations = validate_wire(operation, &request.headers, &request.body);
        violations.extend(validate_request(self.document, operation, &parts));
        violations
    }

    fn refuse(&self, violations: &[Violation]) -> Result<(), Failure> {
        if !self.strict || violations.is_empty() {
            return Ok(());
        }
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        Err(Failure::invalid(violations.join("; ")))
    }

    fn dispatch(&self, found: &Match<'_>, request: &Incoming) -> Outcome {
        let query = query_pairs(request.query().unwrap_or_default());
        let mut state = self.state();
        let call = Call {
            document: self.document,
            operation: found.operation,
            params: &found.params,
            path: request.path(),
            query: &query,
            headers: &request.headers,
            body: &request.body,
            base_url: &self.base_url,
            now: state.clock.now(),
        };
        match self.handlers.get(&found.operation.id) {
            Some(handler) => handler(&mut state, &call),
            None => synth::answer(&mut state, &call),
        }
    }

    fn record(
        &self,
        request: Incoming,
        operation: Option<&'static Operation>,
        served: &Served,
        began: Instant,
    ) {
        let time = self.state().clock.now();
        let request = identity::redact::request(request);
        self.traffic.push(Entry {
            number: 0,
            request,
            operation,
            violations: served.violations.clone(),
            status: served.reply.status,
            fault: None,
            answer_content_type: served.reply.content_type.clone(),
            answer_body: served.reply.body.clone(),
            time,
            duration: began.elapsed(),
            checked: OnceLock::new(),
        });
    }
}
