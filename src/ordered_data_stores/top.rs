use super::value::{OUT_OF_RANGE, whole};
use super::{ListEntries, OrderedDataStore};
use crate::Error;
use crate::call::{Call, awaitable, option_methods};
use crate::client::Options;
use crate::filter::{OrderedEntryFilter, OrderedEntryOrder};
use crate::paging::{Facts, Items, List, Pages};
use crate::types::ListOrderedDataStoreEntriesResponse;

impl OrderedDataStore {
    /// The entries with the greatest values, the greatest first.
    ///
    /// Calls `ordered_data_stores.list_entries`; scope `universe.ordered-data-store.scope.entry:read`.
    pub fn top(&self, count: u64) -> Top {
        Top { ranked: self.ranked().descending(), count }
    }

    /// The entries by value, the smallest first unless turned around, between bounds that may be set.
    ///
    /// Calls `ordered_data_stores.list_entries`; scope `universe.ordered-data-store.scope.entry:read`.
    pub fn ranked(&self) -> Ranked {
        Ranked {
            store: self.clone(),
            filter: OrderedEntryFilter::new(),
            is_descending: false,
            options: Options::default(),
        }
    }
}

/// A key of an ordered data store, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderedEntry {
    /// The key.
    pub key: String,
    /// The value. The service gives it as a double, so that one beyond 2^53 comes rounded.
    pub value: i64,
}

/// The entries of an ordered data store by value. Made by [`OrderedDataStore::ranked`].
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// let points = client.ordered_data_stores().store(123, "Points");
/// let middle = points.ranked().at_least(10).at_most(20).items().collect().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is read when its items or pages are polled"]
#[derive(Clone, Debug)]
pub struct Ranked {
    store: OrderedDataStore,
    filter: OrderedEntryFilter,
    is_descending: bool,
    options: Options,
}

impl Ranked {
    /// Entries with this value or a greater one.
    pub fn at_least(mut self, value: i64) -> Self {
        self.filter = self.filter.at_least(value);
        self
    }

    /// Entries with this value or a smaller one.
    pub fn at_most(mut self, value: i64) -> Self {
        self.filter = self.filter.at_most(value);
        self
    }

    /// The greatest first.
    pub fn descending(mut self) -> Self {
        self.is_descending = true;
        self
    }

    option_methods!(each);

    /// The entries of all pages, as a stream that fetches page after page.
    pub fn items(self) -> Items<OrderedEntry> {
        Items::of(self)
    }

    /// The pages as they came, each with its token, status and headers.
    pub fn pages(self) -> Pages<ListOrderedDataStoreEntriesResponse> {
        Pages::of(self)
    }
}

impl List for Ranked {
    type Page = ListOrderedDataStoreEntriesResponse;
    type Item = OrderedEntry;

    fn into_call(self) -> Call<Self::Page> {
        let order = match self.is_descending {
            true => OrderedEntryOrder::descending(),
            false => OrderedEntryOrder::ascending(),
        };
        let store = &self.store;
        let place = store.check();
        let call = store
            .handle
            .list_entries(&store.universe, store.name.as_str(), store.scope.as_str())
            .filter(self.filter)
            .order_by(order);
        call.with_options(self.options).into_call().checked(place)
    }

    fn items(page: Self::Page) -> Vec<OrderedEntry> {
        let entries = page.ordered_data_store_entries.unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|entry| Some(OrderedEntry { value: whole(&entry)?, key: entry.id? }))
            .collect()
    }

    fn read(page: &Self::Page) -> Facts {
        let mut entries = page.ordered_data_store_entries.iter().flatten();
        let flaw = entries.find_map(|entry| match (&entry.id, whole(entry)) {
            (None, _) => Some("the service listed an entry without its id"),
            (_, None) => Some(OUT_OF_RANGE),
            _ => None,
        });
        Facts { flaw, ..<ListEntries as List>::read(page) }
    }
}

/// The entries with the greatest values. Made by [`OrderedDataStore::top`].
#[must_use = "a list is read when it is awaited"]
#[derive(Clone, Debug)]
pub struct Top {
    ranked: Ranked,
    count: u64,
}

impl Top {
    option_methods!(ranked);
}

awaitable!([] Top => Vec<OrderedEntry>);

impl Top {
    async fn run(self) -> Result<Vec<OrderedEntry>, Error> {
        self.ranked.store.check()?;
        self.ranked.items().limit(self.count).collect().await
    }
}
