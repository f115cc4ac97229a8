//! Entries as the service sends and takes them. A value stays the text that it is, so that no number
//! in it changes.

use crate::transport::Origin;
use crate::types::DataStoreState;
use crate::{Error, Response};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// An entry as it is stored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Stored {
    pub(super) create_time: Option<Timestamp>,
    pub(super) revision_id: Option<String>,
    pub(super) revision_create_time: Option<Timestamp>,
    pub(super) state: Option<DataStoreState>,
    #[serde(deserialize_with = "not_empty")]
    pub(super) etag: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) value: Option<Box<RawValue>>,
    pub(super) users: Option<Vec<String>>,
    pub(super) attributes: Option<Box<RawValue>>,
    /// Where it comes from, if it is a response.
    #[serde(skip)]
    pub(super) origin: Option<Origin>,
}

impl Stored {
    pub(super) fn of(response: Response<Self>) -> Self {
        let (stored, origin) = response.into_parts();
        Self { origin: Some(origin), ..stored }
    }

    /// An error about this response. If it is one to a write, the write has happened, whatever is wrong with it.
    pub(super) fn blame(&self, error: Error) -> Error {
        let Some(origin) = &self.origin else { return error };
        let is_written = origin.operation.is_some_and(|operation| !operation.only_reads());
        origin.blame(error.with_earlier_ambiguity(is_written))
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.state == Some(DataStoreState::Deleted)
    }
}

/// An empty etag guards nothing.
fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|etag| !etag.is_empty()))
}

/// A value that is null is a value too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// What an entry is to be: all of it, for what is left out is cleared.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) users: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    /// Whether the value may show Luau buffers, which will not be any.
    #[serde(skip)]
    pub(super) allow_buffers: bool,
}

/// What is added to an entry, and what else the entry is to be.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Increment {
    pub(super) amount: i64,
    #[serde(flatten)]
    pub(super) rest: Content,
}
