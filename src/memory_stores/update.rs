use super::sorted_map::{Mode, sorted, value};
use super::{MapItem, SortedMap, limits};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::filter::SortKey;
use crate::operation::contention::{ATTEMPTS, Contention};
use crate::transport::Origin;
use crate::types::MemoryStoreSortedMapItem;
use crate::wire::debug_fields;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::time::Duration;

/// What a value becomes.
type Change<T> = Box<dyn FnMut(Option<T>) -> Result<Option<T>, Error> + Send>;

/// The change of an item. It gives the item as it was written, or `None` if nothing was to be written.
/// Made by [`SortedMap::update`].
#[must_use = "a call is sent when it is awaited"]
pub struct UpdateItem<T> {
    map: SortedMap,
    id: String,
    change: Change<T>,
    attempts: u32,
    sort_key: Option<SortKey>,
    ttl: Option<Duration>,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl SortedMap {
    /// Changes a value: reads the item, gives its value (`None` if there is none) to `change`, and
    /// writes what comes back, or nothing if that is `None`.
    ///
    /// Calls `memory_stores.get_sorted_map_item`, `memory_stores.create_sorted_map_item` and
    /// `memory_stores.update_sorted_map_item`; scopes `memory-store.sorted-map:read`,
    /// `memory-store.sorted-map:write`.
    ///
    /// **Roblox documents no condition for this write.** The etag that was read is sent along, and a
    /// conflict begins anew after a wait at random, up to 10 times (an item without an etag is refused); but if the service does not heed the etag, what somebody
    /// else writes in between is lost. A new item is created, which fails if somebody else was first,
    /// and then begins anew as well.
    pub fn update<T, F>(&self, id: impl Into<String>, mut change: F) -> UpdateItem<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> Option<T> + Send + 'static,
    {
        UpdateItem::new(self.clone(), id.into(), move |value| Ok(change(value)))
    }

    /// As [`update`](Self::update), with a change that can fail: then nothing is written, and the error is of kind
    /// [`LocalIo`](crate::ErrorKind::LocalIo) with yours as its source, or yours itself if that is an [`Error`].
    ///
    /// Calls `memory_stores.get_sorted_map_item`, `memory_stores.create_sorted_map_item` and
    /// `memory_stores.update_sorted_map_item`; scopes `memory-store.sorted-map:read`,
    /// `memory-store.sorted-map:write`.
    ///
    /// ```no_run
    /// # async fn run(store: opencloud::memory_stores::SortedMap) -> Result<(), opencloud::Error> {
    /// let paid = store.try_update("156", |coins: Option<i64>| match coins.unwrap_or(0) {
    ///     coins if coins >= 100 => Ok(Some(coins - 100)),
    ///     coins => Err(format!("{coins} coins are not enough")),
    /// });
    /// paid.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_update<T, F, E>(&self, id: impl Into<String>, mut change: F) -> UpdateItem<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> Result<Option<T>, E> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let change = move |value| change(value).map_err(|error| Error::callback("the change failed", error));
        UpdateItem::new(self.clone(), id.into(), change)
    }
}

impl<T> UpdateItem<T> {
    fn new(
        map: SortedMap,
        id: String,
        change: impl FnMut(Option<T>) -> Result<Option<T>, Error> + Send + 'static,
    ) -> Self {
        let change = Box::new(change);
        let options = Options::default();
        Self { map, id, change, attempts: ATTEMPTS, sort_key: None, ttl: None, options, value: PhantomData }
    }

    /// Sets how often the change is tried at most while others write; 10 by default. Between
    /// two tries it waits at random, longer with each, five seconds at most.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets what the item is sorted by; what it was sorted by stays unless this is set.
    pub fn sort_key(mut self, key: impl Into<SortKey>) -> Self {
        self.sort_key = Some(key.into());
        self
    }

    /// Sets how long the item lives from now on, up to 45 days.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    option_methods!(each);
}

impl<T: Serialize + DeserializeOwned> UpdateItem<T> {
    /// What is to be written instead of what is stored.
    fn changed(
        &mut self,
        stored: Option<(MemoryStoreSortedMapItem, Origin)>,
    ) -> Result<Option<MemoryStoreSortedMapItem>, Error> {
        let mut item = MemoryStoreSortedMapItem::new();
        let mut before = None;
        let mut sort_key = self.sort_key.clone();
        if let Some((stored, origin)) = stored {
            let blamed = |error: Error| origin.blame(error);
            before = Some(value(&self.id, stored.value.clone()).map_err(blamed)?);
            item.etag = Some(guard(&self.id, &stored).map_err(blamed)?);
            sort_key = sort_key.or(MapItem::new(String::new(), stored, ()).sort_key);
        }
        let Some(after) = (self.change)(before)? else { return Ok(None) };
        item = item.value(limits::value(&after)?);
        if let Some(key) = sort_key {
            item = sorted(item, key)?;
        }
        Ok(Some(if let Some(ttl) = self.ttl { item.ttl(ttl) } else { item }))
    }

    async fn run(mut self) -> Result<Option<MapItem<T>>, Error> {
        limits::ttl(self.ttl)?;
        if let Some(key) = &self.sort_key {
            sorted(MemoryStoreSortedMapItem::new(), key.clone())?;
        }
        let mut contention = Contention::new(self.attempts);
        loop {
            contention.begin();
            let stored = self.map.read(&self.id, &self.options).await?;
            let mode = if stored.is_some() { Mode::There } else { Mode::Missing };
            let Some(item) = self.changed(stored)? else { return Ok(None) };
            let written = item.value.clone();
            let error = match self.map.write(&self.id, item, mode, self.options.clone()).await {
                Ok((mut response, origin)) => {
                    response.value = written;
                    let item = MapItem::of(self.id, response).map(Some);
                    return item.map_err(|error| origin.blame(error.with_earlier_ambiguity(true)));
                }
                Err(error) => error,
            };
            let may_be_overtaken = match mode {
                Mode::Missing => {
                    error.is_conflict() || error.status_of_service() == Some(http::StatusCode::BAD_REQUEST)
                }
                _ => error.is_conflict() || error.is_not_found(),
            };
            let is_known = !error.may_have_been_applied();
            if contention.is_over() || !may_be_overtaken || !is_known {
                return Err(error);
            }
            // A 400 may say that it exists, or that the request is wrong.
            let is_there = matches!(mode, Mode::There) || error.is_conflict();
            if !is_there && self.map.read(&self.id, &self.options).await?.is_none() {
                return Err(error);
            }
            contention.wait().await;
        }
    }
}

/// What the write is guarded by. Without it, what somebody else writes in between would be lost.
fn guard(id: &str, stored: &MemoryStoreSortedMapItem) -> Result<String, Error> {
    stored.etag.clone().filter(|etag| !etag.is_empty()).ok_or_else(|| {
        Error::unreadable(format!(
            "the service gave no etag with the item {id}, so that its change cannot be guarded; \
             `set` writes without a guard"
        ))
    })
}

awaitable!([T: Serialize + DeserializeOwned + Send + 'static] UpdateItem<T> => Option<MapItem<T>>);

debug_fields!(UpdateItem<T> { map, id });
