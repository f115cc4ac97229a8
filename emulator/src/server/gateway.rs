//! What happens to a request: it is authorised, checked, applied and recorded.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;

use crate::answer::Answer;
use crate::behaviour::Handler;
use crate::call::{Call, Outcome, Reply};
use crate::control::{self, Route};
use crate::document::{Document, Match, Operation};
use crate::failure::Failure;
use crate::faults::{By, EdgeServer, Effect, Plan, Rules};
use crate::identity::{self, ApiKey, OAuthApp};
use crate::limits::{self, Limits, Standing};
use crate::listing;
use crate::luau::Scripts;
use crate::request::{RequestParts, query_pairs};
use crate::server::traffic::{Entry, Traffic};
use crate::shapes::Shapes;
use crate::state::State;
use crate::store::{Keeper, Record, Ticket};
use crate::synth;
use crate::tolerance::{self, Names};
use crate::validate::{Violation, validate_found, validate_wire};

pub(crate) const API_KEY: &str = "x-api-key";

/// What all connections share.
pub(crate) struct Inner {
    pub(crate) document: &'static Document,
    pub(super) handlers: HashMap<String, Handler>,
    pub(super) state: Mutex<State>,
    pub(super) keeper: OnceLock<Keeper>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) faults: Rules,
    /// None if they are off.
    pub(super) limits: Option<Limits>,
    pub(crate) base_url: String,
    pub(super) api_keys: Vec<ApiKey>,
    pub(super) oauth_apps: Vec<OAuthApp>,
    pub(super) scripts: Scripts,
    pub(crate) shapes: Shapes,
    pub(super) strictness: Strictness,
    /// After how long keys can no longer be introspected.
    pub(crate) introspection_lifetime: Option<std::time::Duration>,
    pub(super) body_limit: usize,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

/// What happens to a request that breaks the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Strictness {
    /// It is only recorded.
    Lenient,
    /// It is refused, but for query parameters that the operation does not have, as services overlook them.
    #[default]
    Usual,
    /// It is refused, whatever it is.
    Strict,
}

/// A request, read to its end.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where it comes from.
    pub(crate) peer: IpAddr,
    /// Whether its connection has served another request before.
    pub(crate) is_reused: bool,
}

/// The peer of a request that comes from inside the process.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

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
    /// Its status is 0 if nothing is to be answered.
    reply: Reply,
    violations: Vec<Violation>,
    notes: Vec<Violation>,
    ticket: Option<Ticket>,
    time: Timestamp,
}

/// A request of the API, taken apart.
struct Request<'a> {
    incoming: &'a Incoming,
    found: &'a Match<'static>,
    query: Vec<(String, String)>,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.keeper.get()
    }

    /// Makes the keys and apps known that the emulator was started with.
    pub(super) fn introduce(&self, state: &mut State) {
        let now = state.clock.now();
        self.api_keys.iter().for_each(|key| state.identity.keys.introduce(key.clone(), now));
        self.oauth_apps.iter().for_each(|app| state.identity.oauth.apps.introduce(app.clone()));
    }

    /// What anybody may know of a user, if there is such a user.
    pub(crate) fn user(&self, id: u64) -> Option<serde_json::Value> {
        let uri = format!("/cloud/v2/users/{id}").parse().ok()?;
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        let incoming = Incoming { method: Method::GET, uri, headers, body, peer: HERE, is_reused: false };
        let found = self.document.find(incoming.method.as_str(), incoming.path())?;
        let request = Request::new(&incoming, &found);
        let mut state = self.state();
        let now = state.clock.now();
        let reply = self.apply(&mut state, &request, now).ok()?;
        serde_json::from_slice(&reply.body).ok()
    }

    pub(crate) async fn answer(&self, request: Incoming) -> Answer {
        if let Some(refusal) = control::refusal(&request) {
            return refusal;
        }
        if let Some((route, rest)) = control::find(&request) {
            let began = Instant::now();
            let (answer, ticket) = self.own(route, &request, rest);
            if let Some(ticket) = ticket
                && !ticket.kept().await
            {
                return not_kept().reply(request.path()).into();
            }
            if identity::redact::concerns(request.path()) {
                let reply = identity::redact::reply(&answer);
                let time = self.state().clock.now();
                let served = Served::new(reply, time);
                self.record(request, None, served, None, began);
            }
            return answer;
        }
        let began = Instant::now();
        let found = self.document.find(request.method.as_str(), request.path());
        let plan = found.as_ref().map(|found| self.faults.plan(found.operation, request.is_reused));
        let plan = plan.unwrap_or_default();
        if !plan.latency.is_zero() {
            tokio::time::sleep(plan.latency).await;
        }
        let mut served = self.serve(found.as_ref(), &request, &plan);
        if let Some(ticket) = served.ticket.take()
            && !ticket.kept().await
        {
            served.reply = not_kept().reply_in(request.path(), self.shapes);
        }
        let mut reply = served.reply.clone();
        let operation = found.map(|found| found.operation);
        let is_from_edge = matches!(plan.effect, Some(Effect::Html(_)));
        let number = self.record(request, operation, served, plan.text, began);
        if reply.status != 0 && self.shapes.is_live() {
            mark(&mut reply, number, is_from_edge);
        }
        match plan.effect {
            Some(Effect::Stall(time)) => {
                tokio::time::sleep(time).await;
                Answer::Close
            }
            Some(Effect::RefuseStream) => Answer::Refused,
            _ if reply.status == 0 => Answer::Reset,
            Some(Effect::Cut(bytes)) => {
                let bytes = bytes.unwrap_or(reply.body.len() / 2).min(reply.body.len());
                reply.body = reply.body.slice(..bytes);
                reply.into()
            }
            Some(Effect::Truncate(bytes)) => {
                let bytes = bytes.unwrap_or(reply.body.len() / 2);
                Answer::cut(reply, bytes)
            }
            _ => reply.into(),
        }
    }

    /// One of the emulator's own endpoints.
    fn own(&self, route: &Route, request: &Incoming, rest: &str) -> (Answer, Option<Ticket>) {
        let keeper = self.keeper().filter(|_| route.effect != control::Effect::None);
        let _order = keeper.map(Keeper::order);
        let time = self.state().clock.now();
        let answer = (route.handler)(self, request, rest);
        let ticket = keeper.and_then(|keeper| match route.effect {
            control::Effect::ChangeEvenIfRefused => Some(keeper.keep(Record::new(request, time))),
            _ if !answer.is_success() => None,
            control::Effect::Replacement => Some(keeper.keep_all()),
            _ => Some(keeper.keep(Record::new(request, time))),
        });
        (answer, ticket)
    }

    /// As a request to one of the emulator's own endpoints, from inside the process.
    pub(crate) fn tell(&self, request: &Incoming) -> Option<Answer> {
        let (route, rest) = control::find(request)?;
        Some(self.own(route, request, rest).0)
    }

    fn serve(&self, found: Option<&Match<'static>>, incoming: &Incoming, plan: &Plan) -> Served {
        let (time, speed) = {
            let clock = &self.state().clock;
            (clock.now(), clock.speed())
        };
        let path = incoming.path();
        let mut served = Served::new(Reply::empty(0), time);
        let Some(found) = found else {
            let message = format!("There is nothing at {} {path}.", incoming.method);
            served.reply = Failure::no_route(message).reply_in(path, self.shapes);
            return served;
        };
        if let Some(reply) = refusal(plan, found.operation, path, self.shapes) {
            served.reply = reply;
            return served;
        }
        let request = Request::new(incoming, found);
        let mut tolerated = None;
        let mut standing = None;
        let outcome = identity::authorize(self, found, incoming)
            .or_else(|refused| {
                // RL-03: who may not do this uses up the limit all the same.
                let counts = refused.status == 403 && self.shapes.is_live();
                if counts {
                    self.limit(&request, time, &mut standing).and(Err(refused))
                } else {
                    Err(refused)
                }
            })
            .and_then(|()| self.limit(&request, time, &mut standing))
            .and_then(|()| {
                served.violations = self.check(&request);
                if !served.violations.is_empty() {
                    tolerated = self.tolerated(&request, &mut served.violations);
                }
                self.refuse_bodiless(&request)?;
                self.refuse(&served.violations)
            })
            .and_then(|()| match &tolerated {
                Some(plain) => self.deliver(&Request::new(plain, found), plan, &mut served.ticket),
                None => self.deliver(&request, plan, &mut served.ticket),
            });
        let mut reply = outcome.unwrap_or_else(|failure| {
            let reply = failure.reply_in(path, self.shapes);
            served.notes.extend(failure.note.map(|note| *note));
            reply
        });
        // RL-03: what is not there has no limit.
        if let Some(standing) = standing.filter(|_| !(self.shapes.is_live() && reply.status == 404)) {
            let form = limits::Form::of(found.operation);
            reply.headers.extend(standing.headers(self.shapes, form, speed));
        }
        self.count_answer(&request, &reply, time);
        served.reply = ruin(reply, plan, path, self.shapes);
        served
    }

    fn limit(
        &self,
        request: &Request<'_>,
        now: Timestamp,
        standing: &mut Option<Standing>,
    ) -> Result<(), Failure> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        match limits.admit(&self.charges(limits, request), now) {
            Ok(admitted) => {
                *standing = admitted;
                Ok(())
            }
            Err(refusal) => {
                *standing = Some(refusal.standing);
                let message = refusal.message;
                let failure = if refusal.by_gateway {
                    Failure::rate_limited(message.clone())
                } else {
                    Failure::exhausted(message.clone())
                };
                let failure = failure.noting("limit", message);
                Err(match refusal.name {
                    Some(name) => failure.with_detail(name),
                    None => failure,
                })
            }
        }
    }

    fn charges(&self, limits: &Limits, request: &Request<'_>) -> Vec<limits::Charge> {
        let Request { incoming, found, .. } = request;
        limits::charges(&limits::Asked {
            found,
            query: incoming.query(),
            headers: &incoming.headers,
            owner: identity::owner(self, incoming),
            body: incoming.body.len(),
            daily: limits.daily(&found.operation.id),
            shapes: self.shapes,
        })
    }

    /// What an answer gives counts as soon as it is known how much it is.
    fn count_answer(&self, request: &Request<'_>, reply: &Reply, now: Timestamp) {
        if let Some(limits) = &self.limits
            && reply.status < 300
            && let Some((charge, cost)) = limits::afterwards(&self.charges(limits, request), &reply.body)
        {
            limits.spend(charge, cost, now);
        }
    }

    fn check(&self, request: &Request<'_>) -> Vec<Violation> {
        let Request { incoming, found, query } = request;
        let parts = RequestParts {
            path: incoming.path(),
            query: incoming.query(),
            headers: &incoming.headers,
            body: &incoming.body,
        };
        let mut violations = validate_wire(found.operation, &incoming.headers, &incoming.body);
        violations.extend(validate_found(self.document, found.operation, &found.params, query, &parts));
        violations
    }

    /// The request in the form that the document knows, if it has less violations so.
    fn tolerated(&self, request: &Request<'_>, violations: &mut Vec<Violation>) -> Option<Incoming> {
        let Request { incoming, found, .. } = request;
        let mut tolerated = (*incoming).clone();
        let names = match self.strictness {
            Strictness::Strict => Names::ProtocolBuffers,
            _ => Names::AnyCase,
        };
        if let Some(query) = incoming.query() {
            let query = tolerance::query(self.document, found.operation, query, names);
            tolerated.uri = format!("{}?{query}", incoming.path()).parse().ok()?;
        }
        let content_type = incoming.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if let Some(content_type) = content_type
            && let Some((form_type, body)) =
                tolerance::form(self.document, found.operation, content_type, &incoming.body)
                    .or_else(|| tolerance::json(self.document, found.operation, content_type, &incoming.body))
        {
            tolerated.headers.insert(CONTENT_TYPE, form_type.parse().ok()?);
            tolerated.body = body.into();
        }
        if let Some(content_type) = content_type
            && let Some(body) =
                tolerance::body(self.document, found.operation, content_type, &incoming.body, names)
        {
            tolerated.body = body.into();
        }
        let left = self.check(&Request::new(&tolerated, found));
        if left.len() >= violations.len() {
            return None;
        }
        *violations = left;
        Some(tolerated)
    }

    fn refuse(&self, violations: &[Violation]) -> Result<(), Failure> {
        let refused: Vec<_> = match self.strictness {
            Strictness::Lenient => return Ok(()),
            Strictness::Usual => {
                violations.iter().filter(|violation| !violation.may_be_overlooked()).collect()
            }
            Strictness::Strict => violations.iter().collect(),
        };
        if refused.is_empty() {
            return Ok(());
        }
        let refused: Vec<_> = refused.iter().map(|violation| self.words(violation)).collect();
        Err(Failure::invalid(refused.join("; ")))
    }

    /// How the service puts a violation. Of a query parameter that is missing it was seen for the id of a map item
    /// (MS-12), and is taken for all.
    fn words(&self, violation: &Violation) -> String {
        match violation.missing_parameter().filter(|_| self.shapes.is_live()) {
            Some(name) => format!("The {name} field is required."),
            None => violation.to_string(),
        }
    }

    /// Server management finds that a body is of no media type where there is none (SV-11).
    fn refuse_bodiless(&self, request: &Request<'_>) -> Result<(), Failure> {
        let Request { incoming, found, .. } = request;
        let concerns = self.shapes.is_live()
            && self.strictness != Strictness::Lenient
            && incoming.path().starts_with("/server-management/");
        let takes_one = found.operation.body.as_ref().is_some_and(|body| body.required);
        match concerns
            && takes_one
            && incoming.body.is_empty()
            && !incoming.headers.contains_key(CONTENT_TYPE)
        {
            true => Err(Failure::of_status(415, "The request has no body.")),
            false => Ok(()),
        }
    }

    /// Hands the request over, twice if a fault wants that: who sent it sees the first answer.
    fn deliver(&self, request: &Request<'_>, plan: &Plan, ticket: &mut Option<Ticket>) -> Outcome {
        let outcome = self.dispatch(request, ticket);
        if plan.effect == Some(Effect::Duplicate) {
            let _ = self.dispatch(request, ticket);
        }
        outcome
    }

    fn dispatch(&self, request: &Request<'_>, ticket: &mut Option<Ticket>) -> Outcome {
        let keeper = self.keeper();
        let _order = keeper.map(Keeper::order);
        let mut state = self.state();
        let now = state.clock.now();
        let Some(keeper) = keeper else {
            return self.apply(&mut state, request, now);
        };
        let before = state.fingerprint();
        let outcome = self.apply(&mut state, request, now);
        let method = &request.incoming.method;
        if !matches!(*method, Method::GET | Method::HEAD) || state.fingerprint() != before {
            *ticket = Some(keeper.keep(Record::new(request.incoming, now)));
        }
        outcome
    }

    fn apply(&self, state: &mut State, request: &Request<'_>, now: Timestamp) -> Outcome {
        let Request { incoming, found, query } = request;
        let call = Call {
            document: self.document,
            operation: found.operation,
            params: &found.params,
            path: incoming.path(),
            query,
            headers: &incoming.headers,
            body: &incoming.body,
            base_url: &self.base_url,
            scripts: &self.scripts,
            shapes: self.shapes,
            now,
        };
        let outcome = match self.handlers.get(&found.operation.id) {
            Some(handler) => handler(state, &call),
            None => synth::answer(state, &call),
        };
        if self.shapes.is_live() {
            outcome.map(|reply| listing::live(found.operation, reply))
        } else {
            outcome
        }
    }

    /// Applies a request of an earlier time again.
    #[cfg(feature = "sqlite")]
    pub(crate) fn replay(&self, record: &Record) -> Result<(), String> {
        let incoming = record.request().ok_or("one of its requests is none")?;
        self.state().clock.pin(record.time);
        if let Some((route, rest)) = control::find(&incoming) {
            let _ = (route.handler)(self, &incoming, rest);
        } else if let Some(found) = self.document.find(incoming.method.as_str(), incoming.path()) {
            let request = Request::new(&incoming, &found);
            let _ = self.apply(&mut self.state(), &request, record.time);
        }
        Ok(())
    }

    /// Checks and applies a request that nobody has to be asked for, and that is not recorded.
    pub(crate) fn apply_now(&self, incoming: &Incoming) -> Reply {
        let path = incoming.path();
        let Some(found) = self.document.find(incoming.method.as_str(), path) else {
            return Failure::no_route(format!("There is nothing at {} {path}.", incoming.method)).reply(path);
        };
        let request = Request::new(incoming, &found);
        let outcome = self.refuse(&self.check(&request)).and_then(|()| self.dispatch(&request, &mut None));
        outcome.unwrap_or_else(|failure| failure.reply_in(path, self.shapes))
    }

    /// The number that the request has in the record.
    fn record(
        &self,
        request: Incoming,
        operation: Option<&'static Operation>,
        served: Served,
        fault: Option<String>,
        began: Instant,
    ) -> u64 {
        self.traffic.push(Entry {
            number: 0,
            request: identity::redact::request(request),
            operation,
            violations: served.violations,
            notes: served.notes,
            status: served.reply.status,
            fault,
            answer_content_type: served.reply.content_type,
            answer_body: served.reply.body,
            time: served.time,
            duration: began.elapsed(),
            checked: OnceLock::new(),
        })
    }
}

impl Served {
    fn new(reply: Reply, time: Timestamp) -> Served {
        Served { reply, violations: Vec::new(), notes: Vec::new(), ticket: None, time }
    }
}

impl<'a> Request<'a> {
    fn new(incoming: &'a Incoming, found: &'a Match<'static>) -> Request<'a> {
        Request { incoming, found, query: query_pairs(incoming.query().unwrap_or_default()) }
    }
}

fn not_kept() -> Failure {
    Failure::of_status(500, "The change could not be written to the data directory.")
}

/// ER-09: what every response has. Roblox finds a request by the first two; the machine here is called after the number
/// that the request has in the record. A page of the edge has nothing but the edge's own (ER-03).
fn mark(reply: &mut Reply, number: u64, is_from_edge: bool) {
    reply.headers.push(("x-roblox-edge", "local".to_owned()));
    if !is_from_edge {
        reply.headers.push(("roblox-machine-id", format!("emulator-{number}")));
        reply.headers.push(("x-envoy-attempt-count", "1".to_owned()));
    }
}

/// The answer of a fault that leaves nothing applied.
fn refusal(plan: &Plan, operation: &Operation, path: &str, shapes: Shapes) -> Option<Reply> {
    let mut reply = match plan.effect? {
        Effect::Refuse(status) => {
            refused(status, plan, "The emulator was told to refuse this request.", path, shapes)
        }
        Effect::Html(status) => page(status, plan.server, shapes),
        Effect::Reset | Effect::RefuseStream | Effect::Stall(_) => Reply::empty(0),
        _ => return None,
    };
    if let Some(seconds) = plan.reset {
        reply.headers.extend(limits::played(operation, seconds, shapes));
    }
    Some(with_retry_after(reply, plan))
}

fn refused(status: u16, plan: &Plan, message: &str, path: &str, shapes: Shapes) -> Reply {
    let mut failure = Failure::of_status(status, message);
    // A 429 is the gateway's unless the fault says otherwise.
    failure.gateway = plan.by.map_or(status == 429, |by| by == By::Gateway);
    failure.reply_in(path, shapes)
}

/// What a fault makes of an answer whose request was applied.
fn ruin(reply: Reply, plan: &Plan, path: &str, shapes: Shapes) -> Reply {
    match plan.effect {
        Some(Effect::AppliedThenRefuse(status)) if reply.status < 400 => {
            let message = "The emulator applied this request, and was told to refuse it nevertheless.";
            with_retry_after(refused(status, plan, message, path, shapes), plan)
        }
        Some(Effect::AppliedThenReset) if reply.status < 400 => Reply::empty(0),
        _ => reply,
    }
}

fn with_retry_after(mut reply: Reply, plan: &Plan) -> Reply {
    match plan.retry_after {
        Some(seconds) => {
            reply.headers.retain(|(name, _)| *name != "retry-after");
            reply.with_header("retry-after", seconds.to_string())
        }
        None => reply,
    }
}

/// A page as the edge writes it (ER-03): HAProxy's have no title.
fn page(status: u16, server: EdgeServer, shapes: Shapes) -> Reply {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = format!("{status} {}", reason.unwrap_or("Error"));
    let is_haproxy = shapes.is_live() && server == EdgeServer::HaProxy;
    let page = if is_haproxy {
        format!("<html><body><h1>{title}</h1>\nThe request was not served.\n</body></html>\n")
    } else {
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        )
    };
    let reply = Reply::content("text/html", page).with_status(status);
    if shapes.is_live() { reply.with_header("server", server.name()) } else { reply }
}
