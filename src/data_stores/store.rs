use super::*;
use crate::Error;
use crate::body::json::to_raw_value;
use crate::ids::UniverseId;
use crate::ids::UserId;
use serde::Serialize;
use serde::de::DeserializeOwned;

const GLOBAL: &str = "global";

impl DataStores {
    /// A data store of a universe, by its name. Nothing is sent, and the store need not exist: the
    /// first write creates it.
    pub fn store(&self, universe: impl Into<UniverseId>, name: impl Into<String>) -> Store {
        Store { handle: self.clone(), universe: universe.into(), name: name.into(), scope: None }
    }

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

/// A data store, for tasks that take more than one request. Made by [`DataStores::store`].
///
/// Names, scopes and keys have 1 to 50 characters, a value up to 4,194,304 as JSON; what is longer is
/// refused before anything is sent. So is a value with a [Luau buffer](LuauBuffer), which cannot be written from
/// here, unless the write is to [allow it](WriteEntry::allow_buffers).
///
/// Each method names the operations that it calls. For a key or scope that no path can hold (`.` or `..`), these are
/// `data_stores.get_value`, `data_stores.set_value` and `data_stores.delete_value` instead.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) handle: DataStores,
    pub(super) universe: UniverseId,
    pub(super) name: String,
    pub(super) scope: Option<String>,
}

impl Store {
    /// The same store, but keys are those of this scope instead of `global`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The scope that keys are in.
    pub(super) fn scope_name(&self) -> &str {
        self.scope.as_deref().unwrap_or(GLOBAL)
    }

    /// Reads an entry; `None` if it is not there or deleted. A data store that does not exist has no
    /// entries.
    ///
    /// Calls `data_stores.get_scoped_entry`; scope `universe-datastores.objects:read`.
    ///
    /// A key that holds `@` is read as what it is, never as a revision of another key.
    pub fn get<T: DeserializeOwned>(&self, key: impl Into<String>) -> ReadEntry<T> {
        ReadEntry::new(self.clone(), key.into())
    }

    /// Writes a value, whether or not the entry is there. Users and attributes that are not given
    /// stay as they are.
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.update_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    ///
    /// The service would clear them. So unless both are given they are read first, and written with
    /// the value on the condition (etag) that nobody has written in between; if somebody has, that
    /// is repeated, up to 10 times. The last writer's value stays.
    pub fn set<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), write::Mode::Set)
    }

    /// Writes a new entry; fails if there is one already.
    ///
    /// Calls `data_stores.create_scoped_entry`; scope `universe-datastores.objects:create`.
    ///
    /// The service says so with status 400. It is not sent again after a failure that leaves its
    /// effect unknown ([`Error::may_have_been_applied`](crate::Error::may_have_been_applied)).
    pub fn create<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), write::Mode::Create)
    }

    /// Replaces the whole entry, or creates it, by one request and without a condition. **Users and
    /// attributes that are not given are cleared**; [`set`](Self::set) keeps them.
    ///
    /// Calls `data_stores.update_scoped_entry`; scope `universe-datastores.objects:update`.
    pub fn upsert<T: Serialize + ?Sized>(&self, key: impl Into<String>, value: &T) -> WriteEntry {
        WriteEntry::new(self.clone(), key.into(), to_raw_value(value), write::Mode::Upsert)
    }

    /// Writes back an entry that was read: value, users and attributes, on the condition that nobody
    /// has written in between. If somebody has, it is a [conflict](crate::Error::is_conflict).
    ///
    /// Calls `data_stores.update_scoped_entry`; scope `universe-datastores.objects:update`.
    ///
    /// It is written to this store, in the entry's own scope and under its own key.
    pub fn save<T: Serialize>(&self, entry: &Entry<T>) -> WriteEntry {
        let value = to_raw_value(&entry.value);
        let store = self.clone().scope(&entry.scope);
        WriteEntry::new(store, entry.key.clone(), value, write::Mode::Save(entry.etag.clone()))
            .users(&entry.users)
            .attributes(entry.attributes.clone())
    }

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

    /// Deletes an entry; fails if it is [not found](crate::Error::is_not_found). For 30 days its revisions
    /// can be read, and [`undelete`](Self::undelete) brings it back.
    ///
    /// Calls `data_stores.delete_scoped_entry`; scope `universe-datastores.objects:delete`.
    pub fn delete(&self, key: impl Into<String>) -> RemoveEntry {
        RemoveEntry::new(self.clone(), key.into())
    }

    /// Brings back an entry that was deleted less than 30 days ago: its latest revision before that,
    /// with users and attributes, is written again. Fails if the entry is there, or if no revision is
    /// left.
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.list_scoped_entry_revisions`,
    /// `data_stores.create_scoped_entry` and `data_stores.update_scoped_entry`; scopes
    /// `universe-datastores.objects:create`, `universe-datastores.objects:read`,
    /// `universe-datastores.objects:update`, `universe-datastores.versions:list`.
    ///
    /// Roblox does not say whether a deleted key can be created again. So that is tried, and where it is
    /// refused although there is no entry, the entry is written over.
    pub fn undelete(&self, key: impl Into<String>) -> UndeleteEntry {
        UndeleteEntry::new(self.clone(), key.into())
    }

    /// The revisions of an entry, the newest first as far as Roblox shows it, without their values:
    /// give a `revision_id` to [`ReadEntry::at`] for those.
    ///
    /// Calls `data_stores.list_scoped_entry_revisions`; scope `universe-datastores.versions:list`.
    ///
    /// The first write to a key in each hour (UTC) makes a revision; later ones of the hour take its
    /// place. Revisions that are not the latest are kept for 30 days.
    pub fn revisions(&self, key: impl Into<String>) -> ListScopedEntryRevisions {
        let key = key.into();
        let checked = self.check(&key);
        let (name, scope) = (self.name.as_str(), self.scope_name());
        let mut revisions = self.handle.list_scoped_entry_revisions(&self.universe, name, scope, key);
        revisions.call = revisions.call.checked(checked);
        revisions
    }

    /// The keys of the scope, or of all scopes.
    ///
    /// Calls `data_stores.list_scoped_entries`; scope `universe-datastores.objects:list`.
    pub fn entries(&self) -> Entries {
        Entries::new(self.clone())
    }

    /// Writes every entry of the store to a writer, as lines of JSON: of all scopes, or of the one
    /// that was chosen with [`scope`](Self::scope).
    ///
    /// Calls `data_stores.list_scoped_entries` and `data_stores.get_scoped_entry`; scopes
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`.
    pub fn export(&self) -> Export {
        Export::new(self.clone())
    }

    /// Writes the entries of an [export](Self::export) into the store, each in the scope that it came
    /// from. If a scope was chosen with [`scope`](Self::scope), a line of another one is refused.
    ///
    /// Calls `data_stores.update_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.get_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    pub fn import(&self) -> Import {
        Import::new(self.clone())
    }

    /// Finds, and then erases, the entries of a user in this data store: in all scopes, or in the one that
    /// was chosen with [`scope`](Self::scope). [`DataStores::erase_user`] does it in all data stores.
    ///
    /// Calls `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry` and
    /// `data_stores.delete_scoped_entry`; scopes `universe-datastores.objects:delete`,
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`.
    pub fn erase_user(&self, user: impl Into<UserId>) -> EraseUser {
        EraseUser::in_store(self.clone(), user.into())
    }

    /// The same store through the first version of the API, whose writes are guarded by a version and
    /// whose contents have a checksum.
    pub fn v1(&self) -> StoreV1 {
        StoreV1::new(self.clone())
    }
}
