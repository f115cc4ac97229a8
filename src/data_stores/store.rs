use super::*;
use crate::ids::UniverseId;

const GLOBAL: &str = "global";

impl DataStores {
    /// A data store of a universe, by its name. Nothing is sent, and the store need not exist: the
    /// first write creates it.
    pub fn store(&self, universe: impl Into<UniverseId>, name: impl Into<String>) -> Store {
        Store { handle: self.clone(), universe: universe.into(), name: name.into(), scope: None }
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
}
