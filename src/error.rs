//! The one error.

use crate::call::info::OperationInfo;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a call failed: what was tried, what the service said, and what is known of its effect.
///
/// Cloning it is cheap.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    code: Option<String>,
    operation: Option<&'static OperationInfo>,
    reply: Option<Reply>,
    attempts: u32,
    may_have_been_applied: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    resume_token: Option<String>,
    operation_name: Option<String>,
}

#[derive(Clone)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly.
    Configuration,
    /// The call was refused before it was sent: its input cannot be sent.
    InvalidRequest,
    /// The service could not be reached.
    Connect,
    /// The connection failed after the request was sent.
    Io,
    /// The time ran out.
    Timeout,
    /// The service refused the request (a 4xx status without a kind of its own).
    Refused,
    /// The credential is missing, wrong or expired (401).
    Unauthenticated,
    /// The credential may not do this (403).
    PermissionDenied,
    /// What was asked for does not exist (404).
    NotFound,
    /// Someone else changed it, or its state forbids this (409, 412).
    Conflict,
    /// Too many requests (429).
    RateLimited,
    /// The service failed (5xx).
    Service,
    /// The answer is larger than allowed.
    ResponseTooLarge,
    /// The answer could not be read.
    Decode,
    /// A long-running operation failed.
    Operation,
    /// A list repeated itself.
    Paging,
}

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            code: None,
            operation: None,
            reply: None,
            attempts: 0,
            may_have_been_applied: false,
            source: None,
            resume_token: None,
            operation_name: None,
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    pub(crate) fn paging(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Paging, message)
    }

    pub(crate) fn encode(error: serde_json::Error) -> Self {
        Self::invalid_request(format!("the body cannot be written as JSON: {error}"))
    }

    pub(crate) fn io(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source: Arc<dyn StdError + Send + Sync> = source.into().into();
        Self::new(kind, causes(&*source)).change(|inner| {
            inner.may_have_been_applied = kind != ErrorKind::Connect;
            inner.source = Some(source);
        })
    }

    pub(crate) fn timeout(seconds: f64) -> Self {
        Self::new(ErrorKind::Timeout, format!("no answer within {seconds} seconds"))
            .change(|inner| inner.may_have_been_applied = true)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(ErrorKind::ResponseTooLarge, format!("the answer is larger than {limit} bytes"))
            .change(|inner| inner.may_have_been_applied = true)
    }

    pub(crate) fn operation_failed(code: Option<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Operation, message).change(|inner| inner.code = code)
    }

    /// The one converter of answers that are no success.
    pub(crate) fn status(operation: &'static OperationInfo, reply: &http::Response<Bytes>) -> Self {
        let status = reply.status();
        let kind = match status.as_u16() {
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            404 => ErrorKind::NotFound,
            409 | 412 => ErrorKind::Conflict,
            429 => ErrorKind::RateLimited,
            408 => ErrorKind::Timeout,
            500..=599 => ErrorKind::Service,
            _ => ErrorKind::Refused,
        };
        let said = body::read(reply.body());
        let message = said
            .message
            .unwrap_or_else(|| status.canonical_reason().unwrap_or("the service gave no reason").to_owned());
        Self::new(kind, message)
            .change(|inner| {
                inner.code = said.code;
                inner.may_have_been_applied = matches!(kind, ErrorKind::Service | ErrorKind::Timeout);
            })
            .with_reply(reply)
            .of(operation)
    }

    pub(crate) fn decode(
        operation: &'static OperationInfo,
        reply: &http::Response<Bytes>,
        path: &str,
        error: serde_json::Error,
    ) -> Self {
        Self::new(ErrorKind::Decode, format!("the answer cannot be read at `{path}`: {error}"))
            .change(|inner| {
                inner.may_have_been_applied = true;
                inner.source = Some(Arc::new(error));
            })
            .with_reply(reply)
            .of(operation)
    }

    /// What a service says of an operation that is of no use: it cannot be followed.
    pub(crate) fn unusable_operation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Decode, message).change(|inner| inner.may_have_been_applied = true)
    }

    /// An operation that is not done when the caller's patience ends.
    pub(crate) fn unfinished(seconds: f64) -> Self {
        Self::new(
            ErrorKind::Timeout,
            format!(
                "the operation is not done after {seconds} seconds; it goes on and can be resumed by its name"
            ),
        )
        .change(|inner| inner.may_have_been_applied = true)
    }

    /// The same error, but of the operation and not of the request that asked about it.
    pub(crate) fn into_operation_failure(self) -> Self {
        self.change(|inner| inner.kind = ErrorKind::Operation)
    }

    /// Says where the list can be resumed.
    pub(crate) fn resume_at(self, token: Option<String>) -> Self {
        self.change(|inner| inner.resume_token = token)
    }

    /// Says which long-running operation it is about.
    pub(crate) fn named(self, name: Option<&str>) -> Self {
        self.change(|inner| inner.operation_name = name.map(str::to_owned))
    }

    pub(crate) fn with_reply(self, reply: &http::Response<Bytes>) -> Self {
        self.change(|inner| {
            inner.reply = Some(Reply {
                status: reply.status(),
                headers: reply.headers().clone(),
                body: reply.body().clone(),
            });
        })
    }

    /// Says which operation failed, unless that is known.
    pub(crate) fn of(self, operation: &'static OperationInfo) -> Self {
        self.change(|inner| {
            inner.operation.get_or_insert(operation);
        })
    }

    pub(crate) fn attempted(self, attempts: u32) -> Self {
        self.change(|inner| inner.attempts = attempts)
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if there was an answer.
    pub fn status_code(&self) -> Option<StatusCode> {
        self.0.reply.as_ref().map(|reply| reply.status)
    }

    /// The service's own code, as text: `NOT_FOUND`, `3000`, ...
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the service said, or what went wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The headers of the answer, if there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.reply.as_ref().map(|reply| &reply.headers)
    }

    /// The body of the answer as it came, if there was one.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.reply.as_ref().map(|reply| &reply.body)
    }

    /// The operation that was called.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.0.operation
    }

    /// How many times the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the request may have had its effect although the call failed.
    pub fn may_have_been_applied(&self) -> bool {
        self.0.may_have_been_applied
    }

    /// The token of the page that a list failed at, to go on from with
    /// [`Items::resume`](crate::paging::Items::resume); `None` if it is the first page.
    pub fn resume_token(&self) -> Option<&str> {
        self.0.resume_token.as_deref()
    }

    /// The name of the long-running operation that this is about, to go on with
    /// [`Operations::resume`](crate::operation::Operations::resume).
    pub fn operation_name(&self) -> Option<&str> {
        self.0.operation_name.as_deref()
    }

    /// Whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether there were too many requests.
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Whether the credential may not do this.
    pub fn is_permission_denied(&self) -> bool {
        self.kind() == ErrorKind::PermissionDenied
    }

    /// Whether the credential is missing, wrong or expired.
    pub fn is_unauthenticated(&self) -> bool {
        self.kind() == ErrorKind::Unauthenticated
    }

    /// Whether the time ran out.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{} {}: ", operation.method, operation.path)?;
        }
        if let Some(reply) = &self.0.reply {
            write!(f, "{}", reply.status.as_u16())?;
            if let Some(code) = &self.0.code {
                write!(f, " {code}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)?;
        if self.0.attempts > 1 {
            write!(f, " (after {} attempts)", self.0.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation.map(|operation| operation.id))
            .field("status", &self.status_code())
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("attempts", &self.0.attempts)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// An error and what caused it, in one line.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The bodies of errors, in all the shapes that the services have.
mod body {
    use serde_json::Value;

    #[derive(Default)]
    pub(super) struct Said {
        pub(super) code: Option<String>,
        pub(super) message: Option<String>,
    }

    pub(super) fn read(body: &[u8]) -> Said {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = String::from_utf8_lossy(body);
            let text = text.trim();
            let readable = !text.is_empty() && !text.starts_with('<') && text.len() <= 500;
            return Said { message: readable.then(|| text.to_owned()), ..Said::default() };
        };
        if let Some(first) = value["errors"].as_array().and_then(|errors| errors.first()) {
            return of(first);
        }
        if value["error"].is_object() {
            return of(&value["error"]);
        }
        let mut said = of(&value);
        if said.code.is_none() {
            said.code = text(&value["error"]);
        }
        said
    }

    fn of(value: &Value) -> Said {
        let first = |keys: &[&str]| keys.iter().find_map(|key| text(&value[*key]));
        Said {
            code: first(&["code", "errorCode"]),
            message: first(&["message", "errorMessage", "detail", "title"]),
        }
    }

    fn text(value: &Value) -> Option<String> {
        match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
