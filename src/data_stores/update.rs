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

impl Store {
    /// Changes a value: reads the entry, gives its value (`None` if there is none) to `change`, and
    /// writes what comes back on the condition (etag) that nobody has written in between. If somebody
    /// has, all of that is repeated. `change` may return `None`, and nothing is written.
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.update_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    ///
    /// Users and attributes stay as they are unless they are given. It is not sent again after a
    /// failure that leaves its effect unknown ([`Error::may_have_been_applied`](crate::Error::may_have_been_applied)), since the change
    /// would then be made twice.
    ///
    /// The condition holds among all users of this API that set it. Roblox does not say that a game
    /// server's `UpdateAsync` heeds it too, only that the etag changes with what is stored.
    pub fn update<T, F>(&self, key: impl Into<String>, mut change: F) -> UpdateValue<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> Option<T> + Send + 'static,
    {
        UpdateValue::new(self.clone(), key.into(), move |value| Ok(change(value)))
    }

    /// As [`update`](Self::update), with a change that can fail: then nothing is written, and the error is of kind
    /// [`LocalIo`](crate::ErrorKind::LocalIo) with yours as its source, or yours itself if that is an [`Error`].
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.update_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    ///
    /// ```no_run
    /// # async fn run(store: opencloud::data_stores::Store) -> Result<(), opencloud::Error> {
    /// let paid = store.try_update("156", |coins: Option<i64>| match coins.unwrap_or(0) {
    ///     coins if coins >= 100 => Ok(Some(coins - 100)),
    ///     coins => Err(format!("{coins} coins are not enough")),
    /// });
    /// paid.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_update<T, F, E>(&self, key: impl Into<String>, mut change: F) -> UpdateValue<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> Result<Option<T>, E> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let change = move |value| change(value).map_err(|error| Error::callback("the change failed", error));
        UpdateValue::new(self.clone(), key.into(), change)
    }
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
