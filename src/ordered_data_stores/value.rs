use super::OrderedDataStore;
use crate::Error;
use crate::call::{awaitable, check_length, option_methods};
use crate::client::Options;
use crate::types::OrderedDataStoreEntry;
use std::marker::PhantomData;

/// Characters of a key.
const KEY: usize = 63;
/// The greatest whole number up to which a double holds every one.
const EXACT: i64 = 1 << 53;

#[derive(Clone, Copy, Debug)]
enum Action {
    Get,
    Set { value: i64, allow_missing: bool },
    Create(i64),
    Increment(i64),
    Delete,
}

impl OrderedDataStore {
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

    fn call<T>(&self, key: impl Into<String>, action: Action) -> OrderedCall<T> {
        let store = self.clone();
        OrderedCall { store, key: key.into(), action, options: Options::default(), output: PhantomData }
    }
}

/// A call that is about one key. Made by the methods of [`OrderedDataStore`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct OrderedCall<T> {
    store: OrderedDataStore,
    key: String,
    action: Action,
    options: Options,
    output: PhantomData<fn() -> T>,
}

/// What a call about one key gives: a value, perhaps none, or nothing.
pub trait OrderedOutcome: Sized + Send + 'static {
    #[doc(hidden)]
    fn of(value: Option<i64>) -> Self;
}

impl OrderedOutcome for Option<i64> {
    fn of(value: Option<i64>) -> Self {
        value
    }
}

impl OrderedOutcome for i64 {
    /// Every call that gives a number has one: the service leaves a zero out.
    fn of(value: Option<i64>) -> Self {
        value.unwrap_or_default()
    }
}

impl OrderedOutcome for () {
    fn of(_: Option<i64>) -> Self {}
}

impl<T> OrderedCall<T> {
    option_methods!();

    async fn value(self) -> Result<Option<i64>, Error> {
        let Self { store, key, action, options, .. } = self;
        store.check()?;
        check_length("key", &key, KEY)?;
        let (handle, universe, name, scope) =
            (&store.handle, &store.universe, store.name.as_str(), store.scope.as_str());
        let mut idempotent = options.idempotent;
        let call = match action {
            Action::Get => handle.get_entry(universe, name, scope, key).call,
            Action::Set { value, allow_missing } => {
                // Set twice it is the same.
                idempotent.get_or_insert(true);
                let call = handle.update_entry(universe, name, scope, key, entry(value)?);
                if allow_missing { call.allow_missing(true).call } else { call.call }
            }
            Action::Create(value) => handle.create_entry(universe, name, scope, key, entry(value)?).call,
            Action::Increment(amount) => {
                handle.increment_entry(universe, name, scope, key, exact(amount)?).call
            }
            Action::Delete => {
                let call = handle.delete_entry(universe, name, scope, key).call;
                call.with_options(options).output().await?;
                return Ok(None);
            }
        };
        let response = match call.with_options(Options { idempotent, ..options }).send().await {
            Err(error) if matches!(action, Action::Get) && error.is_not_found() => return Ok(None),
            response => response?,
        };
        let value = whole(&response).ok_or_else(|| response.blame(Error::unusable_response(OUT_OF_RANGE)))?;
        Ok(Some(value))
    }
}

awaitable!([T: OrderedOutcome] OrderedCall<T> => T);

impl<T: OrderedOutcome> OrderedCall<T> {
    async fn run(self) -> Result<T, Error> {
        self.value().await.map(T::of)
    }
}

pub(super) const OUT_OF_RANGE: &str = "the service gave a value that is not a 64-bit integer";

/// The value of an entry; the service leaves a zero out. `None` if it is too large for one: a cast would make
/// the greatest integer of it.
#[allow(clippy::cast_possible_truncation, reason = "the service rounds to whole numbers")]
pub(super) fn whole(entry: &OrderedDataStoreEntry) -> Option<i64> {
    let value = entry.value.unwrap_or_default().round();
    // Both bounds are powers of two, and so exact.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value).then_some(value as i64)
}

#[allow(clippy::cast_precision_loss, reason = "what would lose precision was refused")]
fn entry(value: i64) -> Result<OrderedDataStoreEntry, Error> {
    Ok(OrderedDataStoreEntry::new().value(exact(value)? as f64))
}

fn exact(value: i64) -> Result<i64, Error> {
    match (-EXACT..=EXACT).contains(&value) {
        true => Ok(value),
        false => Err(Error::invalid_request(format!(
            "{value} is beyond 2^53, and the service would round it; the operations of the first version of the \
             API, such as `update_value`, take it as it is"
        ))),
    }
}
