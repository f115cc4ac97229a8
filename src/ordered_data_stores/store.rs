use super::value::Action;
use super::{OrderedCall, OrderedDataStores, Ranked, Top};
use crate::Error;
use crate::call::check_length;
use crate::ids::UniverseId;

impl OrderedDataStores {
    /// An ordered data store of a universe, by its name. Nothing is sent, and the store need not
    /// exist: the first write creates it.
    pub fn store(&self, universe: impl Into<UniverseId>, name: impl Into<String>) -> OrderedDataStore {
        let (universe, name) = (universe.into(), name.into());
        OrderedDataStore { handle: self.clone(), universe, name, scope: "global".to_owned() }
    }
}

/// An ordered data store. Made by [`OrderedDataStores::store`].
///
/// Names and scopes have 1 to 50 characters, and keys 1 to 63 (Roblox's guide says 50, its reference
/// 63). A value is a whole number that the service reads as a double: what is beyond 2^53 would not
/// arrive as it is, and is refused before anything is sent. The operations of the first version of the
/// API ([`OrderedDataStores::update_value`] and others) take any `i64`.
#[derive(Clone, Debug)]
pub struct OrderedDataStore {
    pub(super) handle: OrderedDataStores,
    pub(super) universe: UniverseId,
    pub(super) name: String,
    pub(super) scope: String,
}

impl OrderedDataStore {
    /// The same store, but keys are those of this scope instead of `global`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }

    /// Reads a value; `None` if the key is not there.
    ///
    /// Calls `ordered_data_stores.get_entry`; scope `universe.ordered-data-store.scope.entry:read`.
    pub fn get(&self, key: impl Into<String>) -> OrderedCall<Option<i64>> {
        self.call(key, Action::Get)
    }

    /// Sets a value, whether or not the key is there.
    ///
    /// Calls `ordered_data_stores.update_entry`; scope `universe.ordered-data-store.scope.entry:write`.
    pub fn set(&self, key: impl Into<String>, value: i64) -> OrderedCall<i64> {
        self.call(key, Action::Set { value, allow_missing: true })
    }

    /// Sets the value of a key that is there; fails if it is [not found](Error::is_not_found).
    ///
    /// Calls `ordered_data_stores.update_entry`; scope `universe.ordered-data-store.scope.entry:write`.
    pub fn replace(&self, key: impl Into<String>, value: i64) -> OrderedCall<i64> {
        self.call(key, Action::Set { value, allow_missing: false })
    }

    /// Creates a key; fails (status 400) if it is there. It is not sent again after a failure that
    /// leaves its effect unknown: see [`Error::may_have_been_applied`].
    ///
    /// Calls `ordered_data_stores.create_entry`; scope `universe.ordered-data-store.scope.entry:write`.
    pub fn create(&self, key: impl Into<String>, value: i64) -> OrderedCall<i64> {
        self.call(key, Action::Create(value))
    }

    /// Adds to a value, atomically, and gives the sum; a key that is not there counts as 0. It is
    /// never sent again after a failure that leaves its effect unknown: see
    /// [`Error::may_have_been_applied`].
    ///
    /// Calls `ordered_data_stores.increment_entry`; scope `universe.ordered-data-store.scope.entry:write`.
    ///
    /// Known to Roblox: beyond the range of values the response is cut to it, but what is stored may
    /// not be.
    pub fn increment(&self, key: impl Into<String>, amount: i64) -> OrderedCall<i64> {
        self.call(key, Action::Increment(amount))
    }

    /// Deletes a key at once and for good; fails if it is [not found](Error::is_not_found).
    ///
    /// Calls `ordered_data_stores.delete_entry`; scope `universe.ordered-data-store.scope.entry:write`.
    pub fn delete(&self, key: impl Into<String>) -> OrderedCall<()> {
        self.call(key, Action::Delete)
    }

    /// The entries with the greatest values, the greatest first.
    ///
    /// Calls `ordered_data_stores.list_entries`; scope `universe.ordered-data-store.scope.entry:read`.
    pub fn top(&self, count: u64) -> Top {
        Top::new(self.ranked().descending(), count)
    }

    /// The entries by value, the smallest first unless turned around, between bounds that may be set.
    ///
    /// Calls `ordered_data_stores.list_entries`; scope `universe.ordered-data-store.scope.entry:read`.
    pub fn ranked(&self) -> Ranked {
        Ranked::new(self.clone())
    }

    fn call<T>(&self, key: impl Into<String>, action: Action) -> OrderedCall<T> {
        OrderedCall::new(self.clone(), key.into(), action)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_length("ordered data store's name", &self.name, 50)?;
        check_length("scope", &self.scope, 50)
    }
}
