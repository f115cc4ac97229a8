//! A scripted [`Transport`], so that you can test your code without sockets (feature `testing`).
//!
//! A [`Script`] holds the requests that are expected and their responses, in order. A client that sends through
//! it behaves as any client: it retries, pages, decodes and fails as it would over HTTP. With
//! tokio's paused clock (`#[tokio::test(start_paused = true)]`) waiting takes no time.
//!
//! ```
//! use opencloud::testing::{MockResponse, ErrorShape, Expect, Script};
//! use serde_json::json;
//!
//! # async fn test() -> Result<(), opencloud::Error> {
//! let script = Script::new()
//!     .expect(Expect::get("/cloud/v2/users/1"), MockResponse::rate_limited(3))
//!     .expect(Expect::get("/cloud/v2/users/1"), MockResponse::json(json!({ "name": "Roblox" })))
//!     .expect(Expect::get("/cloud/v2/users/2"), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user"));
//! let client = script.client();
//! let user = client.request(http::Method::GET, "/cloud/v2/users/1").await?;
//! assert_eq!(user["name"], "Roblox");
//! let error = client.request(http::Method::GET, "/cloud/v2/users/2").await.expect_err("no such user");
//! assert!(error.is_not_found());
//! script.assert_done();
//! # Ok(())
//! # }
//! ```

mod expect;
mod response;

pub use expect::{Expect, Received};
pub use response::{ErrorShape, MockResponse};

use crate::body::Body;
use crate::transport::{Exchange, Transport};
use crate::{Client, ClientBuilder, Error};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The requests that are expected, in order, and their responses. Clones are the same script.
#[derive(Clone, Debug)]
#[must_use = "a script does nothing until a client sends through it"]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    created: Instant,
    expected: VecDeque<(Expect, MockResponse)>,
    always: Vec<(Expect, Responder)>,
    received: Vec<Received>,
    surprises: Vec<String>,
}

type Respond = dyn FnMut(&Received) -> MockResponse + Send;

/// What responds to any number of requests.
#[derive(Clone)]
struct Responder(Arc<Mutex<Respond>>);

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder")
    }
}

impl Default for Script {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            created: Instant::now(),
            expected: VecDeque::new(),
            always: Vec::new(),
            received: Vec::new(),
            surprises: Vec::new(),
        })))
    }
}

impl Script {
    /// A script that expects nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects this request next, and responds with this.
    pub fn expect(self, request: Expect, response: MockResponse) -> Self {
        self.state().expected.push_back((request, response));
        self
    }

    /// Expects this request `times` times in a row.
    pub fn expect_times(self, times: usize, request: Expect, response: MockResponse) -> Self {
        (0..times).fold(self, |script, _| script.expect(request.clone(), response.clone()))
    }

    /// Responds to such requests with this, whenever and however often they come, if they are not the one that
    /// is expected next.
    pub fn always(self, request: Expect, response: MockResponse) -> Self {
        self.respond_with(request, move |_| response.clone())
    }

    /// Responds to such requests with what the function returns, whenever and however often they come, if they are
    /// not the one that is expected next. For a service that keeps state:
    ///
    /// ```
    /// use opencloud::testing::{Expect, MockResponse, Script};
    /// use serde_json::json;
    ///
    /// let mut value = json!(null);
    /// let script = Script::new().respond_with(Expect::any(), move |request| {
    ///     if let Some(body) = request.json() {
    ///         value = body;
    ///     }
    ///     MockResponse::json(value.clone())
    /// });
    /// ```
    pub fn respond_with(
        self,
        request: Expect,
        respond: impl FnMut(&Received) -> MockResponse + Send + 'static,
    ) -> Self {
        self.state().always.push((request, Responder(Arc::new(Mutex::new(respond)))));
        self
    }

    /// A client with the API key `test-api-key` that sends through this script.
    ///
    /// # Panics
    ///
    /// Never, unless the crate's own defaults are wrong.
    pub fn client(&self) -> Client {
        match self.builder().build() {
            Ok(client) => client,
            Err(error) => panic!("a client with nothing but defaults: {error}"),
        }
    }

    /// The builder of [`Script::client`], for other settings.
    pub fn builder(&self) -> ClientBuilder {
        Client::builder().api_key("test-api-key").transport(self.clone())
    }

    /// What was received so far.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// The number of requests that were received so far.
    pub fn count(&self) -> usize {
        self.state().received.len()
    }

    /// Checks that all that was expected came, and nothing else.
    ///
    /// # Panics
    ///
    /// If not; the message names the requests.
    pub fn assert_done(&self) {
        let problems: Vec<String> = {
            let state = self.state();
            let missing = state.expected.iter().map(|(request, _)| format!("missing: {request}"));
            state.surprises.iter().cloned().chain(missing).collect()
        };
        assert!(problems.is_empty(), "the script was not followed:\n  {}", problems.join("\n  "));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The response to a request; a request that was not expected fails in a way that is not retried.
    fn response(&self, request: http::Request<Body>) -> Result<MockResponse, Error> {
        let mut state = self.state();
        let received = Received::new(request, state.created.elapsed());
        state.received.push(received.clone());
        if let Some((expected, _)) = state.expected.front()
            && expected.mismatch(&received).is_none()
            && let Some((_, response)) = state.expected.pop_front()
        {
            return Ok(response);
        }
        if let Some((_, responder)) =
            state.always.iter().find(|(request, _)| request.mismatch(&received).is_none())
        {
            let responder = responder.clone();
            // The function may ask the script what it has received.
            drop(state);
            let mut respond = responder.0.lock().unwrap_or_else(PoisonError::into_inner);
            return Ok(respond(&received));
        }
        let instead = match state.expected.front() {
            Some((expected, _)) => {
                let why = expected.mismatch(&received).unwrap_or_default();
                format!("expected {expected}; {why}")
            }
            None => "nothing more was expected".to_owned(),
        };
        let surprise = format!("unexpected: {received}; {instead}");
        state.surprises.push(surprise.clone());
        Err(Error::invalid_request(format!("test script: {surprise}")))
    }
}

impl Transport for Script {
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let response = self.response(http::Request::from_parts(parts, body.collected().await?));
            response?.give(max_response_bytes).await
        })
    }
}
