use super::engine::{self, Listing, Pace, Reader, Sink, pace_methods};
use super::entry::user_id;
use super::listed::{Listed, Outcome, SharedNames};
use super::unreadable::Unreadable;
use super::wire::Stored;
use super::{DataStores, EntryKey, Store, limits};
use crate::Error;
use crate::bulk::Calls;
use crate::call::option_methods;
use crate::client::Options;
use crate::ids::{UniverseId, UserId};
use crate::wire::debug_fields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

type Belongs = Arc<dyn Fn(&FoundEntry) -> bool + Send + Sync>;

/// Finds the entries of a user, as a request for erasure asks for. Made by
/// [`DataStores::erase_user`] for all data stores of a universe, and by [`Store::erase_user`] for one.
///
/// Found are the entries whose users name the user, and those that are the user's according to
/// [`also_where`](Self::also_where). Nothing is deleted before the plan is looked at and carried out:
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// let erasure = client.data_stores().erase_user(123, 156).also_where(|entry| entry.key == "Player_156");
/// let plan = erasure.find().await?;
/// for entry in &plan.entries {
///     println!("{}: {}/{} {:?}", entry.store, entry.scope, entry.key, entry.users);
/// }
/// let report = plan.erase().await;
/// assert!(report.is_complete(), "{report}");
/// # Ok(())
/// # }
/// ```
///
/// Roblox deletes matching entries itself on a user's request, if the universe's configs have templates of their keys
/// (RE-01): `opencloud::erasure` checks and publishes them, and searches what they do not reach.
///
/// Every entry is read for it, since the service cannot be asked whose entries there are. Half of what the data stores of a
/// universe take is left to the running game, unless the [share](Self::share) is another; that holds for the deletions
/// of the plan, too. Deleted
/// entries can be read for 30 days more, by their revisions; then they are gone for good.
#[must_use = "nothing is searched before `find`"]
#[derive(Clone)]
pub struct EraseUser {
    handle: DataStores,
    universe: UniverseId,
    /// The one data store that is searched, instead of all.
    store: Option<Store>,
    /// Nobody's entries are found without one, but those that `belongs` names.
    user: Option<UserId>,
    prefix: String,
    skipped_stores: BTreeSet<String>,
    belongs: Option<Belongs>,
    unless: Option<Belongs>,
    unreadable: Unreadable<FoundEntry>,
    pace: Pace,
    options: Options,
}

/// An entry that is to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundEntry {
    /// The name of the data store.
    pub store: String,
    /// The scope.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The users that it belongs to; there may be others beside the one who is erased, or none if
    /// something else says whose it is.
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
    /// How many keys were listed, but deleted before they were read.
    pub vanished: u64,
    /// The entries that could not be read and were left out ([`EraseUser::skip_unreadable`]), without their
    /// users. Put into `entries` those whose key says that they are the user's.
    pub unreadable: Vec<FoundEntry>,
    handle: DataStores,
    universe: UniverseId,
    concurrency: usize,
    options: Options,
}

impl DataStores {
    /// Finds, and then erases, the entries of a user in every standard data store of a universe, in all
    /// scopes. Ordered data stores and memory stores are not searched: their entries name no users.
    ///
    /// Calls `data_stores.list`, `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry` and
    /// `data_stores.delete_scoped_entry`; scopes `universe-datastores.control:list`,
    /// `universe-datastores.objects:delete`, `universe-datastores.objects:list`,
    /// `universe-datastores.objects:read`.
    pub fn erase_user(&self, universe: impl Into<UniverseId>, user: impl Into<UserId>) -> EraseUser {
        EraseUser::in_universe(self.clone(), universe.into(), Some(user.into()))
    }

    /// Shows every entry of every standard data store of a universe; a search that finds nothing.
    #[cfg(all(feature = "configs", feature = "ordered_data_stores"))]
    pub(crate) fn search_all(
        &self,
        universe: impl Into<UniverseId>,
        show: impl Fn(&FoundEntry) + Send + Sync + 'static,
    ) -> EraseUser {
        EraseUser::in_universe(self.clone(), universe.into(), None).also_where(move |entry| {
            show(entry);
            false
        })
    }
}

impl Store {
    /// Finds, and then erases, the entries of a user in this data store: in all scopes, or in the one that
    /// was chosen with [`scope`](Self::scope). [`DataStores::erase_user`] does it in all data stores.
    ///
    /// Calls `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry` and
    /// `data_stores.delete_scoped_entry`; scopes `universe-datastores.objects:delete`,
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`.
    pub fn erase_user(&self, user: impl Into<UserId>) -> EraseUser {
        EraseUser::in_store(self.clone(), user.into())
    }
}

impl EraseUser {
    pub(super) fn in_store(store: Store, user: UserId) -> Self {
        let (handle, universe) = (store.handle.clone(), store.universe.clone());
        Self { store: Some(store), ..Self::in_universe(handle, universe, Some(user)) }
    }

    pub(super) fn in_universe(handle: DataStores, universe: UniverseId, user: Option<UserId>) -> Self {
        Self {
            handle,
            universe,
            store: None,
            user,
            prefix: String::new(),
            skipped_stores: BTreeSet::new(),
            belongs: None,
            unless: None,
            unreadable: Unreadable::default(),
            pace: Pace::default(),
            options: Options::default(),
        }
    }

    /// Searches keys that begin with this text only, in whichever scope.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Also entries of which this says that they are the user's, by their data store, scope, key and
    /// users.
    pub fn also_where(mut self, belongs: impl Fn(&FoundEntry) -> bool + Send + Sync + 'static) -> Self {
        self.belongs = Some(Arc::new(belongs));
        self
    }

    /// Leaves out entries of which this says so, such as those that
    #[cfg_attr(
        all(feature = "configs", feature = "ordered_data_stores"),
        doc = "[templates reach](crate::erasure::Templates::reach)."
    )]
    #[cfg_attr(not(all(feature = "configs", feature = "ordered_data_stores")), doc = "templates reach.")]
    pub fn unless(mut self, is_left_out: impl Fn(&FoundEntry) -> bool + Send + Sync + 'static) -> Self {
        self.unless = Some(Arc::new(is_left_out));
        self
    }

    /// Leaves out data stores, by their names: nothing of them is read.
    pub fn skip_stores<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.skipped_stores.extend(names.into_iter().map(Into::into));
        self
    }

    /// Goes on past an entry that cannot be read, if `skip` says so, and tells of it in
    /// [`ErasurePlan::unreadable`]; otherwise it ends the search. When it is asked is said at
    /// [`Export::skip_unreadable`](super::Export::skip_unreadable).
    pub fn skip_unreadable(
        mut self,
        skip: impl Fn(&FoundEntry, &Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.unreadable = Unreadable::decided_by(skip);
        self
    }

    pace_methods!("read or deleted");

    option_methods!(each);

    #[cfg(all(feature = "configs", feature = "ordered_data_stores"))]
    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Searches, and deletes nothing.
    ///
    /// # Errors
    ///
    /// As of every call, with the key that it is about; and of kind
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if the user's id is no
    /// number. A part is never taken for the whole.
    pub async fn find(mut self) -> Result<ErasurePlan, Error> {
        self.options = self.pace.of_job(self.options)?;
        // As the service writes it, so that it is found however the caller does: 0156.
        if let Some(user) = &mut self.user {
            *user = limits::user(user)?.into();
        }
        let mut plan = ErasurePlan {
            entries: Vec::new(),
            searched: 0,
            vanished: 0,
            unreadable: Vec::new(),
            handle: self.handle.clone(),
            universe: self.universe.clone(),
            concurrency: self.pace.concurrency,
            options: self.options.clone(),
        };
        for store in engine::with_backoff(&self.pace, || self.stores()).await? {
            self.search(&store, &mut plan).await?;
        }
        Ok(plan)
    }

    async fn stores(&self) -> Result<Vec<Store>, Error> {
        if let Some(store) = &self.store {
            let is_skipped = self.skipped_stores.contains(&store.name);
            return Ok(if is_skipped { Vec::new() } else { vec![store.clone()] });
        }
        let mut pages = self.handle.list(&self.universe).with_options(self.options.clone()).pages();
        let mut stores = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page?;
            for store in page.data_stores.iter().flatten() {
                let id = store.id.clone().ok_or_else(|| {
                    page.blame(Error::unreadable("the service listed a data store without its id"))
                })?;
                if !self.skipped_stores.contains(&id) {
                    stores.push(self.handle.store(&self.universe, id));
                }
            }
        }
        Ok(stores)
    }

    async fn search(&self, store: &Store, plan: &mut ErasurePlan) -> Result<(), Error> {
        let mut listing = Listing::new(store, &self.prefix, None, None, &self.options)?;
        let reader = Reader { store, prefix: &self.prefix, options: &self.options };
        let pace = self.pace.from(plan.searched);
        let mut found = Search { erase: self, store, shared_names: SharedNames::default(), plan };
        engine::run(pace, &mut listing, &reader, &mut found).await
    }

    /// Puts what was read of an entry into the plan.
    fn count(&self, store: &Store, outcome: Outcome, plan: &mut ErasurePlan) -> Result<(), Error> {
        let entry = |of: EntryKey, stored: Option<Stored>| {
            let users = stored.and_then(|stored| stored.users).unwrap_or_default();
            let users = users.iter().map(|path| UserId::from(user_id(path))).collect();
            FoundEntry { store: store.name.clone(), scope: of.scope, key: of.key, users }
        };
        match outcome {
            Outcome::There(of, stored) => {
                plan.searched += 1;
                plan.entries.extend(Some(entry(of, Some(*stored))).filter(|entry| self.is_theirs(entry)));
            }
            Outcome::Vanished => plan.vanished += 1,
            Outcome::Failed(of, error) => {
                let entry = entry(of, None);
                let error = error.with_context(&format!("the data store `{}`", store.name));
                if !self.unreadable.is_skipped(&entry, &error) {
                    return Err(error);
                }
                plan.unreadable.push(entry);
            }
        }
        Ok(())
    }

    fn is_theirs(&self, entry: &FoundEntry) -> bool {
        let says = |decide: &Option<Belongs>| decide.as_ref().is_some_and(|decide| decide(entry));
        let is_named = self.user.as_ref().is_some_and(|user| entry.users.contains(user));
        (is_named || says(&self.belongs)) && !says(&self.unless)
    }
}

/// The search of one data store.
struct Search<'a> {
    erase: &'a EraseUser,
    store: &'a Store,
    shared_names: SharedNames,
    plan: &'a mut ErasurePlan,
}

impl Sink<Listed, Vec<Outcome>> for Search<'_> {
    async fn take(&mut self, found: Vec<(Listed, Vec<Outcome>)>) -> Result<(), Error> {
        for (listed, outcomes) in found {
            for outcome in self.shared_names.new_of(&listed, outcomes) {
                self.erase.count(self.store, outcome, self.plan)?;
            }
        }
        Ok(())
    }
}

impl ErasurePlan {
    /// Deletes the entries of the plan when it is awaited. One that cannot be deleted does not keep the
    /// others; one that is gone already counts as done.
    pub fn erase(self) -> Calls<FoundEntry, ()> {
        let Self { entries, handle, universe, concurrency, options, .. } = self;
        Calls::new(entries, move |entry: &FoundEntry, options| {
            let store = handle.store(&universe, &entry.store).scope(&entry.scope);
            let key = entry.key.clone();
            Box::pin(async move {
                match store.delete_stored(&key, &options).await {
                    Err(error) if error.is_not_found() => Ok(()),
                    outcome => outcome,
                }
            })
        })
        .concurrency(concurrency)
        .with_options(options)
    }
}

debug_fields!(EraseUser { universe, store, user });
