use super::buffer::buffer_setter;
use super::changes::{Effect, change};
use super::entry::value;
use super::metadata::{Metadata, metadata_setters};
use super::wire::{Content, Stored};
use super::{Entry, Store};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::operation::contention::ATTEMPTS;
use crate::wire::debug_fields;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// What a value becomes.
type Change<T> = Box<dyn FnMut(Option<T>) -> Result<Option<T>, Error> + Send>;

/// The change of a value. It gives the entry as it was written, or `None` if nothing was to be
/// written. Made by [`Store::update`].
#[must_use = "a call is sent when it is awaited"]
pub struct UpdateValue<T> {
    store: Store,
    key: String,
    change: Change<T>,
    attempts: u32,
    metadata: Metadata,
    allow_buffers: bool,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl<T> UpdateValue<T> {
    pub(super) fn new(
        store: Store,
        key: String,
        change: impl FnMut(Option<T>) -> Result<Option<T>, Error> + Send + 'static,
    ) -> Self {
        let change = Box::new(change);
        Self {
            store,
            key,
            change,
            attempts: ATTEMPTS,
            metadata: Metadata::default(),
            allow_buffers: false,
            options: Options::default(),
            value: PhantomData,
        }
    }

    /// Sets how often the change is tried at most while others write; 10 by default. Then it is a
    /// [conflict](Error::is_conflict). Between two tries it waits at random, longer with each, five seconds at
    /// most.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    metadata_setters!();
    buffer_setter!();
    option_methods!(each);
}

awaitable!([T: Serialize + DeserializeOwned + Send + 'static] UpdateValue<T> => Option<Entry<T>>);

impl<T: Serialize + DeserializeOwned + Send + 'static> UpdateValue<T> {
    async fn run(mut self) -> Result<Option<Entry<T>>, Error> {
        self.metadata.check()?;
        let mut written = None;
        let stored =
            change(&self.store, &self.key, &self.options, self.attempts, Effect::Another, |stored| {
                let Some(changed) =
                    (self.change)(stored.map(|stored| value(&self.key, stored)).transpose()?)?
                else {
                    return Ok(None);
                };
                let changed = crate::body::json::to_raw_value(&changed)?;
                let (users, attributes) = self.metadata.over(stored)?;
                written = Some(changed.clone());
                let allow_buffers = self.allow_buffers;
                Ok(Some(Content { value: Some(changed), users, attributes, etag: None, allow_buffers }))
            })
            .await?;
        // What was sent is what is stored, also if the response should not repeat it.
        let stored = stored.map(|stored| Stored { value: written, ..stored });
        stored.map(|stored| Entry::of(self.store.scope_name(), &self.key, stored)).transpose()
    }
}

debug_fields!(UpdateValue<T> { store, key });
