use super::metadata::{Metadata, metadata_setters};
use super::requests::Revision;
use super::wire::{Content, Stored};
use super::{Entry, Store};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;

/// The incrementing of an entry. It gives the entry with its new value. Made by
/// [`Store::increment`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct IncrementBy {
    store: Store,
    key: String,
    amount: i64,
    metadata: Metadata,
    options: Options,
}

impl Store {
    /// Adds to a whole number, atomically. An entry that is not there counts as 0.
    ///
    /// Calls `data_stores.get_scoped_entry` and `data_stores.increment_scoped_entry`; scopes
    /// `universe-datastores.objects:create` or `universe-datastores.objects:update`,
    /// `universe-datastores.objects:read`.
    ///
    /// The service clears users and attributes that are not sent, so unless both are given they are
    /// read first; what somebody else changes of them in between is lost, for an increment takes no
    /// condition. The number itself is always right. It is never sent again after a failure that
    /// leaves its effect unknown: see [`Error::may_have_been_applied`](crate::Error::may_have_been_applied).
    ///
    /// Known to Roblox: beyond the range of an `i64` the response is cut to it, but what is stored may
    /// not be.
    pub fn increment(&self, key: impl Into<String>, amount: i64) -> IncrementBy {
        IncrementBy::new(self.clone(), key.into(), amount)
    }
}

impl IncrementBy {
    pub(super) fn new(store: Store, key: String, amount: i64) -> Self {
        Self { store, key, amount, metadata: Metadata::default(), options: Options::default() }
    }

    metadata_setters!();
    option_methods!(each);
}

awaitable!([] IncrementBy => Entry<i64>);

impl IncrementBy {
    async fn run(self) -> Result<Entry<i64>, Error> {
        let Self { store, key, amount, metadata, options } = self;
        metadata.check()?;
        let before = match metadata.is_whole() {
            true => None,
            false => store.read(&key, &Revision::Latest, &options).await?,
        };
        let (users, attributes) = metadata.over(before.as_ref())?;
        let rest = Content { users, attributes, ..Content::default() };
        let stored = store.increment_stored(&key, amount, rest, &options).await?;
        let value = number(&stored)?;
        Entry::new(store.scope_name(), &key, stored, value)
    }
}

/// The value as a whole number, which some services write with a fraction: `7.0`.
fn number(stored: &Stored) -> Result<i64, Error> {
    let text = stored.value.as_deref().map_or("null", |value| value.get());
    let whole = text.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'));
    whole.map_or(text, |(whole, _)| whole).parse().map_err(|_| {
        let problem = "the service's response to the increment holds no whole number";
        stored.blame(Error::unusable_response(problem))
    })
}
