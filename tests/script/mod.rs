//! A service by script: answers what the test says, at the time that the test says, and keeps what
//! it was asked.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use bytes::Bytes;
use opencloud::body::Body;
use opencloud::{Client, Credentials};
use opencloud::{Exchange, Transport};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What the service answers.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    after: Duration,
}

/// 200 with this JSON.
pub fn ok(body: Value) -> Reply {
    status(200, body)
}

pub fn status(status: u16, body: Value) -> Reply {
    Reply { status, headers: Vec::new(), body: body.to_string().into(), after: Duration::ZERO }
}

impl Reply {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer takes so long.
    pub fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self
    }
}

/// What the service was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query, decoded.
    pub target: String,
    pub headers: http::HeaderMap,
    pub body: Value,
    /// When, after the start of the script.
    pub at: Duration,
}

type Answer = dyn FnMut(&Asked) -> Reply + Send;

#[derive(Clone)]
pub struct Script(Arc<State>);

struct State {
    answer: Mutex<Box<Answer>>,
    asked: Mutex<Vec<Asked>>,
    since: Instant,
}

impl Script {
    /// Answers as the function says.
    pub fn by(answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        Self(Arc::new(State {
            answer: Mutex::new(Box::new(answer)),
            asked: Mutex::default(),
            since: Instant::now(),
        }))
    }

    /// Answers in this order; the last answer again and again.
    pub fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::by(move |_| match replies.len() {
            0 => status(404, Value::Null),
            1 => replies[0].clone(),
            _ => replies.pop_front().expect("a reply"),
        })
    }

    /// The same with 200 and JSON.
    pub fn json(bodies: impl IntoIterator<Item = Value>) -> Self {
        Self::of(bodies.into_iter().map(ok))
    }

    pub fn client(&self) -> Client {
        Client::builder().api_key("test-key").transport(self.clone()).build().expect("a client")
    }

    /// A client with an OAuth 2.0 token.
    pub fn bearer(&self) -> Client {
        let token = Credentials::bearer("test-token").expect("a token");
        Client::builder().credentials(token).transport(self.clone()).build().expect("a client")
    }

    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.0.asked).clone()
    }

    /// `METHOD path?query` of each request.
    pub fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect()
    }

    /// The time of each request in seconds.
    pub fn times(&self) -> Vec<f64> {
        self.asked().iter().map(|asked| (asked.at.as_secs_f64() * 1000.0).round() / 1000.0).collect()
    }
}

impl Transport for Script {
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let asked = Asked {
            method: parts.method.to_string(),
            target: percent_encoding::percent_decode_str(target).decode_utf8_lossy().into_owned(),
            headers: parts.headers,
            body: match body {
                Body::Bytes { content, .. } => serde_json::from_slice(&content).expect("JSON"),
                _ => Value::Null,
            },
            at: self.0.since.elapsed(),
        };
        let reply = (lock(&self.0.answer))(&asked);
        lock(&self.0.asked).push(asked);
        Box::pin(async move {
            if !reply.after.is_zero() {
                sleep(reply.after).await;
            }
            let mut response = http::Response::builder().status(reply.status);
            for (name, value) in reply.headers {
                response = response.header(name, value);
            }
            Ok(response.body(reply.body).expect("a reply"))
        })
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
