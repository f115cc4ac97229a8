//! The request that a handler gets.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::api::failure::Failure;
use crate::api::filter::{Comparison, Grammar};
use crate::api::scripts::Scripts;
use crate::api::shapes::Shapes;
use crate::api::time::time;
use crate::document::{Document, Operation, Part, multipart, plain, unfit};

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
    /// Whether nobody is made up: there is who the seed describes.
    pub(crate) only_seeded: bool,
    /// Who owns the API key, as far as the key says that it is somebody's.
    pub(crate) caller: Option<u64>,
}

impl Call<'_> {
    /// A path parameter. The name may be written in either style: `user_id` or `userId`.
    pub(crate) fn param(&self, name: &str) -> &str {
        let name = plain(name);
        self.params.iter().find(|(key, _)| plain(key) == name).map_or("", |(_, value)| value)
    }

    /// A path parameter that is the number of something.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Failure> {
        let value = self.param(name);
        value.parse::<u64>().ok().filter(|number| *number > 0 && *number <= i64::MAX as u64).ok_or_else(
            || Failure::invalid(format!("The {name} '{value}' is not a whole number of 1 or more.")),
        )
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

    /// A query parameter that is a number, if it is given.
    pub(crate) fn query_number(&self, name: &str, default: usize) -> Result<usize, Failure> {
        self.given(name).map_or(Ok(default), |text| {
            text.parse()
                .map_err(|_| Failure::invalid(format!("{name} must be a number that is not negative.")))
        })
    }

    /// A query parameter that is a moment, if it is given.
    pub(crate) fn query_time(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        self.given(name).map(|text| time(name, text)).transpose()
    }

    /// The values of a list in the query: the key repeated, or commas in between.
    pub(crate) fn query_list(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.query.iter().filter(move |(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty())
    }

    /// The comparisons of the filter, if there is one.
    pub(crate) fn filter(&self, grammar: &Grammar<'_>) -> Result<Vec<Comparison>, Failure> {
        self.given("filter").map_or(Ok(Vec::new()), |filter| grammar.parse(filter))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<Map<String, Value>, Failure> {
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

/// Refuses JSON that could be remembered, but not be read again, or that takes too much memory. Wherever a request has
/// JSON, this is to be asked first.
pub(crate) fn refuse_unfit(json: &[u8]) -> Result<(), Failure> {
    unfit(json).map_or(Ok(()), |reason| Err(Failure::invalid(format!("The JSON {reason}."))))
}
