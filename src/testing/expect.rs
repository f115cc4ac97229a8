use crate::body::Body;
use crate::wire::debug_fields;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// A request that is expected. What is not said may be anything.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    method: Option<Method>,
    path: Option<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    json: Option<Value>,
}

impl Expect {
    /// Any request.
    pub fn any() -> Self {
        Self::default()
    }

    /// A request of this method and path, the path as it is sent (`/cloud/v2/users/1`).
    pub fn request(method: Method, path: impl Into<String>) -> Self {
        Self { method: Some(method), path: Some(path.into()), ..Self::default() }
    }

    /// A GET of this path.
    pub fn get(path: impl Into<String>) -> Self {
        Self::request(Method::GET, path)
    }

    /// A POST to this path.
    pub fn post(path: impl Into<String>) -> Self {
        Self::request(Method::POST, path)
    }

    /// A PATCH of this path.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::request(Method::PATCH, path)
    }

    /// A PUT to this path.
    pub fn put(path: impl Into<String>) -> Self {
        Self::request(Method::PUT, path)
    }

    /// A DELETE of this path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::request(Method::DELETE, path)
    }

    /// With this query parameter; there may be others.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// With this header; there may be others.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With exactly this JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Value>) -> Self {
        self.json = Some(body.into());
        self
    }

    /// What is not as expected, if anything.
    pub(super) fn mismatch(&self, received: &Received) -> Option<String> {
        if self.method.as_ref().is_some_and(|method| *method != received.method) {
            return Some("the method differs".to_owned());
        }
        if self.path.as_ref().is_some_and(|path| *path != received.path) {
            return Some("the path differs".to_owned());
        }
        if let Some((name, _)) = self.query.iter().find(|pair| !received.query.contains(pair)) {
            return Some(format!("the query parameter `{name}` is missing or differs"));
        }
        let has = |name: &str, value: &str| received.headers.get_all(name).iter().any(|known| known == value);
        if let Some((name, _)) = self.headers.iter().find(|(name, value)| !has(name, value)) {
            return Some(format!("the header `{name}` is missing or differs"));
        }
        if self.json.is_some() && self.json != received.json() {
            return Some("the JSON body differs".to_owned());
        }
        None
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.method.as_ref().map_or("any", Method::as_str),
            self.path.as_deref().unwrap_or("path")
        )?;
        write_query(f, &self.query)
    }
}

/// A request that was received.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// The method.
    pub method: Method,
    /// Where it was sent to, as it was sent.
    pub uri: Uri,
    /// The host it was sent to.
    pub host: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The headers, the credential among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// The time between the creation of the script and this request, on tokio's clock.
    pub elapsed: Duration,
}

impl Received {
    pub(super) fn new(request: http::Request<Body>, elapsed: Duration) -> Self {
        let (parts, body) = request.into_parts();
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let query = parts.uri.query().unwrap_or_default();
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        Self {
            host: parts.uri.host().unwrap_or_default().to_owned(),
            path: parts.uri.path().to_owned(),
            query,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            elapsed,
        }
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body's bytes, if it is neither a form nor a stream.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.body {
            Body::Bytes { content, .. } => Some(content),
            _ => None,
        }
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.bytes()?).ok()
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        write_query(f, &self.query)
    }
}

debug_fields!(Received { method, host, path, query, elapsed });

fn write_query(f: &mut fmt::Formatter<'_>, query: &[(String, String)]) -> fmt::Result {
    for (count, (name, value)) in query.iter().enumerate() {
        write!(f, "{}{name}={value}", if count == 0 { '?' } else { '&' })?;
    }
    Ok(())
}
