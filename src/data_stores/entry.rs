use super::wire::Stored;
use crate::Error;
use crate::ids::UserId;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A key of a data store, and the scope that it is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryKey {
    /// The scope; `global` unless another was chosen.
    pub scope: String,
    /// The key.
    pub key: String,
}

impl EntryKey {
    /// Says of an error that it is about this entry.
    pub(super) fn blame(&self, error: Error) -> Error {
        error.with_context(&format!("the entry `{}` of the scope `{}`", self.key, self.scope))
    }
}

/// An entry: its value, and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry<T> {
    /// The scope; `global` unless another was chosen.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The value.
    pub value: T,
    /// The users that the entry belongs to.
    pub users: Vec<UserId>,
    /// The attributes.
    pub attributes: Map<String, Value>,
    /// What [`Store::save`](super::Store::save) is guarded by: it changes with every write.
    pub etag: Option<String>,
    /// The id of the revision, for [`ReadEntry::at`](super::ReadEntry::at).
    pub revision: Option<String>,
    /// When the entry was created.
    pub created: Option<Timestamp>,
    /// When the revision was made.
    pub revised: Option<Timestamp>,
}

impl<T> Entry<T> {
    /// What was read, with another value in place of the one that is stored.
    pub(super) fn new(scope: &str, key: &str, stored: Stored, value: T) -> Result<Self, Error> {
        let attributes = match &stored.attributes {
            Some(attributes) => read(attributes, "the attributes").map_err(|error| stored.blame(error))?,
            None => Map::new(),
        };
        let users = stored.users.unwrap_or_default();
        Ok(Self {
            scope: scope.to_owned(),
            key: key.to_owned(),
            value,
            users: users.iter().map(|path| UserId::from(user_id(path))).collect(),
            attributes,
            etag: stored.etag,
            revision: stored.revision_id,
            created: stored.create_time,
            revised: stored.revision_create_time,
        })
    }
}

impl<T: DeserializeOwned> Entry<T> {
    pub(super) fn of(scope: &str, key: &str, stored: Stored) -> Result<Self, Error> {
        let value = value(key, &stored)?;
        Self::new(scope, key, stored, value)
    }
}

/// The id in `users/123`.
pub(super) fn user_id(path: &str) -> &str {
    path.strip_prefix("users/").unwrap_or(path)
}

pub(super) fn value<T: DeserializeOwned>(key: &str, stored: &Stored) -> Result<T, Error> {
    // A null that is stored is there; a value that is not there has another name, or is of a deleted entry.
    let missing =
        || stored.blame(Error::unreadable(format!("the service gave the entry `{key}` without its `value`")));
    let json = stored.value.as_deref().ok_or_else(missing)?;
    read(json, &format!("the value of the entry `{key}`")).map_err(|error| stored.blame(error))
}

fn read<T: DeserializeOwned>(json: &RawValue, what: &str) -> Result<T, Error> {
    serde_json::from_str(json.get()).map_err(|error| {
        Error::unreadable(format!("{what} cannot be read as {}: {error}", std::any::type_name::<T>()))
    })
}
