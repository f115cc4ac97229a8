use super::buffer::buffer_setter;
use super::changes::{Effect, change};
use super::metadata::{Metadata, metadata_setters};
use super::wire::Content;
use super::{Entry, Store};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::operation::contention::ATTEMPTS;
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
