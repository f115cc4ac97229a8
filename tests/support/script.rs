//! Short names for scripts of [`opencloud::testing`].

use opencloud::testing::{Expect, MockResponse, Received, Script};
use opencloud::{Client, Credentials};
use serde_json::Value;
use std::collections::VecDeque;

/// 200 and this JSON.
pub(crate) fn ok(body: Value) -> MockResponse {
    MockResponse::json(body)
}

/// This status code and this JSON.
pub(crate) fn status(status: u16, body: Value) -> MockResponse {
    MockResponse::json(body).with_status(status)
}

/// Responds to all requests as the function says.
pub(crate) fn by(respond: impl FnMut(&Received) -> MockResponse + Send + 'static) -> Script {
    Script::new().respond_with(Expect::any(), respond)
}

/// Responds to all requests in this order, and with the last response again and again.
pub(crate) fn sequence(responses: impl IntoIterator<Item = MockResponse>) -> Script {
    let mut responses: VecDeque<MockResponse> = responses.into_iter().collect();
    by(move |_| match responses.len() {
        0 => status(404, Value::Null),
        1 => responses[0].clone(),
        _ => responses.pop_front().expect("a response"),
    })
}

/// The same with 200 and JSON.
pub(crate) fn json(bodies: impl IntoIterator<Item = Value>) -> Script {
    sequence(bodies.into_iter().map(ok))
}

/// A client with an OAuth 2.0 token.
pub(crate) fn bearer(script: &Script) -> Client {
    let token = Credentials::bearer("test-token").expect("a token");
    Client::builder().credentials(token).transport(script.clone()).build().expect("a client")
}

/// `path?query` of a request, decoded.
pub(crate) fn target(received: &Received) -> String {
    let target = received.uri.path_and_query().map_or("", |target| target.as_str());
    percent_encoding::percent_decode_str(target).decode_utf8_lossy().into_owned()
}

/// `METHOD path?query` of each request, decoded.
pub(crate) fn targets(script: &Script) -> Vec<String> {
    script.received().iter().map(|received| format!("{} {}", received.method, target(received))).collect()
}

/// When each request came, in seconds.
pub(crate) fn times(script: &Script) -> Vec<f64> {
    let seconds = |received: &Received| (received.elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
    script.received().iter().map(seconds).collect()
}

/// The JSON that a request sends; null if it sends none.
pub(crate) fn body(received: &Received) -> Value {
    received.json().unwrap_or_default()
}
