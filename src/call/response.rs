use super::errors;
use crate::call::info::{ExpectedFields, OperationInfo};
use crate::decode::Failure;
use crate::transport::RateLimitStatus;
use crate::{Credentials, Error};
use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::any::TypeId;
use std::ops::Deref;

/// An answer: what it says, and how it came.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    status: http::StatusCode,
    headers: http::HeaderMap,
    attempts: u32,
}

/// How many times a request was sent before this answer; rides in the reply's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts(pub(crate) u32);

/// When the request was sent whose answer this is, before it left; rides in the reply's extensions.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "an area need not ask")]
pub(crate) struct SentAt(pub(crate) tokio::time::Instant);

/// The key or token that an answer was got with, which no message about the answer may repeat;
/// rides in the reply's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Secret(pub(crate) Credentials);

impl<T> Response<T> {
    /// The HTTP status.
    pub fn status(&self) -> http::StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &http::HeaderMap {
        &self.headers
    }

    /// What the headers say of the operation's rate limit, as far as they say it.
    pub fn rate_limit(&self) -> RateLimitStatus {
        RateLimitStatus::read(&self.headers)
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the answer says.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> Response<T> {
    /// Decodes the result of a long-running operation, which is not what the call that has started it
    /// responds with.
    pub(crate) fn decode_result(
        started_by: &'static OperationInfo,
        result: http::Response<Bytes>,
    ) -> Result<Self, Error> {
        let expects = started_by.long_running.map_or(ExpectedFields::default(), |info| info.expects);
        let value =
            read_body(&result, result.body(), expects, false).map_err(|error| error.of(started_by))?;
        Ok(Response::raw(result).with(value))
    }
}

/// What a response of an operation says.
pub(crate) fn decode<T: DeserializeOwned + 'static>(
    operation: &'static OperationInfo,
    reply: &http::Response<Bytes>,
) -> Result<T, Error> {
    if let Some(error) = operation.errors_in_success.and_then(|errors| errors::told(errors, reply)) {
        return Err(error.of(operation));
    }
    let expects = operation.expects;
    let read = match operation.bare_list {
        Some(name) if json_text(reply.body()).starts_with(b"[") => {
            read_body(reply, &wrap(name, json_text(reply.body())), expects, operation.only_reads())
        }
        _ => read_body(reply, reply.body(), expects, operation.only_reads()),
    };
    read.map_err(|error| error.of(operation))
}

impl Response<Bytes> {
    /// The answer as it came.
    pub(crate) fn raw(reply: http::Response<Bytes>) -> Self {
        let attempts = attempts(&reply);
        let (parts, value) = reply.into_parts();
        Self { value, status: parts.status, headers: parts.headers, attempts }
    }

    pub(crate) fn with<T>(self, value: T) -> Response<T> {
        Response { value, status: self.status, headers: self.headers, attempts: self.attempts }
    }
}

/// The JSON in a body: without the byte order mark and the blanks that services put around it.
pub(crate) fn json_text(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii()
}

/// The object that a bare array stands for: its one property.
fn wrap(name: &str, list: &[u8]) -> Bytes {
    [format!("{{{name:?}:").as_bytes(), list, b"}"].concat().into()
}

/// How many times the request was sent that this is the response of.
pub(super) fn attempts(reply: &http::Response<Bytes>) -> u32 {
    reply.extensions().get::<Attempts>().map_or(1, |attempts| attempts.0)
}

/// How long an answer asks to wait, if it does.
pub(crate) fn asked_wait(reply: &http::Response<Bytes>) -> Option<std::time::Duration> {
    RateLimitStatus::read(reply.headers()).wait(reply.status())
}

/// As [`decode`], where it is not known which operation was called.
pub(crate) fn read<T: DeserializeOwned + 'static>(reply: &http::Response<Bytes>) -> Result<T, Error> {
    read_body(reply, reply.body(), ExpectedFields::default(), false)
}

/// Reads the body. An empty one means nothing was said, which a type without required fields, a
/// unit, an `Option` and a JSON value can express. Who only reads asks for something, though: an empty body of
/// another status than 204 is then cut short, unless the type says that there may be nothing.
fn read_body<T: DeserializeOwned + 'static>(
    reply: &http::Response<Bytes>,
    body: &[u8],
    mut expects: ExpectedFields,
    only_reads: bool,
) -> Result<T, Error> {
    let body = json_text(body);
    if body.is_empty() && (expects.main.is_some() || (only_reads && !may_be_nothing::<T>())) {
        // Nothing to list is 204 (MS-03), null or an empty list: what ends before its first byte is cut short (CN-03).
        let is_cut = reply.status() != http::StatusCode::NO_CONTENT;
        if let Some(error) = is_cut.then(|| serde_json::from_slice::<IgnoredAny>(body).err()).flatten() {
            return Err(Error::cut_short(reply, ".", error));
        }
        if expects.main.is_some() {
            // An empty list needs nothing else.
            expects.required = &[];
        }
    }
    let outcome = match body {
        // `()` stands for an answer that says nothing, whatever the service puts there.
        _ if TypeId::of::<T>() == TypeId::of::<()>() => {
            serde_json::from_slice(b"null").map_err(Failure::Json)
        }
        b"" => serde_json::from_slice(b"null").or_else(|_| crate::decode::response(b"{}", expects)),
        body => crate::decode::response(body, expects),
    };
    outcome.map_err(|failure| match failure {
        Failure::Json(error) => {
            let path = crate::decode::path(body, error.line(), error.column());
            match ends_too_early(reply.body()) {
                true => Error::cut_short(reply, &path, error),
                false => Error::undecodable(reply, &path, error),
            }
        }
        Failure::Lacks(what) => Error::unusable_answer(what).with_reply(reply),
    })
}

/// Whether a type has a value for a response that says nothing.
fn may_be_nothing<T: DeserializeOwned>() -> bool {
    serde_json::from_slice::<T>(b"null").is_ok()
}

/// Whether a body is JSON that ends too early (CN-03). The body decides, not the type that it was read
/// as, which may have failed before the end; so this is asked only where reading has failed.
pub(crate) fn ends_too_early(body: &[u8]) -> bool {
    let body = json_text(body);
    !body.is_empty() && serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof())
}
