use super::buffer::buffer_setter;
use super::changes::{Effect, change};
use super::metadata::{Metadata, metadata_setters};
use super::wire::Content;
use super::{Entry, Store};
use crate::Error;
use crate::body::json::to_raw_value;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::operation::contention::ATTEMPTS;
use serde::Serialize;
use serde_json::value::RawValue;

/// What stands in the way of a write, and what becomes of the rest.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// Nothing; users and attributes stay.
    Set,
    /// An entry that is there.
    Create,
    /// Nothing; what is not given is cleared.
    Upsert,
    /// Another etag than this.
    Save(Option<String>),
}

/// The writing of an entry. It gives the [`Entry`] without its value. Made by [`Store::set`],
/// [`create`](Store::create), [`upsert`](Store::upsert) and [`save`](Store::save).
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct WriteEntry {
    store: Store,
    key: String,
    value: Result<Box<RawValue>, Error>,
    mode: Mode,
    metadata: Metadata,
    allow_buffers: bool,
    options: Options,
}

impl Store {
    /// Writes a value, whether or not the entry is there. Users and attributes that are not given
    /// stay as they are.
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.update_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    ///
    /// The service would clear them. So unless both are given they are read first, and written with
    /// the value on the condition (etag) that nobody has written in between; if somebody has, that
    /// is repeated, up to 10 times. The last writer's value stays.
    pub fn set<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), Mode::Set)
    }

    /// Writes a new entry; fails if there is one already.
    ///
    /// Calls `data_stores.create_scoped_entry`; scope `universe-datastores.objects:create`.
    ///
    /// The service says so with status 400. It is not sent again after a failure that leaves its
    /// effect unknown ([`Error::may_have_been_applied`](crate::Error::may_have_been_applied)).
    pub fn create<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), Mode::Create)
    }

    /// Replaces the whole entry, or creates it, by one request and without a condition. **Users and
    /// attributes that are not given are cleared**; [`set`](Self::set) keeps them.
    ///
    /// Calls `data_stores.update_scoped_entry`; scope `universe-datastores.objects:update`.
    pub fn upsert<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), Mode::Upsert)
    }

    /// Writes back an entry that was read: value, users and attributes, on the condition that nobody
    /// has written in between. If somebody has, it is a [conflict](crate::Error::is_conflict).
    ///
    /// Calls `data_stores.update_scoped_entry`; scope `universe-datastores.objects:update`.
    ///
    /// It is written to this store, in the entry's own scope and under its own key.
    pub fn save<T: Serialize>(&self, entry: &Entry<T>) -> WriteEntry {
        let value = to_raw_value(&entry.value);
        let store = self.clone().scope(&entry.scope);
        WriteEntry::new(store, entry.key.clone(), value, Mode::Save(entry.etag.clone()))
            .users(&entry.users)
            .attributes(entry.attributes.clone())
    }

    /// Deletes an entry; fails if it is [not found](crate::Error::is_not_found). For 30 days its revisions
    /// can be read, and [`undelete`](Self::undelete) brings it back.
    ///
    /// Calls `data_stores.delete_scoped_entry`; scope `universe-datastores.objects:delete`.
    pub fn delete(&self, key: impl Into<String>) -> RemoveEntry {
        RemoveEntry::new(self.clone(), key.into())
    }
}

impl WriteEntry {
    pub(super) fn new(store: Store, key: String, value: Result<Box<RawValue>, Error>, mode: Mode) -> Self {
        let (metadata, options) = (Metadata::default(), Options::default());
        Self { store, key, value, mode, metadata, allow_buffers: false, options }
    }

    metadata_setters!();
    buffer_setter!();
    option_methods!(each);

    async fn run(self) -> Result<Entry<()>, Error> {
        let Self { store, key, value, mode, metadata, allow_buffers, options } = self;
        let value = Some(value?);
        let (users, attributes) = metadata.over(None)?;
        let content = Content { value: value.clone(), users, attributes, etag: None, allow_buffers };
        // Before anything is read.
        content.check(&key)?;
        // Written twice it is the same, unless an entry must not be there or must be unchanged.
        let repeatable = options.clone().or_idempotent();
        let stored = match mode {
            Mode::Create => store.create_stored(&key, &content, &options).await?,
            Mode::Upsert => store.replace_stored(&key, &content, true, &repeatable).await?,
            Mode::Set if metadata.is_whole() => {
                store.replace_stored(&key, &content, true, &repeatable).await?
            }
            Mode::Set => {
                let written = change(&store, &key, &options, ATTEMPTS, Effect::Same, |stored| {
                    let (users, attributes) = metadata.over(stored)?;
                    Ok(Some(Content { value: value.clone(), users, attributes, etag: None, allow_buffers }))
                });
                written.await?.unwrap_or_default()
            }
            Mode::Save(None) => {
                return Err(Error::invalid_request(
                    "the entry has no etag, so that its writing cannot be guarded",
                ));
            }
            Mode::Save(etag) => {
                store.replace_stored(&key, &Content { etag, ..content }, false, &options).await?
            }
        };
        Entry::new(store.scope_name(), &key, stored, ())
    }
}

awaitable!([] WriteEntry => Entry<()>);

/// The deletion of an entry. Made by [`Store::delete`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct RemoveEntry {
    store: Store,
    key: String,
    options: Options,
}

impl RemoveEntry {
    pub(super) fn new(store: Store, key: String) -> Self {
        Self { store, key, options: Options::default() }
    }

    option_methods!();
}

awaitable!([] RemoveEntry => ());

impl RemoveEntry {
    async fn run(self) -> Result<(), Error> {
        self.store.delete_stored(&self.key, &self.options).await
    }
}
