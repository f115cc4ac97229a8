use super::{
    Body, BodyStream, File, Form, Options, Response, checked_header, option_methods, path, response,
};
use crate::call::info::OperationInfo;
use crate::transport::{DEFAULT_HOST, PathValues};
use crate::{Client, Error};
use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// A request to anything, with the client's credentials, limits, retries and errors: for what this
/// crate has no method for yet. Made by [`Client::request`].
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// use http::Method;
/// use serde_json::json;
///
/// let answer = client
///     .request(Method::POST, "/cloud/v2/universes/1:publishMessage")
///     .json(&json!({ "topic": "news", "message": "hello" }))
///     .await?;
/// # let _: serde_json::Value = answer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a request is sent when it is awaited"]
pub struct Request {
    pub(super) client: Client,
    method: Method,
    target: String,
    query: Vec<(String, String)>,
    pub(super) headers: Vec<(http::HeaderName, http::HeaderValue)>,
    body: Body,
    pub(super) options: Options,
    problem: Option<Error>,
}

impl Request {
    pub(crate) fn new(client: Client, method: Method, target: String) -> Self {
        Self {
            client,
            method,
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            options: Options::default(),
            problem: None,
        }
    }

    /// Adds a query parameter, percent-encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a JSON body. A number that JSON cannot express (NaN, an infinity) fails the call, with its path.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        match super::encode::to_vec(body) {
            Ok(content) => self.body = Body::json(content),
            Err(error) => self.fail(error),
        }
        self
    }

    /// Sets a body of bytes.
    pub fn bytes(mut self, content_type: impl Into<String>, content: impl Into<Bytes>) -> Self {
        self.body =
            Body::Bytes { content_type: content_type.into(), content: content.into(), is_file: false };
        self
    }

    /// Sets a body that is a file, of its media type or else `application/octet-stream`.
    pub fn file(mut self, file: impl Into<File>) -> Self {
        let file = file.into();
        let content_type = file.content_type().unwrap_or("application/octet-stream").to_owned();
        self.body = file.into_body(content_type);
        self
    }

    /// Sets a body that is a `multipart/form-data` form.
    pub fn form(mut self, form: Form) -> Self {
        self.body = Body::Form(form);
        self
    }

    /// Sets a body that is read while it is sent. The request is then sent once at most.
    pub fn stream(mut self, stream: BodyStream) -> Self {
        self.body = Body::Stream(stream);
        self
    }

    /// Sends no credential: for presigned URLs.
    pub fn without_credentials(mut self) -> Self {
        self.options.anonymous = true;
        self
    }

    option_methods!();

    /// Makes this request as the helper is made that it is a step of.
    #[allow(dead_code, reason = "an area need not have such a helper")]
    pub(crate) fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Adds a header, or replaces it.
    pub fn with_header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match checked_header(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.retain(|(known, _)| *known != name);
                self.headers.push((name, value));
            }
            Err(problem) => self.fail(problem),
        }
        self
    }

    /// Sends the request and returns the answer as JSON; an empty one is null.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send(self) -> Result<Response<Value>, Error> {
        self.send_as().await
    }

    /// Sends the request and returns the answer as a type of yours.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send_as<T: DeserializeOwned + Send + 'static>(self) -> Result<Response<T>, Error> {
        let (operation, request) = self.prepare()?;
        let read = |reply: &http::Response<Bytes>| {
            response::read(reply).map_err(|error| self.named(error, operation))
        };
        let mut value = None;
        let mut accept = |reply: &http::Response<Bytes>| {
            value = Some(read(reply)?);
            Ok(())
        };
        let reply = self.client.exchange(operation, request, &self.options, &mut accept).await?;
        let value = value.map_or_else(|| read(&reply), Ok)?;
        Ok(Response::raw(operation, reply).with(value))
    }

    /// Sends the request and returns the answer's bytes as they came. If they are JSON, by their content
    /// type, and end too early, the attempt has failed.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send_bytes(self) -> Result<Response<Bytes>, Error> {
        let (operation, request) = self.prepare()?;
        let reply = self.client.exchange(operation, request, &self.options, &mut whole).await?;
        Ok(Response::raw(operation, reply))
    }

    fn fail(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }

    /// The request as it is sent, and the operation of the table that it calls.
    pub(super) fn prepare(&self) -> Result<(Option<&'static OperationInfo>, http::Request<Body>), Error> {
        let (host, path) = place(&self.target);
        let known = known(&self.method, &host, path);
        let operation = known.as_ref().map(|(operation, _)| *operation);
        let named = |error: Error| self.named(error, operation);
        if let Some(problem) = self.problem.clone() {
            return Err(named(problem));
        }
        let mut target = self.url().map_err(named)?;
        for (name, value) in &self.query {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.extend(path::encode(name));
            target.push('=');
            target.extend(path::encode(value));
        }
        let mut request = http::Request::builder().method(self.method.clone()).uri(target);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.iter().cloned());
        }
        let mut request = request
            .body(self.body.clone())
            .map_err(|error| named(Error::invalid_request(error.to_string())))?;
        if let Some((_, values)) = known {
            request.extensions_mut().insert(PathValues(values));
        }
        Ok((operation, request))
    }

    pub(super) fn named(&self, error: Error, operation: Option<&'static OperationInfo>) -> Error {
        name(error, operation, &self.method, &self.target)
    }

    /// The URL without the query that was added.
    fn url(&self) -> Result<String, Error> {
        if self.target.starts_with('/') {
            path::check_whole(&self.target)?;
            return Ok(format!("{}{}", self.client.origin(DEFAULT_HOST), self.target));
        }
        self.client.locate(&self.target)
    }
}

impl IntoFuture for Request {
    type Output = Result<Value, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.send().await.map(Response::into_inner) })
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (host, path) = place(&self.target);
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &host)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

/// The host and path of a target. A presigned URL's query is as good as a secret, so it is left out.
fn place(target: &str) -> (String, &str) {
    let path_of = |rest: &'_ str| rest.find(['?', '#']).unwrap_or(rest.len());
    match target.split_once("://") {
        None => (DEFAULT_HOST.to_owned(), &target[..path_of(target)]),
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host[..path_of(host)].to_ascii_lowercase();
            let usual = if scheme.eq_ignore_ascii_case("http") { ":80" } else { ":443" };
            (host.strip_suffix(usual).unwrap_or(&host).to_owned(), &path[..path_of(path)])
        }
    }
}

/// Says in an error what was called.
fn name(error: Error, operation: Option<&'static OperationInfo>, method: &Method, target: &str) -> Error {
    match operation {
        Some(operation) => error.of(operation),
        None => error.at(method, place(target).1),
    }
}

/// Refuses JSON that ends too early.
fn whole(reply: &http::Response<Bytes>) -> Result<(), Error> {
    let content_type = reply.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| value.starts_with("application/json"));
    match is_json && response::ends_too_early(reply.body()) {
        true => response::read::<IgnoredAny>(reply).map(drop),
        false => Ok(()),
    }
}

/// The operation of the table that a request calls, and the values in its path: its limits, scopes
/// and retry rules then hold here too.
fn known(method: &Method, host: &str, path: &str) -> Option<(&'static OperationInfo, Vec<String>)> {
    crate::operations::ALL
        .iter()
        .filter(|operation| operation.method == *method && operation.host == host)
        .filter_map(|operation| Some((*operation, values(operation.path, path)?)))
        // `/a/b` is its own operation, not `/a/{id}`.
        .min_by_key(|(_, values)| values.len())
}

/// The values that a template's parameters have in a path, if it is a path of that template.
fn values(template: &str, path: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        let Some((before, rest)) = part.split_once('{') else {
            if part != segment {
                return None;
            }
            continue;
        };
        let (_, after) = rest.split_once('}')?;
        let value = segment.strip_prefix(before)?.strip_suffix(after)?;
        if value.is_empty() || value.contains(':') {
            return None;
        }
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        values.push(value.into_owned());
    }
    segments.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_with_templates() {
        for (template, path, expected) in [
            ("/a/{id}", "/a/1", Some(vec!["1"])),
            ("/a/{id}/b/{key}:verb", "/a/1/b/x%2Fy:verb", Some(vec!["1", "x/y"])),
            ("/a/{id}", "/a/1:verb", None),
            ("/a/{id}:verb", "/a/1", None),
            ("/a/{id}", "/a/", None),
            ("/a/{id}", "/a/1/2", None),
            ("/a/{id}/b", "/a/1", None),
            ("/a", "/a", Some(vec![])),
        ] {
            let expected = expected.map(|values| values.into_iter().map(str::to_owned).collect());
            assert_eq!(values(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn a_presigned_query_is_not_shown() {
        assert_eq!(place("https://CDN.example/a?secret#x"), ("cdn.example".to_owned(), "/a"));
        assert_eq!(place("https://cdn.example?secret"), ("cdn.example".to_owned(), ""));
        assert_eq!(place("/a/b?c"), (DEFAULT_HOST.to_owned(), "/a/b"));
    }

    #[test]
    fn a_usual_port_is_no_other_host() {
        for (target, host) in [
            ("https://APIS.roblox.com:443/a", "apis.roblox.com"),
            ("http://localhost:80/a", "localhost"),
            ("http://localhost:443/a", "localhost:443"),
        ] {
            assert_eq!(place(target).0, host);
        }
    }
}
