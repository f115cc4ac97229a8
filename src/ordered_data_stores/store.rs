use super::OrderedDataStores;
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

    pub(super) fn check(&self) -> Result<(), Error> {
        check_length("ordered data store's name", &self.name, 50)?;
        check_length("scope", &self.scope, 50)
    }
}
