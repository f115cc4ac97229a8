use crate::body::Body;
use crate::error::RequestPath;
use crate::spec::{OperationInfo, RateLimitStatus};
use crate::wire::debug_fields;
use crate::{Credentials, Error};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// A request that is ready to be sent, but for the credential.
pub(crate) struct PreparedRequest {
    /// `None` for a request that is not an operation of the table.
    pub(crate) operation: Option<&'static OperationInfo>,
    /// The values of the path's parameters, which some limits count by.
    pub(crate) path_values: Vec<String>,
    pub(crate) http: http::Request<Body>,
    /// Whether the text of an error names the path with its ids.
    pub(crate) shows_path: bool,
}

impl PreparedRequest {
    /// The path of the request, for errors.
    pub(crate) fn path(&self) -> RequestPath {
        RequestPath {
            uri: self.http.uri().clone(),
            template: self.operation.map(|operation| operation.path),
            is_shown: self.shows_path,
        }
    }

    /// Says in an error what was called. Failures of operations are judged by the JSON body that was sent.
    pub(crate) fn explain(&self, error: Error) -> Error {
        let error = error.with_path(&self.path());
        match (self.operation, self.http.body()) {
            (Some(operation), Body::Bytes { content, .. }) => {
                error.with_sent_request(operation, Some(content))
            }
            (Some(operation), _) => error.with_operation(operation),
            (None, _) => error.with_request(self.http.method(), self.http.uri().path()),
        }
    }
}

/// A response, and how it was obtained.
#[derive(Clone, Debug)]
pub(crate) struct Exchanged {
    pub(crate) response: http::Response<Bytes>,
    /// How many times the request was sent.
    pub(crate) attempts: u32,
    /// When the request left that this is the response of.
    pub(crate) sent_at: Instant,
    /// The key or token that the request was sent with, which no error about the response may repeat.
    pub(crate) secret: Option<Credentials>,
    pub(crate) path: RequestPath,
}

impl Exchanged {
    pub(crate) fn status(&self) -> http::StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    pub(crate) fn body(&self) -> &Bytes {
        self.response.body()
    }

    /// How long the response asks to wait, if it does.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        RateLimitStatus::read(self.headers()).wait(self.status())
    }

    /// An error that is about this response.
    pub(crate) fn attach_to(&self, error: Error) -> Error {
        self.conceal(error.with_response(&self.response).with_path(&self.path)).with_attempts(self.attempts)
    }

    /// The error without the secret, should the service or a library have repeated it.
    pub(crate) fn conceal(&self, error: Error) -> Error {
        conceal(self.secret.as_ref(), error)
    }
}

/// What is known of a response besides its body. An error about what the body says is told it, so that it
/// names the operation, status, headers and attempts as an error of the call itself does.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) operation: Option<&'static OperationInfo>,
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) secret: Option<Credentials>,
    pub(crate) path: RequestPath,
}

debug_fields!(Origin { status, headers, attempts });

impl Origin {
    pub(crate) fn of(operation: Option<&'static OperationInfo>, exchanged: Exchanged) -> Self {
        let (parts, _) = exchanged.response.into_parts();
        Self {
            operation,
            status: parts.status,
            headers: parts.headers,
            attempts: exchanged.attempts,
            secret: exchanged.secret,
            path: exchanged.path,
        }
    }

    /// An error about what this response says.
    pub(crate) fn blame(&self, error: Error) -> Error {
        let error = error.with_head(self.status, &self.headers).with_path(&self.path);
        let error = error.with_attempts(self.attempts);
        let error = conceal(self.secret.as_ref(), error);
        match self.operation {
            Some(operation) => error.with_operation(operation),
            None => error,
        }
    }
}

/// The error without the secret, should the service or a library have repeated it.
fn conceal(secret: Option<&Credentials>, error: Error) -> Error {
    match secret {
        Some(secret) => error.redacted(|text| secret.hide(text)),
        None => error,
    }
}
