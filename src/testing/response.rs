use crate::{Error, ErrorKind};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

/// What a request gets: a response, or one of the ways in which none arrives.
#[derive(Clone, Debug)]
pub struct MockResponse {
    end: End,
    response: http::Response<Bytes>,
    delay: Duration,
}

/// How the exchange ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    NotSent,
    Interrupted,
    InterruptedBody,
    Stalled,
}

/// The shapes in which Roblox's services write their errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorShape {
    /// `{"errors": [{"code": 0, "message": ".."}]}`: the gateway and the legacy services.
    Gateway,
    /// `{"code": "NOT_FOUND", "message": "..", "details": []}`: Open Cloud v2.
    Code,
    /// `{"error": "NOT_FOUND", "message": "..", "errorDetails": [..]}`: v1 data stores.
    Error,
    /// `{"errors": {"field": [".."]}, "title": ".."}`: ASP.NET validation.
    Validation,
    /// `{"type": "..", "title": "..", "status": 404, "detail": ".."}`: RFC 9457.
    Problem,
    /// `{"status": 404, "title": "..", "errors": [{"code": "NOT_FOUND", "message": ".."}]}`
    ProblemWithErrors,
    /// `{"errorCode": "..", "errorMessage": "..", "field": "..", "hint": ".."}`
    ErrorCode,
    /// `{"error": {"code": "..", "message": ".."}}`
    Nested,
    /// `{"code": 5, "message": "..", "details": []}`: `google.rpc.Status`.
    Status,
    /// `{"code": 5, "error": "..", "message": ".."}`
    CodeAndError,
    /// `{"error": "..", "error_description": ".."}`: OAuth 2.0.
    OAuth,
    /// A page.
    Html,
    /// Plain text.
    Text,
    /// No body.
    Empty,
}

impl ErrorShape {
    /// All shapes.
    pub const ALL: &'static [Self] = &[
        Self::Gateway,
        Self::Code,
        Self::Error,
        Self::Validation,
        Self::Problem,
        Self::ProblemWithErrors,
        Self::ErrorCode,
        Self::Nested,
        Self::Status,
        Self::CodeAndError,
        Self::OAuth,
        Self::Html,
        Self::Text,
        Self::Empty,
    ];

    /// The media type and the body.
    fn body(self, status: u16, code: &str, message: &str) -> (&'static str, String) {
        // Some services have numbers for codes.
        let number = code.parse::<i64>().map_or_else(|_| Value::from(code), Value::from);
        let value = match self {
            Self::Gateway => json!({ "errors": [{ "code": number, "message": message }] }),
            Self::Code => json!({ "code": code, "message": message }),
            Self::Error => json!({ "error": code, "message": message, "errorDetails": [] }),
            Self::Validation => {
                json!({ "errors": { "request": [message] }, "title": code, "status": status })
            }
            Self::Problem => {
                json!({ "type": "about:blank", "title": code, "status": status, "detail": message })
            }
            Self::ProblemWithErrors => {
                json!({ "status": status, "title": "", "errors": [{ "code": code, "message": message }] })
            }
            Self::ErrorCode => json!({ "errorCode": code, "errorMessage": message }),
            Self::Nested => json!({ "error": { "code": number, "message": message } }),
            Self::Status => json!({ "code": number, "message": message, "details": [] }),
            Self::CodeAndError => json!({ "code": number, "error": message, "message": message }),
            Self::OAuth => json!({ "error": code, "error_description": message }),
            Self::Html => {
                let page = format!("<html><head><title>{message}</title></head><body>{code}</body></html>");
                return ("text/html", page);
            }
            Self::Text => return ("text/plain", message.to_owned()),
            Self::Empty => return ("text/plain", String::new()),
        };
        ("application/json", value.to_string())
    }
}

/// Responses.
impl MockResponse {
    fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { end: End::Whole, response, delay: Duration::ZERO }
    }

    /// 200 and this JSON.
    pub fn json(body: impl Into<Value>) -> Self {
        Self::new(200, "application/json", body.into().to_string())
    }

    /// 200 and these bytes.
    pub fn bytes(body: impl Into<Bytes>) -> Self {
        Self::new(200, "application/octet-stream", body)
    }

    /// 204 and nothing.
    pub fn empty() -> Self {
        let mut response = Self::new(204, "text/plain", Bytes::new());
        response.response.headers_mut().clear();
        response
    }

    /// A page of a list: its items under a name, and the token of the next page, if there is one.
    ///
    /// Lists of other forms are plain [`MockResponse::json`].
    pub fn page(
        items_name: &str,
        items: impl IntoIterator<Item = Value>,
        next_page_token: Option<&str>,
    ) -> Self {
        let items: Vec<Value> = items.into_iter().collect();
        Self::json(json!({ items_name: items, "nextPageToken": next_page_token.unwrap_or_default() }))
    }

    /// A long-running operation that goes on. A fresh one says nothing but its path.
    pub fn operation_running(path: &str) -> Self {
        Self::json(json!({ "path": path }))
    }

    /// A long-running operation that is done.
    pub fn operation_done(path: &str, response: impl Into<Value>) -> Self {
        Self::json(json!({ "path": path, "done": true, "response": response.into() }))
    }

    /// A long-running operation that has failed.
    pub fn operation_failed(path: &str, code: i64, message: &str) -> Self {
        Self::json(json!({ "path": path, "done": true, "error": { "code": code, "message": message } }))
    }

    /// An error in one of the shapes that services have. Shapes without a place for a code leave it
    /// out.
    pub fn error(shape: ErrorShape, status: u16, code: &str, message: &str) -> Self {
        let (content_type, body) = shape.body(status, code, message);
        Self::new(status, content_type, body)
    }

    /// 429, and how many seconds to wait.
    pub fn rate_limited(seconds: u64) -> Self {
        Self::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "too many requests")
            .header("retry-after", seconds.to_string())
    }

    /// Any status with any body.
    pub fn status(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain", body)
    }

    /// With this status code.
    ///
    /// # Panics
    ///
    /// If HTTP does not allow the code.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(status) => *self.response.status_mut() = status,
            Err(error) => panic!("{status}: {error}"),
        }
        self
    }

    /// After this time, on tokio's clock.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// With this header, which is added to those of its name; a content type replaces the one before.
    ///
    /// # Panics
    ///
    /// If HTTP does not allow the name or value.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match (HeaderName::try_from(name.as_ref()), HeaderValue::try_from(value.as_ref())) {
            (Ok(name), Ok(value)) => {
                if name == header::CONTENT_TYPE {
                    self.response.headers_mut().remove(&name);
                }
                self.response.headers_mut().append(name, value);
                self
            }
            _ => panic!("`{}: {}` is not a header", name.as_ref(), value.as_ref()),
        }
    }
}

/// Ways in which no response arrives.
impl MockResponse {
    fn none(end: End) -> Self {
        Self { end, response: http::Response::default(), delay: Duration::ZERO }
    }

    /// The service cannot be reached: the request was certainly not sent.
    pub fn not_sent() -> Self {
        Self::none(End::NotSent)
    }

    /// The connection breaks after the request was sent.
    pub fn interrupted() -> Self {
        Self::none(End::Interrupted)
    }

    /// The connection breaks within this response's body.
    #[must_use]
    pub fn interrupted_body(self) -> Self {
        Self { end: End::InterruptedBody, ..self }
    }

    /// Nothing comes any more, so that the attempt's time runs out.
    pub fn stalled() -> Self {
        Self::none(End::Stalled)
    }

    pub(super) async fn give(self, max_response_bytes: usize) -> Result<http::Response<Bytes>, Error> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match self.end {
            End::Whole
                if self.response.status().is_success() && self.response.body().len() > max_response_bytes =>
            {
                Err(Error::too_large(max_response_bytes))
            }
            End::Whole => Ok(self.response),
            End::NotSent => Err(Error::not_sent("connection refused (test script)")),
            End::Interrupted => Err(Error::interrupted("connection reset (test script)")),
            End::InterruptedBody => {
                Err(Error::io(ErrorKind::Io, "connection reset within the body (test script)")
                    .with_response(&self.response))
            }
            End::Stalled => std::future::pending().await,
        }
    }
}
