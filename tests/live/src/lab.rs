//! Where probes are made: a client that sends each request once, counts, and keeps to a rate.

use crate::shape::is_word;
use http::{HeaderMap, Method};
use opencloud::retry::Retry;
use opencloud::{Client, Credentials, Error};
use serde_json::Value;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What probes are about. What is absent leaves out the probes that need it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    pub universe: Option<u64>,
    pub place: Option<u64>,
    pub user: Option<u64>,
    pub group: Option<u64>,
    pub asset: Option<u64>,
    /// The content of a place file.
    pub place_file: Option<Vec<u8>>,
}

/// What probes keep to.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The number of requests in all. Requests that remove what a probe has made are sent all the same.
    pub calls: u32,
    /// The time from one request to the next.
    pub pause: Duration,
    /// The time that a probe waits for something to end at the service.
    pub wait: Duration,
}

impl Default for Bounds {
    /// 200 requests, 60 a minute, and 60 s of waiting.
    fn default() -> Self {
        Self { calls: 200, pause: Duration::from_secs(1), wait: Duration::from_secs(60) }
    }
}

/// A response of any status.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; text where it is something else, null where there is none.
    pub body: Value,
}

impl Exchange {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A property of the body, or null.
    pub fn at(&self, name: &str) -> &Value {
        &self.body[name]
    }

    /// Whether the body is an object that has this property, if only with null.
    pub fn has(&self, name: &str) -> bool {
        self.body.get(name).is_some()
    }

    /// What a probe builds upon.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] if the service refused it.
    pub fn expected(self, what: &str) -> Result<Self, Stop> {
        match self.is_success() {
            true => Ok(self),
            false => {
                Err(Stop::Failed(format!("{what} was refused with status {} ({})", self.status, self.code())))
            }
        }
    }

    /// Whether it says nothing of what was asked: the key may not do this, or the service is not able to now.
    fn is_beside_the_point(&self) -> bool {
        matches!(self.status, 401 | 403 | 429 | 500..)
    }

    /// The code of an error, if it is a word: whatever else could hold an id or a name.
    fn code(&self) -> &str {
        ["code", "error", "errorCode"]
            .iter()
            .find_map(|name| self.body[*name].as_str())
            .filter(|code| is_word(code))
            .unwrap_or("no code")
    }
}

/// Why a probe ended before it knew.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It cannot be tried, for this reason.
    NotTried(String),
    /// The service refused or did not respond: what was sent, and what came back.
    Failed(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTried(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

/// A request that undoes something.
type Undo = (Method, String, Option<Value>);

/// The client, the targets and the bounds.
pub struct Lab {
    client: Client,
    key: String,
    pub targets: Targets,
    pub bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: u32,
    last: Option<Instant>,
    undo: Vec<Undo>,
}

impl Lab {
    /// # Errors
    ///
    /// If the key or the base URL cannot be used.
    pub fn new(key: &str, base_url: Option<&str>, targets: Targets, bounds: Bounds) -> Result<Self, Error> {
        let mut builder = Client::builder().api_key(key).retry(Retry::never());
        if let Some(base_url) = base_url {
            builder = builder.base_url(base_url);
        }
        Ok(Self { client: builder.build()?, key: key.to_owned(), targets, bounds, state: Mutex::default() })
    }

    /// The API key, for the request that asks what it may do.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The path of the universe.
    pub fn universe(&self) -> Result<String, Stop> {
        Ok(format!("/cloud/v2/universes/{}", need(self.targets.universe, "a universe")?))
    }

    /// The ids of universe and place.
    pub fn place(&self) -> Result<(u64, u64), Stop> {
        Ok((need(self.targets.universe, "a universe")?, need(self.targets.place, "a place")?))
    }

    pub fn user(&self) -> Result<u64, Stop> {
        need(self.targets.user, "a user")
    }

    pub fn group(&self) -> Result<u64, Stop> {
        need(self.targets.group, "a group")
    }

    pub fn asset(&self) -> Result<u64, Stop> {
        need(self.targets.asset, "an asset")
    }

    /// The number of requests that were sent.
    pub fn sent(&self) -> u32 {
        self.state().sent
    }

    pub async fn get(&self, path: &str) -> Result<Exchange, Stop> {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Exchange, Stop> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Result<Exchange, Stop> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Exchange, Stop> {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a request once, within the bounds, where neither a refused key nor a failing service is what is looked for.
    ///
    /// # Errors
    ///
    /// [`Stop::NotTried`] beyond the number of requests, [`Stop::Failed`] without a response, and where that tells
    /// nothing of the fact: 401, 403, 429, 5xx.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Exchange, Stop> {
        let what = format!("a {method}");
        let found = self.send_as(method, path, body, None).await?;
        if found.is_beside_the_point() { found.expected(&what) } else { Ok(found) }
    }

    /// Sends a request once, within the bounds, and takes any response; also with another API key.
    ///
    /// # Errors
    ///
    /// [`Stop::NotTried`] beyond the number of requests, [`Stop::Failed`] without a response.
    pub async fn send_as(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Result<Exchange, Stop> {
        self.bounded(method, path, body.map(Content::Json), key).await
    }

    /// Sends bytes.
    ///
    /// # Errors
    ///
    /// As [`send_as`](Self::send_as).
    pub async fn upload(&self, path: &str, media_type: &str, bytes: Vec<u8>) -> Result<Exchange, Stop> {
        self.bounded(Method::POST, path, Some(Content::Bytes(media_type.to_owned(), bytes)), None).await
    }

    /// What every request of a probe goes through; only those that clean up do not.
    async fn bounded(
        &self,
        method: Method,
        path: &str,
        content: Option<Content>,
        key: Option<&str>,
    ) -> Result<Exchange, Stop> {
        if self.state().sent >= self.bounds.calls {
            return Err(Stop::NotTried(format!("the bound of {} requests is reached", self.bounds.calls)));
        }
        self.exchange(method, path, content, key).await
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        content: Option<Content>,
        key: Option<&str>,
    ) -> Result<Exchange, Stop> {
        self.keep_the_rate().await;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = self.client.request(method, path);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            request = request.query(name, decoded(value));
        }
        if let Some(key) = key {
            let credentials = Credentials::api_key(key).map_err(|error| Stop::Failed(error.to_string()))?;
            request = request.with_credentials(credentials);
        }
        request = match content {
            None => request,
            Some(Content::Json(body)) => request.json(&body),
            Some(Content::Bytes(media_type, bytes)) => request.bytes(media_type, bytes),
        };
        match request.send_bytes().await {
            Ok(response) => Ok(Exchange {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: read(&response),
            }),
            Err(error) => match (error.status(), error.headers(), error.body()) {
                (Some(status), Some(headers), Some(body)) => {
                    Ok(Exchange { status: status.as_u16(), headers: headers.clone(), body: read(body) })
                }
                _ => Err(Stop::Failed(format!("no response: {:?}", error.kind()))),
            },
        }
    }

    async fn keep_the_rate(&self) {
        let next = {
            let mut state = self.state();
            state.sent += 1;
            let now = Instant::now();
            let next = state.last.map_or(now, |last| (last + self.bounds.pause).max(now));
            state.last = Some(next);
            next
        };
        tokio::time::sleep_until(next).await;
    }

    /// Remembers a request that removes what a probe makes; it is sent when the probe has ended, however it ends.
    pub fn undo_later(&self, method: Method, path: impl Into<String>, body: Option<Value>) {
        self.state().undo.push((method, path.into(), body));
    }

    /// Sends what is remembered, the latest first. Returns the number of requests that failed other than by 404.
    pub(crate) async fn undo(&self) -> usize {
        let undo = std::mem::take(&mut self.state().undo);
        let mut failed = 0;
        for (method, path, body) in undo.into_iter().rev() {
            let outcome = self.exchange(method, &path, body.map(Content::Json), None).await;
            failed += usize::from(!outcome.is_ok_and(|done| done.is_success() || done.status == 404));
        }
        failed
    }

    /// A name that nothing else has.
    pub fn fresh_name(&self) -> String {
        let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
        format!("opencloud-live-{random:016x}")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is not for show.
        f.debug_struct("Lab").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// A value of a query without its percent-encoding, which the client adds again.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn need(id: Option<u64>, what: &str) -> Result<u64, Stop> {
    id.ok_or_else(|| Stop::NotTried(format!("it needs {what}")))
}

enum Content {
    Json(Value),
    Bytes(String, Vec<u8>),
}

fn read(body: &[u8]) -> Value {
    match body {
        b"" => Value::Null,
        body => serde_json::from_slice(body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(body: Value) -> String {
        let found = Exchange { status: 400, headers: HeaderMap::new(), body };
        found.expected("reading").expect_err("a refusal").to_string()
    }

    #[test]
    fn a_refusal_shows_words_of_the_api_alone() {
        assert_eq!(
            refused(json!({ "code": "NOT_FOUND" })),
            "reading was refused with status 400 (NOT_FOUND)"
        );
        for code in ["user-1999", "users/1999", "Builder is banned", "opencloud-live-7f", "1999"] {
            let expected = "reading was refused with status 400 (no code)";
            assert_eq!(refused(json!({ "code": code })), expected, "{code}");
        }
    }
}
