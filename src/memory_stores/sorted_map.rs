use super::{ListSortedMapItems, MemoryStores, limits};
use crate::Error;
use crate::call::{Call, awaitable, option_methods};
use crate::client::Options;
use crate::filter::{Number, SortKey, SortedMapFilter, SortedMapOrder};
use crate::ids::UniverseId;
use crate::paging::{Facts, Items, List, Pages};
use crate::transport::Origin;
use crate::types::{ListMemoryStoreSortedMapItemsResponse, MemoryStoreSortedMapItem};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::Duration;

impl MemoryStores {
    /// A sorted map of a universe, by its name. Nothing is sent, and the map need not exist.
    pub fn sorted_map(&self, universe: impl Into<UniverseId>, name: impl Into<String>) -> SortedMap {
        SortedMap { handle: self.clone(), universe: universe.into(), name: name.into() }
    }
}

/// A sorted map: ids with values, each with a sort key if it is given one. Made by
/// [`MemoryStores::sorted_map`].
///
/// Ids have 1 to 127 characters (Roblox's guide says 128), values up to 32 KiB as JSON.
#[derive(Clone, Debug)]
pub struct SortedMap {
    pub(super) handle: MemoryStores,
    pub(super) universe: UniverseId,
    pub(super) name: String,
}

/// What must be there for an item to be written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Any,
    There,
    Missing,
}

impl SortedMap {
    /// Reads an item; `None` if it is not there or has expired.
    ///
    /// Calls `memory_stores.get_sorted_map_item`; scope `memory-store.sorted-map:read`.
    pub fn get<T: DeserializeOwned>(&self, id: impl Into<String>) -> ReadItem<T> {
        ReadItem { map: self.clone(), id: id.into(), options: Options::default(), value: PhantomData }
    }

    /// Writes an item, whether or not it is there. Without [`sort_key`](WriteItem::sort_key), an item that has a
    /// sort key loses it (MS-14); [`update`](Self::update) keeps it.
    ///
    /// Calls `memory_stores.update_sorted_map_item`; scope `memory-store.sorted-map:write`.
    pub fn set<T: Serialize + ?Sized>(&self, id: impl Into<String>, value: &T) -> WriteItem {
        WriteItem::new(self.clone(), id.into(), limits::value(value), Mode::Any)
    }

    /// Writes an item that is there; fails if it is [not found](Error::is_not_found). Without
    /// [`sort_key`](WriteItem::sort_key), an item that has a sort key loses it (MS-14).
    ///
    /// Calls `memory_stores.update_sorted_map_item`; scope `memory-store.sorted-map:write`.
    pub fn replace<T: Serialize + ?Sized>(&self, id: impl Into<String>, value: &T) -> WriteItem {
        WriteItem::new(self.clone(), id.into(), limits::value(value), Mode::There)
    }

    /// Writes a new item; fails if it is there. It is not sent again after a failure that leaves its
    /// effect unknown: see [`Error::may_have_been_applied`].
    ///
    /// Calls `memory_stores.create_sorted_map_item`; scope `memory-store.sorted-map:write`.
    pub fn create<T: Serialize + ?Sized>(&self, id: impl Into<String>, value: &T) -> WriteItem {
        WriteItem::new(self.clone(), id.into(), limits::value(value), Mode::Missing)
    }

    /// Deletes an item; fails if it is [not found](Error::is_not_found).
    ///
    /// Calls `memory_stores.delete_sorted_map_item`; scope `memory-store.sorted-map:write`.
    pub fn delete(&self, id: impl Into<String>) -> RemoveItem {
        RemoveItem { map: self.clone(), id: id.into(), options: Options::default() }
    }

    /// The items by id. Each item of it costs one request unit of the universe's quota.
    ///
    /// Calls `memory_stores.list_sorted_map_items`; scope `memory-store.sorted-map:read`.
    pub fn items<T: DeserializeOwned>(&self) -> MapItems<T> {
        MapItems {
            map: self.clone(),
            filter: SortedMapFilter::new(),
            order: SortedMapOrder::ascending(),
            options: Options::default(),
            value: PhantomData,
        }
    }

    fn check_name(&self) -> Result<(), Error> {
        limits::text("map's name", &self.name, limits::ID)
    }

    pub(super) fn check(&self, id: &str) -> Result<(), Error> {
        self.check_name()?;
        limits::text("item's id", id, limits::ID)
    }

    pub(super) async fn read(
        &self,
        id: &str,
        options: &Options,
    ) -> Result<Option<(MemoryStoreSortedMapItem, Origin)>, Error> {
        self.check(id)?;
        let call = self.handle.get_sorted_map_item(&self.universe, self.name.as_str(), id).call;
        match call.with_options(options.clone()).send().await {
            Ok(item) => Ok(Some(item.into_parts())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives also where the item comes from, for those who find fault with it.
    pub(super) async fn write(
        &self,
        id: &str,
        item: MemoryStoreSortedMapItem,
        mode: Mode,
        options: Options,
    ) -> Result<(MemoryStoreSortedMapItem, Origin), Error> {
        self.check(id)?;
        let (universe, name) = (&self.universe, self.name.as_str());
        let call = match mode {
            Mode::Missing => self.handle.create_sorted_map_item(universe, name, id, item).call,
            Mode::There => self.handle.update_sorted_map_item(universe, name, id, item).call,
            Mode::Any => {
                self.handle.update_sorted_map_item(universe, name, id, item).allow_missing(true).call
            }
        };
        Ok(call.with_options(options).send().await?.into_parts())
    }
}

/// An item of a sorted map.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MapItem<T> {
    /// The id.
    pub id: String,
    /// The value.
    pub value: T,
    /// What it is sorted by, if anything.
    pub sort_key: Option<SortKey>,
    /// What the service calls this state of the item.
    pub etag: Option<String>,
    /// When it expires.
    pub expires: Option<Timestamp>,
}

impl<T> MapItem<T> {
    /// `id` is the one that was asked for, which responses may leave out (MS-14).
    pub(super) fn new(id: String, item: MemoryStoreSortedMapItem, value: T) -> Self {
        let sort_key = match (item.numeric_sort_key, item.string_sort_key) {
            (Some(number), _) => Some(SortKey::from(number)),
            (None, Some(text)) => Some(SortKey::from(text)),
            (None, None) => None,
        };
        Self { id, value, sort_key, etag: item.etag, expires: item.expire_time }
    }
}

impl<T: DeserializeOwned> MapItem<T> {
    pub(super) fn of(id: String, mut item: MemoryStoreSortedMapItem) -> Result<Self, Error> {
        let value = value(&id, item.value.take())?;
        Ok(Self::new(id, item, value))
    }

    /// An item of a list, which nothing was asked for by its id.
    fn listed(mut item: MemoryStoreSortedMapItem) -> Result<Self, Error> {
        let id = item.id.take().filter(|id| !id.is_empty());
        Self::of(id.ok_or_else(|| Error::unreadable("the service listed an item without its id"))?, item)
    }
}

pub(super) fn value<T: DeserializeOwned>(id: &str, json: Option<Value>) -> Result<T, Error> {
    let json =
        json.ok_or_else(|| Error::unreadable(format!("the service gave the item {id} without its `value`")))?;
    serde_json::from_value(json).map_err(|error| {
        let kind = std::any::type_name::<T>();
        Error::unreadable(format!("the value of the item {id} cannot be read as {kind}: {error}"))
    })
}

/// The service sorts by doubles, which not every whole number beyond 2^53 is.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "it is compared")]
fn double(number: i64) -> Result<f64, Error> {
    let double = number as f64;
    match double as i128 == i128::from(number) {
        true => Ok(double),
        false => Err(Error::invalid_request(format!(
            "the service would round the sort key {number} to {double}; give it as text"
        ))),
    }
}

/// Sets what an item is sorted by.
pub(super) fn sorted(
    item: MemoryStoreSortedMapItem,
    key: SortKey,
) -> Result<MemoryStoreSortedMapItem, Error> {
    let number = match key {
        SortKey::Text(text) => {
            limits::text("sort key", &text, limits::SORT_KEY)?;
            return Ok(item.string_sort_key(text));
        }
        SortKey::Number(Number::Integer(number)) => double(number)?,
        SortKey::Number(Number::Float(number)) => number,
    };
    match number.is_finite() {
        true => Ok(item.numeric_sort_key(number)),
        false => Err(Error::invalid_request("the sort key must be a finite number or text")),
    }
}

/// The reading of an item. Made by [`SortedMap::get`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct ReadItem<T> {
    map: SortedMap,
    id: String,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl<T> ReadItem<T> {
    option_methods!();
}

awaitable!([T: DeserializeOwned + Send + 'static] ReadItem<T> => Option<MapItem<T>>);

impl<T: DeserializeOwned + Send + 'static> ReadItem<T> {
    async fn run(self) -> Result<Option<MapItem<T>>, Error> {
        let Some((item, origin)) = self.map.read(&self.id, &self.options).await? else { return Ok(None) };
        MapItem::of(self.id, item).map(Some).map_err(|error| origin.blame(error))
    }
}

/// The writing of an item. It gives the [`MapItem`] without its value. Made by [`SortedMap::set`],
/// [`replace`](SortedMap::replace) and [`create`](SortedMap::create).
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct WriteItem {
    map: SortedMap,
    id: String,
    value: Result<Value, Error>,
    mode: Mode,
    sort_key: Option<SortKey>,
    ttl: Option<Duration>,
    options: Options,
}

impl WriteItem {
    fn new(map: SortedMap, id: String, value: Result<Value, Error>, mode: Mode) -> Self {
        Self { map, id, value, mode, sort_key: None, ttl: None, options: Options::default() }
    }

    /// Sets what the item is sorted by: a number, or text of up to 128 characters.
    pub fn sort_key(mut self, key: impl Into<SortKey>) -> Self {
        self.sort_key = Some(key.into());
        self
    }

    /// Sets how long the item lives, up to 45 days. Without it, it lives as long as the service says.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    option_methods!();
}

awaitable!([] WriteItem => MapItem<()>);

impl WriteItem {
    async fn run(self) -> Result<MapItem<()>, Error> {
        let Self { map, id, value, mode, sort_key, ttl, mut options } = self;
        limits::ttl(ttl)?;
        let mut item = MemoryStoreSortedMapItem::new().value(value?);
        if let Some(key) = sort_key {
            item = sorted(item, key)?;
        }
        if let Some(ttl) = ttl {
            item = item.ttl(ttl);
        }
        if !matches!(mode, Mode::Missing) {
            // Written twice it is the same.
            options = options.or_idempotent();
        }
        let (written, _) = map.write(&id, item, mode, options).await?;
        Ok(MapItem::new(id, written, ()))
    }
}

/// The deletion of an item. Made by [`SortedMap::delete`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct RemoveItem {
    map: SortedMap,
    id: String,
    options: Options,
}

impl RemoveItem {
    option_methods!();
}

awaitable!([] RemoveItem => ());

impl RemoveItem {
    async fn run(self) -> Result<(), Error> {
        let Self { map, id, options } = self;
        map.check(&id)?;
        let call = map.handle.delete_sorted_map_item(&map.universe, map.name.as_str(), id).call;
        call.with_options(options).output().await
    }
}

/// The list of a sorted map's items. Made by [`SortedMap::items`].
#[must_use = "a list is read when its items or pages are polled"]
#[derive(Clone, Debug)]
pub struct MapItems<T> {
    map: SortedMap,
    filter: SortedMapFilter,
    order: SortedMapOrder,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl<T> MapItems<T> {
    /// Items that this admits only.
    pub fn filter(mut self, filter: SortedMapFilter) -> Self {
        self.filter = filter;
        self
    }

    /// The last id first.
    pub fn descending(mut self) -> Self {
        self.order = SortedMapOrder::descending();
        self
    }

    option_methods!(each);
}

impl<T: DeserializeOwned + Send + 'static> MapItems<T> {
    /// The items of all pages, as a stream that fetches page after page. An item whose value is no
    /// `T` is an error of its own and does not end the list.
    pub fn items(self) -> Items<Result<MapItem<T>, Error>> {
        Items::of(self)
    }

    /// The pages as they came, each with its token, status and headers.
    pub fn pages(self) -> Pages<ListMemoryStoreSortedMapItemsResponse> {
        Pages::of(self)
    }
}

impl<T: DeserializeOwned + Send + 'static> List for MapItems<T> {
    type Page = ListMemoryStoreSortedMapItemsResponse;
    type Item = Result<MapItem<T>, Error>;

    fn into_call(self) -> Call<Self::Page> {
        let map = &self.map;
        let call = map
            .handle
            .list_sorted_map_items(&map.universe, map.name.as_str())
            .filter(self.filter)
            .order_by(self.order);
        call.with_options(self.options).into_call().checked(map.check_name())
    }

    fn items(page: Self::Page) -> Vec<Self::Item> {
        page.items.unwrap_or_default().into_iter().map(MapItem::listed).collect()
    }

    fn traced(item: Self::Item, page: &Origin) -> Self::Item {
        item.map_err(|error| page.blame(error))
    }

    fn read(page: &Self::Page) -> Facts {
        <ListSortedMapItems as List>::read(page)
    }
}
