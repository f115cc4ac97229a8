use super::entry::user_id;
use super::export::MAX_CONCURRENCY;
use super::requests::Revision;
use super::{EntryKey, Store};
use crate::Error;
use crate::call::{Options, option_methods};
use crate::ids::UserId;
use futures_util::stream::{self, StreamExt};
use std::fmt;
use std::sync::Arc;

const CONCURRENCY: usize = 8;

type Belongs = Arc<dyn Fn(&EntryKey) -> bool + Send + Sync>;

/// Finds the entries of a user, as a request for erasure asks for. Made by [`Store::erase_user`].
///
/// Found are the entries whose users name the user, and those whose key says so to
/// [`and_keys`](Self::and_keys). Nothing is deleted before the plan is looked at and carried out:
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// let players = client.data_stores().store(123, "Players");
/// let plan = players.erase_user(156).and_keys(|entry| entry.key == "Player_156").find().await?;
/// for entry in &plan.entries {
///     println!("{}/{} {:?}", entry.key.scope, entry.key.key, entry.users);
/// }
/// let report = plan.erase().await;
/// assert!(report.failed.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// Every entry is read for it, since the service cannot be asked whose entries there are. Deleted
/// entries can be read for 30 days more, by their revisions; then they are gone for good.
#[must_use = "nothing is searched before `find`"]
#[derive(Clone)]
pub struct EraseUser {
    store: Store,
    user: UserId,
    prefix: String,
    belongs: Option<Belongs>,
    concurrency: usize,
    options: Options,
}

/// An entry that is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundEntry {
    /// Where it is.
    pub key: EntryKey,
    /// The users that it belongs to; there may be others beside the one who is erased, or none if
    /// the key says whose it is.
    pub users: Vec<UserId>,
}

/// What would be erased. Take out of `entries` what must stay.
#[must_use = "nothing is erased before `erase`"]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErasurePlan {
    /// The entries that were found.
    pub entries: Vec<FoundEntry>,
    /// How many entries were looked at.
    pub searched: u64,
    store: Store,
    concurrency: usize,
    options: Options,
}

/// What was erased.
#[must_use = "some entries may not have been erased"]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErasureReport {
    /// The entries that are deleted now, those among them that were gone already.
    pub erased: Vec<EntryKey>,
    /// The entries that could not be deleted, and why.
    pub failed: Vec<(EntryKey, Error)>,
}

impl EraseUser {
    pub(super) fn new(store: Store, user: UserId) -> Self {
        let options = Options::default();
        Self { store, user, prefix: String::new(), belongs: None, concurrency: CONCURRENCY, options }
    }

    /// Searches keys that begin with this text only; see [`Entries::prefix`](super::Entries::prefix).
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Also entries of which this says that they are the user's, by their scope and key.
    pub fn and_keys(mut self, belongs: impl Fn(&EntryKey) -> bool + Send + Sync + 'static) -> Self {
        self.belongs = Some(Arc::new(belongs));
        self
    }

    /// Sets how many entries are read or deleted at a time: 8 by default, 1 at least and 64 at most.
    pub fn concurrency(mut self, entries: usize) -> Self {
        self.concurrency = entries.clamp(1, MAX_CONCURRENCY);
        self
    }

    option_methods!(each);

    /// Searches, and deletes nothing.
    ///
    /// # Errors
    ///
    /// As of every call. A part is never taken for the whole.
    pub async fn find(self) -> Result<ErasurePlan, Error> {
        let mut keys = self.store.chosen_entries(&self.prefix, &self.options)?.items();
        let mut entries = Vec::new();
        let mut searched = 0;
        loop {
            let mut batch = Vec::with_capacity(self.concurrency);
            while batch.len() < self.concurrency
                && let Some(key) = keys.next().await
            {
                batch.push(key?);
            }
            if batch.is_empty() {
                break;
            }
            searched += batch.len() as u64;
            let mut found = stream::iter(batch).map(|key| self.examine(key)).buffered(self.concurrency);
            while let Some(entry) = found.next().await {
                entries.extend(entry?);
            }
        }
        let Self { store, concurrency, options, .. } = self;
        Ok(ErasurePlan { entries, searched, store, concurrency, options })
    }

    async fn examine(&self, key: EntryKey) -> Result<Option<FoundEntry>, Error> {
        let store = self.store.at_scope_of(&key);
        let Some(stored) = store.read(&key.key, &Revision::Latest, &self.options).await? else {
            return Ok(None);
        };
        let users = stored.users.unwrap_or_default();
        let users: Vec<UserId> = users.iter().map(|path| UserId::from(user_id(path))).collect();
        let is_theirs =
            users.contains(&self.user) || self.belongs.as_ref().is_some_and(|belongs| belongs(&key));
        Ok(is_theirs.then_some(FoundEntry { key, users }))
    }
}

impl ErasurePlan {
    /// Deletes the entries of the plan. One that cannot be deleted does not keep the others.
    pub async fn erase(self) -> ErasureReport {
        let Self { entries, store, concurrency, options, .. } = self;
        let mut report = ErasureReport { erased: Vec::new(), failed: Vec::new() };
        let mut deleted = stream::iter(entries)
            .map(|entry| {
                let (store, options) = (store.at_scope_of(&entry.key), &options);
                async move {
                    let outcome = store.delete_stored(&entry.key.key, options).await;
                    (entry.key, outcome)
                }
            })
            .buffered(concurrency);
        while let Some((key, outcome)) = deleted.next().await {
            match outcome {
                Ok(()) => report.erased.push(key),
                Err(error) if error.is_not_found() => report.erased.push(key),
                Err(error) => report.failed.push((key, error)),
            }
        }
        report
    }
}

impl fmt::Debug for EraseUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EraseUser")
            .field("store", &self.store)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
