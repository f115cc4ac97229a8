use super::errors;
use crate::call::info::{ExpectedFields, OperationInfo};
use crate::decode::{Failure, Ids};
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
    origin: Origin,
}

/// What is known of a response besides its body. An error about what the body says is told it, so that it
/// names the operation, status, headers and attempts as an error of the call itself does.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) operation: Option<&'static OperationInfo>,
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) secret: Option<Secret>,
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
        self.origin.status
    }

    /// The headers.
    pub fn headers(&self) -> &http::HeaderMap {
        &self.origin.headers
    }

    /// What the headers say of the operation's rate limit, as far as they say it.
    pub fn rate_limit(&self) -> RateLimitStatus {
        RateLimitStatus::read(&self.origin.headers)
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.origin.attempts
    }

    /// What the answer says.
    pub fn into_inner(self) -> T {
        self.value
    }

    #[allow(dead_code, reason = "an area need not read what responses say")]
    pub(crate) fn into_parts(self) -> (T, Origin) {
        (self.value, self.origin)
    }

    /// An error about what this response says.
    pub(crate) fn blame(&self, error: Error) -> Error {
        self.origin.blame(error)
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
            read_body(&result, result.body(), expects, Ids::new()).map_err(|error| error.of(started_by))?;
        Ok(Response::raw(Some(started_by), result).with(value))
    }
}

/// What a response of an operation says. `requested` are the ids that it may leave out.
pub(crate) fn decode<T: DeserializeOwned + 'static>(
    operation: &'static OperationInfo,
    requested: Ids,
    reply: &http::Response<Bytes>,
) -> Result<T, Error> {
    if let Some(error) = operation.errors_in_success.and_then(|errors| errors::told(errors, reply)) {
        return Err(error.of(operation));
    }
    if let Some(error) = cut_before_its_first_byte::<T>(operation, reply) {
        return Err(error.of(operation));
    }
    let expects = operation.expects;
    let read = match operation.bare_list {
        Some(name) if json_text(reply.body()).starts_with(b"[") => {
            read_body(reply, &wrap(name, json_text(reply.body())), expects, requested)
        }
        _ => read_body(reply, reply.body(), expects, requested),
    };
    read.map_err(|error| error.of(operation))
}

impl Response<Bytes> {
    /// The answer as it came, of an operation of the table if it is one.
    pub(crate) fn raw(operation: Option<&'static OperationInfo>, reply: http::Response<Bytes>) -> Self {
        let origin = Origin::of(operation, &reply);
        Self { value: reply.into_body(), origin }
    }

    pub(crate) fn with<T>(self, value: T) -> Response<T> {
        Response { value, origin: self.origin }
    }
}

impl Origin {
    pub(crate) fn of(operation: Option<&'static OperationInfo>, reply: &http::Response<Bytes>) -> Self {
        Self {
            operation,
            status: reply.status(),
            headers: reply.headers().clone(),
            attempts: attempts(reply),
            secret: reply.extensions().get().cloned(),
        }
    }

    /// An error about what this response says.
    pub(crate) fn blame(&self, error: Error) -> Error {
        let error = error.with_origin(self);
        match self.operation {
            Some(operation) => error.of(operation),
            None => error,
        }
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Origin")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
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
    read_body(reply, reply.body(), ExpectedFields::default(), Ids::new())
}

/// Reads the body. An empty one means nothing was said, which a type without required fields, a
/// unit, an `Option` and a JSON value can express.
fn read_body<T: DeserializeOwned + 'static>(
    reply: &http::Response<Bytes>,
    body: &[u8],
    mut expects: ExpectedFields,
    requested: Ids,
) -> Result<T, Error> {
    let body = json_text(body);
    if body.is_empty() && expects.main.is_some() {
        // Nothing to list is 204 (MS-03), null or an empty list: what ends before its first byte is cut short (CN-03).
        let is_cut = reply.status() != http::StatusCode::NO_CONTENT;
        if let Some(error) = is_cut.then(|| serde_json::from_slice::<IgnoredAny>(body).err()).flatten() {
            return Err(Error::cut_short(reply, ".", error));
        }
        // An empty list needs nothing else.
        expects.required = &[];
    }
    let outcome = match body {
        // `()` stands for an answer that says nothing, whatever the service puts there.
        _ if TypeId::of::<T>() == TypeId::of::<()>() => {
            serde_json::from_slice(b"null").map_err(Failure::Json)
        }
        b"" => {
            serde_json::from_slice(b"null").or_else(|_| crate::decode::response(b"{}", expects, requested))
        }
        body => crate::decode::response(body, expects, requested),
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

/// The error that an empty response to a read is (CN-03): an object without any field would be made of it. There may
/// be nothing to read where the status says so (204), and where the type does.
fn cut_before_its_first_byte<T: DeserializeOwned>(
    operation: &OperationInfo,
    reply: &http::Response<Bytes>,
) -> Option<Error> {
    let body = json_text(reply.body());
    let is_empty = body.is_empty() && reply.status() != http::StatusCode::NO_CONTENT;
    let may_be_nothing = || serde_json::from_slice::<T>(b"null").is_ok();
    let is_cut = is_empty && operation.only_reads() && !may_be_nothing();
    let error = is_cut.then(|| serde_json::from_slice::<IgnoredAny>(body).err()).flatten()?;
    Some(Error::cut_short(reply, ".", error))
}

/// Whether a body is JSON that ends too early (CN-03). The body decides, not the type that it was read
/// as, which may have failed before the end; so this is asked only where reading has failed.
pub(crate) fn ends_too_early(body: &[u8]) -> bool {
    let body = json_text(body);
    !body.is_empty() && serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof())
}
