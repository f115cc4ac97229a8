//! What a behaviour gets and what it gives back.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::document::{Document, Operation};
use crate::failure::Failure;
use crate::luau::Scripts;
use crate::nesting::refuse_unfit;
use crate::request::{Part, multipart};
use crate::sample::plain;
use crate::shapes::Shapes;

/// A request that passed the gateway, with everything that was read from it.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) document: &'a Document,
    pub(crate) operation: &'a Operation,
    pub(crate) params: &'a [(String, String)],
    /// Percent-encoded, as it was sent.
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) base_url: &'a str,
    pub(crate) scripts: &'a Scripts,
    pub(crate) shapes: Shapes,
    pub(crate) now: Timestamp,
}

pub(crate) type Outcome = Result<Reply, Failure>;

impl Call<'_> {
    /// A path parameter. The name may be written in either style: `user_id` or `userId`.
    pub(crate) fn param(&self, name: &str) -> &str {
        let name = plain(name);
        self.params.iter().find(|(key, _)| plain(key) == name).map_or("", |(_, value)| value)
    }

    /// A path parameter that is the number of something.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Failure> {
        let value = self.param(name);
        value
            .parse::<u64>()
            .ok()
            .filter(|number| *number > 0 && *number <= i64::MAX as u64)
            .ok_or_else(|| Failure::invalid(format!("The {name} '{value}' is not a number.")))
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that is there and not empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.query(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name) == Some("true")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<serde_json::Map<String, Value>, Failure> {
        refuse_unfit(self.body)?;
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Failure::invalid("The request body is not a JSON object.")),
            Err(error) => Err(Failure::invalid(format!("The request body is not JSON: {error}."))),
        }
    }

    pub(crate) fn form(&self) -> Result<Vec<Part>, Failure> {
        let content_type = self.header("content-type").unwrap_or_default();
        multipart(content_type, self.body)
            .map_err(|error| Failure::invalid(format!("The form cannot be read: {error}.")))
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(value: impl Into<Value>) -> Reply {
        Reply::content("application/json", value.into().to_string())
    }

    /// `{}`, the answer of operations that have nothing to say.
    pub(crate) fn nothing() -> Reply {
        Reply::json(json!({}))
    }

    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, content_type: None, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn content(content_type: &str, body: impl Into<Bytes>) -> Reply {
        Reply {
            status: 200,
            content_type: Some(content_type.to_owned()),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// The text of a property.
pub(crate) fn text<'a>(object: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}
