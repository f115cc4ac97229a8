//! What the caller's function makes of an entry.

use crate::Error;
use crate::data_stores::fingerprint::Fingerprint;
use crate::data_stores::limits;
use crate::data_stores::metadata::Metadata;
use crate::data_stores::wire::{Content, Stored};
use crate::data_stores::{Entry, EntryKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// It stays as it is; into another store it is copied as it is.
    Unchanged,
    /// It was changed: its value, users and attributes are written as they are now. If they are the same as
    /// before, nothing is written.
    Changed,
    /// It is deleted; into another store it is not copied.
    Deleted,
}

/// The caller's function.
pub(super) type Change<T> = Box<dyn FnMut(&mut Entry<T>) -> Result<Migrated, Error> + Send>;

/// The same without its type.
pub(super) type Decide = Box<dyn FnMut(&EntryKey, &Stored) -> Result<Decision, Error> + Send>;

/// What is to become of an entry.
#[derive(Debug)]
pub(super) enum Decision {
    Keep,
    Write(Box<Content>),
    Delete,
}

/// `copies` says that what stays as it is must be written all the same.
pub(super) fn decided_by<T>(mut change: Change<T>, allow_buffers: bool, copies: bool) -> Decide
where
    T: Serialize + DeserializeOwned + 'static,
{
    Box::new(move |key, stored| {
        let mut entry = Entry::<T>::of(&key.scope, &key.key, stored.clone())?;
        let attributes = entry.attributes.clone();
        let content = match change(&mut entry)? {
            Migrated::Deleted => return Ok(Decision::Delete),
            Migrated::Unchanged if !copies => return Ok(Decision::Keep),
            Migrated::Unchanged => as_stored(stored, allow_buffers),
            Migrated::Changed => {
                let (users, map) =
                    Metadata { users: Some(entry.users), attributes: Some(entry.attributes.clone()) }
                        .over(None)?;
                // The text that is stored, digit for digit, where it was not touched.
                let is_touched = entry.attributes != attributes;
                let attributes = if is_touched { map } else { stored.attributes.clone() };
                let value = Some(crate::body::json::to_raw_value(&entry.value)?);
                Content { value, users, attributes, etag: None, allow_buffers }
            }
        };
        if !copies && Fingerprint::of_content(&content) == Fingerprint::of_stored(stored) {
            return Ok(Decision::Keep);
        }
        limits::name("key", &key.key)?;
        content.check(&key.key)?;
        Ok(Decision::Write(Box::new(content)))
    })
}

fn as_stored(stored: &Stored, allow_buffers: bool) -> Content {
    let Stored { value, users, attributes, .. } = stored.clone();
    Content { value, users, attributes, etag: None, allow_buffers }
}
