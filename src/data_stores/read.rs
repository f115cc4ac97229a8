use super::requests::Revision;
use super::{Entry, Store};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// The reading of an entry. Made by [`Store::get`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct ReadEntry<T> {
    store: Store,
    key: String,
    revision: Revision,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl Store {
    /// Reads an entry; `None` if it is not there or deleted. A data store that does not exist has no
    /// entries.
    ///
    /// Calls `data_stores.get_scoped_entry`; scope `universe-datastores.objects:read`.
    ///
    /// A key that holds `@` is read as what it is, never as a revision of another key.
    pub fn get<T: DeserializeOwned>(&self, key: impl Into<String>) -> ReadEntry<T> {
        ReadEntry::new(self.clone(), key.into())
    }
}

impl<T> ReadEntry<T> {
    pub(super) fn new(store: Store, key: String) -> Self {
        Self { store, key, revision: Revision::Latest, options: Options::default(), value: PhantomData }
    }

    /// Reads this revision, by its id, instead of the latest.
    pub fn at(mut self, revision: impl Into<String>) -> Self {
        self.revision = Revision::Id(revision.into());
        self
    }

    /// Reads the revision that was current at this time: after 1970, and at most ten minutes from
    /// now.
    pub fn latest_before(mut self, time: Timestamp) -> Self {
        self.revision = Revision::At(time);
        self
    }

    option_methods!();
}

awaitable!([T: DeserializeOwned + Send + 'static] ReadEntry<T> => Option<Entry<T>>);

impl<T: DeserializeOwned + Send + 'static> ReadEntry<T> {
    async fn run(self) -> Result<Option<Entry<T>>, Error> {
        match &self.revision {
            Revision::Id(id) if id.is_empty() => {
                return Err(Error::invalid_request("the id of the revision is empty"));
            }
            Revision::At(time) if *time <= Timestamp::UNIX_EPOCH => {
                return Err(Error::invalid_request("the time of a revision must be after 1970"));
            }
            _ => {}
        }
        let stored = self.store.read(&self.key, &self.revision, &self.options).await?;
        stored.map(|stored| Entry::of(self.store.scope_name(), &self.key, stored)).transpose()
    }
}
