//! The emulator itself: listens, checks, answers, remembers.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::response::Response;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::oneshot;

use crate::behaviour::{self, Handler};
use crate::call::{Call, Outcome, Reply};
use crate::clock::Clock;
use crate::control;
use crate::document::{Document, Match, Operation};
use crate::failure::Failure;
use crate::identity::{self, ApiKey, OAuthApp};
use crate::request::{RequestParts, query_pairs};
use crate::state::State;
use crate::synth;
use crate::validate::{Violation, validate_request, validate_response, validate_wire};

const MAX_RECORDED: usize = 1_000;
const MAX_RECORDED_BYTES: usize = 64 * 1024 * 1024;
const DEFAULT_BODY_LIMIT: usize = 128 * 1024 * 1024;
pub(crate) const API_KEY: &str = "x-api-key";

/// A running local Open Cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    base_url: String,
    address: SocketAddr,
    inner: Arc<Inner>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How the emulator is to run.
#[derive(Debug, Clone)]
pub struct Builder {
    port: u16,
    api_keys: Vec<ApiKey>,
    oauth_apps: Vec<OAuthApp>,
    strict: bool,
    body_limit: usize,
    frozen_at: Option<SystemTime>,
    threads: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            port: 0,
            api_keys: Vec::new(),
            oauth_apps: Vec::new(),
            strict: true,
            body_limit: DEFAULT_BODY_LIMIT,
            frozen_at: None,
            threads: 1,
        }
    }
}

/// A request that the emulator answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    pub method: String,
    /// As sent: percent-encoded, without the query.
    pub path: String,
    pub query: Option<String>,
    /// Names in small letters. Credentials are replaced by `[redacted]`.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The operation's id, if the path is one's.
    pub operation: Option<String>,
    /// What the request had that the document does not allow.
    pub violations: Vec<Violation>,
    pub status: u16,
    /// What the answer had that the document does not allow: a mistake of the emulator.
    pub answer_violations: Vec<Violation>,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A message that was published to the servers of a universe.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    pub universe: u64,
    pub topic: String,
    pub message: String,
}

impl Emulator {
    /// Starts on a free port of 127.0.0.1, strict, accepting any API key.
    pub async fn start() -> std::io::Result<Emulator> {
        Emulator::builder().start().await
    }

    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. It stands for every host of Open Cloud.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The latest requests, the oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.inner.log().requests.iter().cloned().collect()
    }

    pub fn clear_requests(&self) {
        self.inner.log().clear();
    }

    /// The messages that were published to live servers, the oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.inner.state().messages.published.iter().cloned().collect()
    }

    /// Moves the emulator's time ahead.
    pub fn advance(&self, by: Duration) {
        self.inner.state().clock.advance(by);
    }

    /// Stops serving. Connections that are open are cut.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl Builder {
    /// The port to listen on; 0, the default, is a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Accepts this API key; once one is given, no others. A text may do everything, an [`ApiKey`] what it says.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<ApiKey>) -> Builder {
        self.api_keys.push(key.into());
        self
    }

    /// Adds an app to those that may ask users for authorization.
    #[must_use]
    pub fn oauth_app(mut self, app: OAuthApp) -> Builder {
        self.oauth_apps.push(app);
        self
    }

    /// Whether requests that break the document are refused, which is the default. If not, they are only recorded.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Builder {
        self.strict = strict;
        self
    }

    /// The largest body that is read, in bytes. The default is 128 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Builder {
        self.body_limit = bytes;
        self
    }

    /// Lets time stand still at this moment; [`Emulator::advance`] moves it.
    #[must_use]
    pub fn frozen_at(mut self, time: SystemTime) -> Builder {
        self.frozen_at = Some(time);
        self
    }

    /// How many threads serve. The default is one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Builder {
        self.threads = threads.max(1);
        self
    }

    /// Starts serving on a thread of its own, so that it goes on whatever the caller's runtime does.
    pub async fn start(self) -> std::io::Result<Emulator> {
        self.start_now()
    }

    pub(crate) fn start_now(self) -> std::io::Result<Emulator> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let document = Document::embedded();
        let clock = self.frozen_at.map_or_else(Clock::running, Clock::frozen_at);
        let inner = Arc::new(Inner {
            document,
            handlers: behaviour::handlers(document),
            state: Mutex::new(State::new(clock)),
            log: Mutex::default(),
            base_url: base_url.clone(),
            api_keys: self.api_keys,
            oauth_apps: self.oauth_apps,
            strict: self.strict,
            body_limit: self.body_limit,
        });
        inner.introduce(&mut inner.state());
        let mut runtime = if self.threads > 1 {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(self.threads);
            runtime
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        let runtime = runtime.enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let thread = std::thread::Builder::new().name("opencloud-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        eprintln!("opencloud-emulator: cannot listen: {error}");
                        return;
                    }
                };
                tokio::select! {
                    _ = axum::serve(listener, app) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Emulator { base_url, address, inner, stop: Some(stop), thread: Some(thread) })
    }
}

pub(crate) struct Inner {
    pub(crate) document: &'static Document,
    handlers: HashMap<String, Handler>,
    state: Mutex<State>,
    log: Mutex<Log>,
    pub(crate) base_url: String,
    api_keys: Vec<ApiKey>,
    oauth_apps: Vec<OAuthApp>,
    strict: bool,
    body_limit: usize,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

/// The latest requests, bounded in number and size.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) requests: VecDeque<Recorded>,
    size: usize,
}

impl Log {
    fn push(&mut self, request: Recorded) {
        self.size += request.body.len();
        self.requests.push_back(request);
        while self.requests.len() > MAX_RECORDED || self.size > MAX_RECORDED_BYTES {
            match self.requests.pop_front() {
                Some(oldest) => self.size -= oldest.body.len(),
                None => break,
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Log::default();
    }
}

/// A request, read to its end.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) peer: IpAddr,
}

async fn serve(
    Shared(inner): Shared<Arc<Inner>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let body = match axum::body::to_bytes(body, inner.body_limit).await {
        Ok(body) => body,
        Err(_) => {
            let failure = Failure::too_large("The request body is too large or incomplete.");
            return response(failure.reply(&path));
        }
    };
    let incoming = Incoming {
        method: head.method.as_str().to_owned(),
        query: head.uri.query().map(str::to_owned),
        path,
        headers: head.headers,
        body,
        peer: peer.ip(),
    };
    response(inner.answer(incoming))
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = reply.content_type.map(|value| (CONTENT_TYPE, value));
    let headers = reply.headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value));
    for (name, value) in headers.chain(content_type) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything is forgotten, apart from the time.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        *state = State::new(state.clock.clone());
        self.introduce(&mut state);
        self.log().clear();
    }

    /// Makes the keys and apps known that the emulator was started with.
    fn introduce(&self, state: &mut State) {
        let now = state.clock.now();
        self.api_keys.iter().for_each(|key| state.identity.keys.add(key.clone(), now));
        self.oauth_apps.iter().for_each(|app| state.identity.oauth.apps.add(app.clone()));
    }

    /// What anybody may know of a user, if there is such a user.
    pub(crate) fn user(&self, id: u64) -> Option<serde_json::Value> {
        let request = Incoming {
            method: "GET".to_owned(),
            path: format!("/cloud/v2/users/{id}"),
            query: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let found = self.document.find(&request.method, &request.path)?;
        let reply = self.dispatch(&found, &request).ok()?;
        serde_json::from_slice(&reply.body).ok()
    }

    fn answer(&self, request: Incoming) -> Reply {
        if let Some(rest) = request.path.strip_prefix("/__emulator/") {
            return control::answer(self, rest, &request);
        }
        if let Some(reply) = identity::answer(self, &request) {
            self.record(request, None, Vec::new(), &reply);
            return reply;
        }
        let found = self.document.find(&request.method, &request.path);
        let mut violations = Vec::new();
        let outcome = match &found {
            None => {
                Err(Failure::no_route(format!("There is nothing at {} {}.", request.method, request.path)))
            }
            Some(found) => identity::authorize(self, found, &request)
                .and_then(|()| {
                    violations = self.check(found.operation, &request);
                    self.refuse(&violations)
                })
                .and_then(|()| self.dispatch(found, &request)),
        };
        let reply = outcome.unwrap_or_else(|failure| failure.reply(&request.path));
        let operation = found.map(|found| found.operation);
        self.record(request, operation, violations, &reply);
        reply
    }

    fn check(&self, operation: &Operation, request: &Incoming) -> Vec<Violation> {
        let parts = RequestParts {
            path: &request.path,
            query: request.query.as_deref(),
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
        let query = query_pairs(request.query.as_deref().unwrap_or_default());
        let mut state = self.state();
        let call = Call {
            document: self.document,
            operation: found.operation,
            params: &found.params,
            path: &request.path,
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
        operation: Option<&Operation>,
        violations: Vec<Violation>,
        reply: &Reply,
    ) {
        let answer_violations = match operation {
            Some(operation) if reply.status < 300 => validate_response(
                self.document,
                operation,
                reply.status,
                reply.content_type.as_deref(),
                &reply.body,
            ),
            _ => Vec::new(),
        };
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), redacted(name, value)))
            .collect();
        let (mut query, mut body) = (request.query, request.body);
        if identity::redact::concerns(&request.path) {
            query = query.map(|query| identity::redact::pairs(&query));
            body = identity::redact::body(&body);
        }
        self.log().push(Recorded {
            method: request.method,
            path: request.path,
            query,
            headers,
            body,
            operation: operation.map(|operation| operation.id.clone()),
            violations,
            status: reply.status,
            answer_violations,
        });
    }
}

fn redacted(name: &HeaderName, value: &HeaderValue) -> String {
    if name.as_str() == API_KEY || name == AUTHORIZATION || name == COOKIE {
        "[redacted]".to_owned()
    } else {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    }
}
