//! The response that a handler gives.

use bytes::Bytes;
use serde_json::{Value, json};

/// A response.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Response {
    pub(crate) fn json(value: impl Into<Value>) -> Response {
        Response::content("application/json", value.into().to_string())
    }

    /// `{}`, the response of operations that have nothing to say.
    pub(crate) fn nothing() -> Response {
        Response::json(json!({}))
    }

    pub(crate) fn empty(status: u16) -> Response {
        Response { status, content_type: None, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn content(content_type: &str, body: impl Into<Bytes>) -> Response {
        Response {
            status: 200,
            content_type: Some(content_type.to_owned()),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }
}
