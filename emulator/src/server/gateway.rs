//! What happens to a request: it is authorised, checked, applied and recorded.

use std::sync::OnceLock;
use std::time::Instant;

use http::Method;
use jiff::Timestamp;

use crate::api::{Call, Failure, Outcome, Response, list_end};
use crate::control::route::{Effect as RouteEffect, Route};
use crate::document::{Match, Operation, Violation};
use crate::faults::{Effect, Plan};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::inner::traffic::Entry;
use crate::limits::{self, Limits, Standing};
use crate::server::checks::Request;
use crate::server::{endpoints, played};
use crate::state::{State, seeded};
use crate::store::{Keeper, Record, Ticket};
use crate::wire::WireResponse;
use crate::{areas, identity};

/// What came of a request.
struct Served {
    /// Its status is 0 if no response is to be sent.
    response: Response,
    violations: Vec<Violation>,
    notes: Vec<Violation>,
    ticket: Option<Ticket>,
    time: Timestamp,
}

impl Inner {
    pub(super) async fn respond(&self, request: Incoming) -> WireResponse {
        if let Some(failure) = endpoints::refusal(&request) {
            return failure.response(request.path()).into();
        }
        let began = Instant::now();
        if let Some((route, rest)) = endpoints::find(&request) {
            return self.respond_as_endpoint(route, rest, &request, began).await;
        }
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
            served.response = not_kept().response_in(request.path(), self.config.shapes);
        }
        let mut response = served.response.clone();
        let operation = found.map(|found| found.operation);
        let is_from_edge = matches!(plan.effect, Some(Effect::Html(_)));
        let number = self.record(request, operation, served, plan.text, began);
        if response.status != 0 && self.config.shapes.is_live() {
            mark(&mut response, number, is_from_edge);
        }
        match plan.effect {
            Some(Effect::Stall(time)) => {
                tokio::time::sleep(time).await;
                WireResponse::Close
            }
            Some(Effect::RefuseStream) => WireResponse::Refused,
            _ if response.status == 0 => WireResponse::Reset,
            Some(Effect::Cut(bytes)) => {
                let bytes = bytes.unwrap_or(response.body.len() / 2).min(response.body.len());
                response.body = response.body.slice(..bytes);
                response.into()
            }
            Some(Effect::Truncate(bytes)) => {
                let bytes = bytes.unwrap_or(response.body.len() / 2);
                WireResponse::truncated(response, bytes)
            }
            _ => response.into(),
        }
    }

    async fn respond_as_endpoint(
        &self,
        route: &Route,
        rest: &str,
        request: &Incoming,
        began: Instant,
    ) -> WireResponse {
        let (response, ticket) = self.call_endpoint(route, request, rest);
        if let Some(ticket) = ticket
            && !ticket.kept().await
        {
            return not_kept().response(request.path()).into();
        }
        if identity::redact::concerns(request.path()) {
            let time = self.state().clock.now();
            let served = Served::new(identity::redact::response(&response), time);
            self.record(request.clone(), None, served, None, began);
        }
        response
    }

    /// One of the emulator's own endpoints.
    fn call_endpoint(&self, route: &Route, request: &Incoming, rest: &str) -> (WireResponse, Option<Ticket>) {
        let keeper = self.keeper().filter(|_| route.effect != RouteEffect::None);
        let _order = keeper.map(Keeper::order);
        let time = self.state().clock.now();
        let response = (route.handler)(self, request, rest)
            .unwrap_or_else(|failure| failure.response(request.path()).into());
        let ticket = keeper.and_then(|keeper| match route.effect {
            RouteEffect::ChangeEvenIfRefused => Some(keeper.keep(Record::new(request, time))),
            _ if !response.is_success() => None,
            RouteEffect::Replacement => Some(keeper.keep_all()),
            _ => Some(keeper.keep(Record::new(request, time))),
        });
        (response, ticket)
    }

    /// As a request to one of the emulator's own endpoints, from inside the process.
    pub(super) fn tell(&self, request: &Incoming) -> Option<WireResponse> {
        let (route, rest) = endpoints::find(request)?;
        Some(self.call_endpoint(route, request, rest).0)
    }

    fn serve(&self, found: Option<&Match<'static>>, incoming: &Incoming, plan: &Plan) -> Served {
        let (time, speed) = {
            let clock = &self.state().clock;
            (clock.now(), clock.speed())
        };
        let path = incoming.path();
        let mut served = Served::new(Response::empty(0), time);
        let Some(found) = found else {
            let message = format!("There is nothing at {} {path}.", incoming.method);
            served.response = Failure::no_route(message).response_in(path, self.config.shapes);
            return served;
        };
        if let Some(response) = played::refusal(plan, found.operation, path, self.config.shapes) {
            served.response = response;
            return served;
        }
        let request = Request::new(incoming, found);
        let mut tolerated = None;
        let mut standing = None;
        let outcome = identity::authorize(self, found, incoming)
            .or_else(|refused| {
                // RL-03: who may not do this uses up the limit all the same.
                let counts = refused.status == 403 && self.config.shapes.is_live();
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
        let mut response = outcome.unwrap_or_else(|failure| {
            let response = failure.response_in(path, self.config.shapes);
            served.notes.extend(failure.note.map(|note| *note));
            response
        });
        // RL-03: what is not there has no limit.
        if let Some(standing) = standing.filter(|_| !(self.config.shapes.is_live() && response.status == 404))
        {
            let form = limits::Form::of(found.operation);
            response.headers.extend(standing.headers(self.config.shapes, form, speed));
        }
        self.count_response(&request, &response, time);
        served.response = played::spoil(response, plan, path, self.config.shapes);
        served
    }

    fn limit(
        &self,
        request: &Request<'_>,
        now: Timestamp,
        standing: &mut Option<Standing>,
    ) -> Result<(), Failure> {
        let Some(limits) = &self.limits else { return Ok(()) };
        let refusal = match limits.admit(&self.charges(limits, request), now) {
            Ok(admitted) => {
                *standing = admitted;
                return Ok(());
            }
            Err(refusal) => refusal,
        };
        *standing = Some(refusal.standing);
        let message = refusal.message;
        let failed = if refusal.by_gateway { Failure::rate_limited } else { Failure::exhausted };
        let failure = failed(message.clone()).noting("limit", message);
        Err(Failure { detail: refusal.name.map(Into::into), ..failure })
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
            shapes: self.config.shapes,
        })
    }

    /// What a response gives counts as soon as it is known how much it is.
    fn count_response(&self, request: &Request<'_>, response: &Response, now: Timestamp) {
        if let Some(limits) = &self.limits
            && response.status < 300
            && let Some((charge, cost)) = limits::afterwards(&self.charges(limits, request), &response.body)
        {
            limits.spend(charge, cost, now);
        }
    }

    /// Hands the request over, twice if a fault wants that: who sent it sees the first response.
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
        let Some(keeper) = keeper else { return self.apply(&mut state, request, now) };
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
            scripts: &self.config.scripts,
            shapes: self.config.shapes,
            now,
            only_seeded: self.config.only_seeded,
            caller: identity::named_user(state, incoming),
        };
        let missing = if call.only_seeded { seeded::missing(state, &call) } else { None };
        let outcome = match (missing, self.handlers.get(&found.operation.id)) {
            (Some(missing), _) => Err(missing),
            (None, Some(handler)) => handler(state, &call),
            (None, None) => areas::synthesize(state, &call),
        };
        if self.config.shapes.is_live() {
            outcome.map(|response| list_end::live(found.operation, response))
        } else {
            outcome
        }
    }

    /// Applies a request of an earlier time again.
    #[cfg(feature = "sqlite")]
    pub(crate) fn replay(&self, record: &Record) -> Result<(), String> {
        let incoming = record.request().ok_or("one of its requests is invalid")?;
        self.state().clock.pin(record.time);
        if let Some((route, rest)) = endpoints::find(&incoming) {
            let _ = (route.handler)(self, &incoming, rest);
        } else if let Some(found) = self.document.find(incoming.method.as_str(), incoming.path()) {
            let request = Request::new(&incoming, &found);
            let _ = self.apply(&mut self.state(), &request, record.time);
        }
        Ok(())
    }

    /// Checks and applies a request that nobody has to be asked for, and that is not recorded.
    pub(crate) fn apply_now(&self, incoming: &Incoming) -> Response {
        let path = incoming.path();
        let Some(found) = self.document.find(incoming.method.as_str(), path) else {
            return Failure::no_route(format!("There is nothing at {} {path}.", incoming.method))
                .response(path);
        };
        let request = Request::new(incoming, &found);
        let outcome = self.refuse(&self.check(&request)).and_then(|()| self.dispatch(&request, &mut None));
        outcome.unwrap_or_else(|failure| failure.response_in(path, self.config.shapes))
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
            status: served.response.status,
            fault,
            response_content_type: served.response.content_type,
            response_body: served.response.body,
            time: served.time,
            duration: began.elapsed(),
            checked: OnceLock::new(),
        })
    }
}

impl Served {
    fn new(response: Response, time: Timestamp) -> Served {
        Served { response, violations: Vec::new(), notes: Vec::new(), ticket: None, time }
    }
}

fn not_kept() -> Failure {
    Failure::of_status(500, "The change could not be written to the data directory.")
}

/// ER-09: what every response has. Roblox finds a request by the first two; the machine here is called after the number
/// that the request has in the record. A page of the edge has nothing but the edge's own (ER-03).
fn mark(response: &mut Response, number: u64, is_from_edge: bool) {
    response.headers.push(("x-roblox-edge", "local".to_owned()));
    if !is_from_edge {
        response.headers.push(("roblox-machine-id", format!("emulator-{number}")));
        response.headers.push(("x-envoy-attempt-count", "1".to_owned()));
    }
}
