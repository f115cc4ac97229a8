use crate::Client;
use crate::ids::UniverseId;

/// What is erased in a universe, and by whom. Made by [`Client::erasure`].
#[derive(Clone, Debug)]
pub struct Erasure {
    pub(super) client: Client,
    pub(super) universe: UniverseId,
}

impl Client {
    /// The templates by which Roblox erases a user's data in a universe, and what they do not reach.
    pub fn erasure(&self, universe: impl Into<UniverseId>) -> Erasure {
        Erasure { client: self.clone(), universe: universe.into() }
    }
}
