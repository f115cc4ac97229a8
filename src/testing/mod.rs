//! A scripted [`Transport`], so that you can test your code without sockets (feature `testing`).
//!
//! A [`Script`] holds what is expected and what is answered, in order. A client that sends through
//! it behaves as any client: it retries, pages, decodes and fails as it would over HTTP. With
//! tokio's paused clock (`#[tokio::test(start_paused = true)]`) waiting takes no time.
//!
//! ```
//! use opencloud::testing::{Answer, ErrorShape, Expect, Script};
//! use serde_json::json;
//!
//! # async fn test() -> Result<(), opencloud::Error> {
//! let script = Script::new()
//!     .expect(Expect::get("/cloud/v2/users/1"), Answer::rate_limited(3))
//!     .expect(Expect::get("/cloud/v2/users/1"), Answer::json(json!({ "name": "Roblox" })))
//!     .expect(Expect::get("/cloud/v2/users/2"), Answer::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user"));
//! let client = script.client();
//! let user = client.request(http::Method::GET, "/cloud/v2/users/1").await?;
//! assert_eq!(user["name"], "Roblox");
//! let error = client.request(http::Method::GET, "/cloud/v2/users/2").await.expect_err("no such user");
//! assert!(error.is_not_found());
//! script.assert_done();
//! # Ok(())
//! # }
//! ```

mod answer;
mod expect;

pub use answer::{Answer, ErrorShape};
pub use expect::{Expect, Received};

use crate::body::Body;
use crate::transport::{Exchange, Transport};
use crate::{Client, ClientBuilder, Error};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is expected, in order, and what is answered. Clones are the same script.
#[derive(Clone, Debug, Default)]
#[must_use = "a script does nothing until a client sends through it"]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    expected: VecDeque<(Expect, Answer)>,
    always: Vec<(Expect, Answer)>,
    received: Vec<Received>,
    surprises: Vec<String>,
}

impl Script {
    /// A script that expects nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects this request next, and answers it so.
    pub fn expect(self, request: Expect, answer: Answer) -> Self {
        self.state().expected.push_back((request, answer));
        self
    }

    /// Expects this request so many times in a row.
    pub fn expect_times(self, times: usize, request: Expect, answer: Answer) -> Self {
        (0..times).fold(self, |script, _| script.expect(request.clone(), answer.clone()))
    }

    /// Answers such requests so, whenever and however often they come, if they are not the one that
    /// is expected next.
    pub fn always(self, request: Expect, answer: Answer) -> Self {
        self.state().always.push((request, answer));
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

    /// The answer to a request; a request that was not expected fails in a way that is not retried.
    fn answer(&self, request: http::Request<Body>) -> Result<Answer, Error> {
        let received = Received::new(request);
        let mut state = self.state();
        state.received.push(received.clone());
        if let Some((expected, _)) = state.expected.front()
            && expected.mismatch(&received).is_none()
            && let Some((_, answer)) = state.expected.pop_front()
        {
            return Ok(answer);
        }
        if let Some((_, answer)) =
            state.always.iter().find(|(request, _)| request.mismatch(&received).is_none())
        {
            return Ok(answer.clone());
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
            let answer = self.answer(http::Request::from_parts(parts, body.collected().await?));
            answer?.give(max_response_bytes).await
        })
    }
}
