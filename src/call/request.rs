use super::{Response, checked_header, option_methods, response};
use crate::body::{Body, BodyStream, File, Form, json};
use crate::client::Options;
use crate::spec::OperationInfo;
use crate::transport::{DEFAULT_HOST, Exchanged, PreparedRequest};
use crate::wire::decode::ends_too_early;
use crate::wire::path::{self, PathTemplate, encode};
use crate::{Client, Error};
use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// One segment of a path for [`Client::request`]: an id or key of any text, percent-encoded so that it stays
/// one segment.
///
/// ```
/// # fn main() -> Result<(), opencloud::Error> {
/// let entry = opencloud::path_segment("player/12:increment")?;
/// assert_eq!(entry, "player%2F12%3Aincrement");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If no encoding makes it safe: if it is empty, `.` or `..`, or holds a control character.
pub fn path_segment(value: impl AsRef<str>) -> Result<String, Error> {
    path::segment(value.as_ref()).map_err(Error::invalid_request)
}

/// A request to anything, with the client's credentials, limits, retries and errors: for what this
/// crate has no method for yet. Made by [`Client::request`].
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// use http::Method;
/// use serde_json::json;
///
/// let response = client
///     .request(Method::POST, "/cloud/v2/universes/1:publishMessage")
///     .json(&json!({ "topic": "news", "message": "hello" }))
///     .await?;
/// # let _: serde_json::Value = response;
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

impl Client {
    /// A request to anything, with this client's credentials, limits, retries and errors: for what
    /// this crate has no method for yet.
    ///
    /// `target` is a path of `apis.roblox.com` (`/cloud/v2/users/1`), or a whole URL. The credential
    /// goes to the hosts of Open Cloud only, so a URL of another host (a presigned upload, a CDN) is
    /// called without. Put ids into paths with [`path_segment`](path_segment). If the
    /// request is one of the operations of this crate, that operation's limits and retry rules hold.
    pub fn request(&self, method: http::Method, target: impl Into<String>) -> Request {
        let target = target.into();
        let anonymous = self.is_public(&place(&target).0);
        Request {
            client: self.clone(),
            method,
            target,
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            options: Options { anonymous, ..Options::default() },
            problem: None,
        }
    }
}

impl Request {
    /// Adds a query parameter, percent-encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a JSON body. A number that JSON cannot express (NaN, an infinity) fails the call, with its path.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        match json::to_vec(body) {
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
        self.body = Body::file(file, content_type);
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

    /// Sends the request and returns the response as JSON; an empty one is null.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send(self) -> Result<Response<Value>, Error> {
        self.send_as().await
    }

    /// Sends the request and returns the response as a type of yours.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send_as<T: DeserializeOwned + Send + 'static>(self) -> Result<Response<T>, Error> {
        let mut request = self.prepare()?;
        let operation = request.operation;
        let mut value = None;
        let mut accept = |exchanged: &Exchanged| {
            value = Some(response::read(exchanged).map_err(|error| self.named(error, operation))?);
            Ok(())
        };
        let exchanged = self.client.exchange(&mut request, &self.options, None, &mut accept).await?;
        let value = value.ok_or_else(|| Error::unusable_response("the response was not read"))?;
        Ok(Response::new(operation, exchanged, value))
    }

    /// Sends the request and returns the response's bytes as they came. If they are JSON, by their content
    /// type, and end too early, the attempt has failed.
    ///
    /// # Errors
    ///
    /// As for every call: see [`Error`].
    pub async fn send_bytes(self) -> Result<Response<Bytes>, Error> {
        let mut request = self.prepare()?;
        let operation = request.operation;
        let exchanged = self.client.exchange(&mut request, &self.options, None, &mut whole).await?;
        let body = exchanged.body().clone();
        Ok(Response::new(operation, exchanged, body))
    }

    fn fail(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }

    /// The request as it is sent.
    pub(super) fn prepare(&self) -> Result<PreparedRequest, Error> {
        let (host, path) = place(&self.target);
        let known = known(&self.method, &host, path);
        let operation = known.as_ref().map(|(operation, _)| *operation);
        let path_values = known.map(|(_, values)| values).unwrap_or_default();
        let http = self.request().map_err(|error| self.named(error, operation))?;
        Ok(PreparedRequest { operation, path_values, http, shows_path: false })
    }

    fn request(&self) -> Result<http::Request<Body>, Error> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let mut target = self.url()?;
        for (name, value) in &self.query {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.extend(encode(name));
            target.push('=');
            target.extend(encode(value));
        }
        let mut request = http::Request::builder().method(self.method.clone()).uri(target);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.iter().cloned());
        }
        request.body(self.body.clone()).map_err(|error| Error::invalid_request(error.to_string()))
    }

    /// Says in an error what was called.
    pub(super) fn named(&self, error: Error, operation: Option<&'static OperationInfo>) -> Error {
        match operation {
            Some(operation) => error.with_operation(operation),
            None => error.with_request(&self.method, place(&self.target).1),
        }
    }

    /// The URL without the query that was added.
    fn url(&self) -> Result<String, Error> {
        if self.target.starts_with('/') {
            path::check_whole(&self.target).map_err(Error::invalid_request)?;
            return Ok(format!("{}{}", self.client.base(DEFAULT_HOST)?.as_str(), self.target));
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

/// Refuses JSON that ends too early.
fn whole(exchanged: &Exchanged) -> Result<(), Error> {
    let content_type =
        exchanged.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| value.starts_with("application/json"));
    match is_json && ends_too_early(exchanged.body()) {
        true => response::read::<IgnoredAny>(exchanged).map(drop),
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

/// The values of a template's parameters in a path, percent-decoded, if it is a path of that template.
fn values(template: &str, path: &str) -> Option<Vec<String>> {
    let values = PathTemplate(template).capture(path)?;
    let decode = |value: &str| {
        // A colon would begin the verb of another operation.
        let is_value = !value.is_empty() && !value.contains(':');
        is_value.then(|| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    values.into_iter().map(decode).collect()
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
