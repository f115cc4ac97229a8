//! A service that responds as it is told, and what is common to the properties.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use opencloud::body::Body;
use opencloud::retry::Retry;
use opencloud::{Client, ClientBuilder, Error, Exchange, Transport};
use std::cell::{Cell, OnceCell};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};

/// The API key of every client; no text may show it.
pub(crate) const KEY: &str = "fuzz-secret-key";

/// Responds to each request by its number, from 1, and keeps what was sent.
#[derive(Clone)]
pub(crate) struct Service(Arc<State>);

struct State {
    respond: Box<dyn Fn(usize) -> Response<Bytes> + Send + Sync>,
    sent: Mutex<Vec<Sent>>,
}

/// A request, as it left.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) uri: http::Uri,
    pub(crate) has_key: bool,
}

impl Service {
    pub(crate) fn new(respond: impl Fn(usize) -> Response<Bytes> + Send + Sync + 'static) -> Self {
        Self(Arc::new(State { respond: Box::new(respond), sent: Mutex::default() }))
    }

    /// Responds with this JSON to everything.
    pub(crate) fn json(body: impl ToString) -> Self {
        let body = Bytes::from(body.to_string());
        Self::new(move |_| json(body.clone()))
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.sent().len()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder().api_key(KEY).transport(self.clone())
    }

    /// A client that sends everything once.
    pub(crate) fn client(&self) -> Client {
        self.builder().retry(Retry::never()).build().expect("a client")
    }
}

/// 200 and this JSON.
pub(crate) fn json(body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

impl Transport for Service {
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        let has_key = request.headers().contains_key("x-api-key");
        let mut sent = self.0.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(Sent { uri: request.uri().clone(), has_key });
        let number = sent.len();
        drop(sent);
        let response = (self.0.respond)(number);
        Box::pin(async move { Ok(response) })
    }
}

/// Waits on a clock that is at once where it is waited for.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    let runtime =
        || Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    RUNTIME.with(|cell| cell.get_or_init(runtime).block_on(future))
}

/// An error about what a service says does not repeat the key, should the service have done so.
pub(crate) fn hides_key(error: &Error) -> crate::Check {
    let shown = format!("{error} {error:?}");
    ensure(!shown.contains(KEY), "an error does not show the key", || shown.clone())
}

/// What every error must be: one line that ends.
pub(crate) fn is_presentable(error: &Error) -> crate::Check {
    let text = error.to_string();
    if text.trim().is_empty() {
        return Err("an error says something: it is empty".to_owned());
    }
    if let Some(ch) = text.chars().find(|ch| is_hidden(*ch)) {
        return Err(format!("an error is one line of visible text: {ch:?} in {text:?}"));
    }
    if text.len() > LONGEST_MESSAGE {
        return Err(format!("the text of an error is bounded: {} bytes", text.len()));
    }
    if error.retry_after().is_some_and(|wait| wait > std::time::Duration::from_secs(24 * 60 * 60)) {
        return Err(format!("a wait is a day at most: {:?}", error.retry_after()));
    }
    Ok(())
}

/// No line of a log should be longer.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// Control characters, the line ends of Unicode, and the marks that turn the direction of writing.
fn is_hidden(ch: char) -> bool {
    ch.is_control()
        || matches!(ch, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A response as text: the status, headers, an empty line, the body. What is not as HTTP has it is left out.
pub(crate) fn response(input: &[u8]) -> Response<Bytes> {
    let (head, body) = split(input, b"\n\n");
    let (status, headers) = split(head, b"\n");
    let mut response = Response::new(Bytes::copy_from_slice(body));
    if let Ok(status) = http::StatusCode::from_bytes(status.trim_ascii()) {
        *response.status_mut() = status;
    }
    *response.headers_mut() = header_map(headers);
    response
}

pub(crate) fn header_map(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(200) {
        let (name, value) = split(line, b":");
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii()))
        {
            headers.append(name, value);
        }
    }
    headers
}

/// What stands before and behind a separator; all and nothing without it.
pub(crate) fn split<'a>(text: &'a [u8], separator: &[u8]) -> (&'a [u8], &'a [u8]) {
    match text.windows(separator.len()).position(|window| window == separator) {
        Some(at) => (&text[..at], &text[at + separator.len()..]),
        None => (text, b""),
    }
}

/// The input as text; what is not UTF-8 is replaced.
pub(crate) fn text(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

thread_local! {
    static IS_ACCEPTED: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a reader has taken the input, or some of it: a target of which all inputs are refused at the door tries
/// nothing.
pub(crate) fn accepted() {
    IS_ACCEPTED.set(true);
}

/// Whether it has, since this was asked last.
pub(crate) fn take_accepted() -> bool {
    IS_ACCEPTED.take()
}

/// Fails with the property and what was seen.
pub(crate) fn ensure(holds: bool, property: &str, seen: impl FnOnce() -> String) -> crate::Check {
    if holds { Ok(()) } else { Err(format!("{property}: {}", seen())) }
}
