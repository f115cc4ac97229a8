//! Faults on demand: what a network and a service in trouble do to a client.

use std::time::Duration;

mod grammar;
mod rules;

pub(crate) use rules::{Plan, Rules};

/// A fault and when it is played.
///
/// It is written `ROUTE=EFFECT[,OPTION]...`, in the same way on the command line, over HTTP and here:
///
/// | ROUTE | |
/// |---|---|
/// | `*` | every operation |
/// | `users.get` | the operation of that id |
/// | `GET /cloud/v2/users/{id}` | the operation of that method and path; what the parameters are called does not matter |
///
/// | EFFECT | |
/// |---|---|
/// | `latency:250ms`, `latency:1.5s` | the request waits, at most ten minutes, before anything else happens to it |
/// | `429`, `503`, ... | a refusal with a status from 400 to 599, in the service's own shape; nothing is applied |
/// | `html`, `html:504` | an HTML page of the edge (502 unless told); nothing is applied |
/// | `stall`, `stall:2s` | no response, and the connection ends after 19 s, or after that long; nothing is applied |
/// | `reset` | the connection is reset, over HTTP/2 with all requests on it; nothing of this one is applied |
/// | `refuse-stream` | over HTTP/2 the request's stream is reset with REFUSED_STREAM, which says that it was not begun; over HTTP/1.1, which has no such thing, as `reset` |
/// | `truncate`, `truncate:10` | the request is applied, the response ends after half of its bytes, or after that many |
/// | `cut`, `cut:10` | the same, but the response ends cleanly, as if it were whole |
/// | `duplicate` | the request is applied twice, and the first response is given |
/// | `applied:500`, `applied:reset` | the request is applied, and then refused, or the connection reset |
///
/// | OPTION | |
/// |---|---|
/// | `probability=0.2` | played for that part of the requests; the same ones for the same seed |
/// | `count=3` | played that many times, then no more |
/// | `skip=2` | the first two requests are spared |
/// | `retry-after=30` | the refusal has a `retry-after` of that many seconds |
/// | `reset=22` | the refusal has the headers of a rate limit whose window is full for this many seconds more: lists, and a `retry-after` that is too short |
/// | `body=gateway`, `body=service` | whose shape the refusal has; that of the service, but a 429 is the gateway's |
/// | `server=public-gateway` | who writes the HTML page; `haproxy` unless told |
/// | `reused` | played only for requests on a connection that has served another one before |
///
/// ```
/// use opencloud_emulator::Fault;
///
/// let fault: Fault = "users.get=429,retry-after=2,count=1".parse()?;
/// assert_eq!(fault.to_string(), "users.get=429,count=1,retry-after=2");
/// assert!("users.get=sometimes".parse::<Fault>().is_err());
/// # Ok::<_, opencloud_emulator::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    route: Route,
    effect: Effect,
    /// More than 0 and at most 1.
    probability: f64,
    count: Option<u32>,
    skip: u32,
    retry_after: Option<u32>,
    /// Seconds until the window of a rate limit ends.
    reset: Option<u32>,
    by: Option<By>,
    server: EdgeServer,
    /// Only on connections that are used again.
    reused: bool,
}

/// Who refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Gateway,
    Service,
}

/// Who writes the pages of the edge (ER-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum EdgeServer {
    #[default]
    HaProxy,
    PublicGateway,
}

impl EdgeServer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            EdgeServer::HaProxy => "haproxy",
            EdgeServer::PublicGateway => "public-gateway",
        }
    }
}

/// A fault that cannot be played, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Route {
    Every,
    Id(String),
    /// Method and path template.
    Path(String, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Latency(Duration),
    Refuse(u16),
    Html(u16),
    Reset,
    /// The stream ends, and the client is told that its request was not begun (CN-02).
    RefuseStream,
    /// The connection breaks in the middle of the response.
    Truncate(Option<usize>),
    /// The response ends too early, but as if it were whole (CN-03).
    Cut(Option<usize>),
    /// Nothing comes for this long, and then the connection ends (CN-01).
    Stall(Duration),
    Duplicate,
    AppliedThenRefuse(u16),
    AppliedThenReset,
}

impl Effect {
    /// Whether the client gets a status that a `retry-after` may come with.
    fn refuses(self) -> bool {
        matches!(self, Effect::Refuse(_) | Effect::Html(_) | Effect::AppliedThenRefuse(_))
    }
}
