use super::errors;
use crate::Error;
use crate::spec::{ExpectedFields, OperationInfo, RateLimitStatus};
use crate::transport::{Exchanged, Origin};
use crate::wire::decode::{self, Failure, Ids, ends_too_early, json_text};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::any::TypeId;
use std::borrow::Cow;
use std::ops::Deref;

/// A response: what it says, and how it came.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    origin: Origin,
}

impl<T> Response<T> {
    /// Of an operation of the table, if it is one.
    pub(crate) fn new(operation: Option<&'static OperationInfo>, exchanged: Exchanged, value: T) -> Self {
        Self { value, origin: Origin::of(operation, exchanged) }
    }

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

    /// What the response says.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same response, of which something else is looked at.
    #[cfg_attr(not(all(feature = "helpers", feature = "places")), allow(dead_code))]
    pub(crate) fn map<U>(self, of: impl FnOnce(T) -> U) -> Response<U> {
        Response { value: of(self.value), origin: self.origin }
    }

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
        result: Exchanged,
    ) -> Result<Self, Error> {
        let expects = started_by.long_running.map_or(ExpectedFields::default(), |info| info.expects);
        let value = read_body(&result, result.body(), expects, Ids::new())
            .map_err(|error| error.with_operation(started_by))?;
        Ok(Self::new(Some(started_by), result, value))
    }
}

/// What a response of an operation says. `requested` are the ids that it may leave out.
pub(crate) fn decode<T: DeserializeOwned + 'static>(
    operation: &'static OperationInfo,
    requested: Ids,
    exchanged: &Exchanged,
) -> Result<T, Error> {
    let may_be_nothing = || serde_json::from_str::<T>("null").is_ok();
    let read = told(operation, exchanged, &may_be_nothing)
        .and_then(|body| read_body(exchanged, &body, operation.expects, requested));
    read.map_err(|error| error.with_operation(operation))
}

/// What a response of an operation says, unless it is an error or is cut short. Like all that does not depend on the
/// type that is read, it stands outside of the function that is compiled for each of them.
fn told<'a>(
    operation: &OperationInfo,
    exchanged: &'a Exchanged,
    may_be_nothing: &dyn Fn() -> bool,
) -> Result<Cow<'a, [u8]>, Error> {
    if let Some(error) = operation.errors_in_success.and_then(|errors| errors::told(errors, exchanged)) {
        return Err(error);
    }
    let body = json_text(exchanged.body());
    check_begun(operation, exchanged, body, may_be_nothing)?;
    Ok(match operation.bare_list {
        Some(name) if body.starts_with(b"[") => wrap(name, body).into(),
        _ => body.into(),
    })
}

/// The object that a bare array stands for: its one property.
fn wrap(name: &str, list: &[u8]) -> Vec<u8> {
    [format!("{{{name:?}:").as_bytes(), list, b"}"].concat()
}

/// As [`decode`], where it is not known which operation was called.
pub(crate) fn read<T: DeserializeOwned + 'static>(exchanged: &Exchanged) -> Result<T, Error> {
    read_body(exchanged, exchanged.body(), ExpectedFields::default(), Ids::new())
}

/// Reads the body. An empty one means nothing was said, which a type without required fields, a
/// unit, an `Option` and a JSON value can express.
fn read_body<T: DeserializeOwned + 'static>(
    exchanged: &Exchanged,
    body: &[u8],
    mut expects: ExpectedFields,
    requested: Ids,
) -> Result<T, Error> {
    let body = json_text(body);
    if body.is_empty() && expects.main.is_some() {
        // Nothing to list is 204 (MS-03), null or an empty list: what ends before its first byte is cut short (CN-03).
        check_status_of_empty(exchanged)?;
        // An empty list needs nothing else.
        expects.required = &[];
    }
    // Only ever read from text: from bytes, the reader of every type would be instantiated once more.
    let text = decode::utf8(body);
    let outcome = match &*text {
        // `()` stands for a response that says nothing, whatever the service puts there.
        _ if TypeId::of::<T>() == TypeId::of::<()>() => serde_json::from_str("null").map_err(Failure::Json),
        "" => serde_json::from_str("null").or_else(|_| decode::response("{}", expects, requested)),
        text => decode::response(text, expects, requested),
    };
    outcome.map_err(|failure| failed(exchanged, &text, failure))
}

/// The error of a body that cannot be read.
fn failed(exchanged: &Exchanged, text: &str, failure: Failure) -> Error {
    exchanged.attach_to(match failure {
        Failure::Json(error) => {
            let path = decode::path(text.as_bytes(), error.line(), error.column());
            match ends_too_early(exchanged.body()) {
                true => Error::cut_short(&path, error),
                false => Error::undecodable(&path, error),
            }
        }
        Failure::Lacks(what) => Error::unusable_response(what),
    })
}

/// Refuses an empty response to a read (CN-03): an object without any field would be made of it. There may be nothing
/// to read where the status says so (204), and where the type does.
fn check_begun(
    operation: &OperationInfo,
    exchanged: &Exchanged,
    body: &[u8],
    may_be_nothing: &dyn Fn() -> bool,
) -> Result<(), Error> {
    match body.is_empty() && operation.only_reads() && !may_be_nothing() {
        true => check_status_of_empty(exchanged),
        false => Ok(()),
    }
}

/// Refuses an empty body as cut short, unless the status says that there is none (204).
fn check_status_of_empty(exchanged: &Exchanged) -> Result<(), Error> {
    match serde_json::from_str::<IgnoredAny>("") {
        Err(error) if exchanged.status() != http::StatusCode::NO_CONTENT => {
            Err(exchanged.attach_to(Error::cut_short(".", error)))
        }
        _ => Ok(()),
    }
}
