//! The ids of what was found.

use super::{UniversePlace, UserById, UserByName};
use crate::ids::{PlaceId, UserId};

impl UserByName {
    /// The user.
    pub fn user_id(&self) -> Option<UserId> {
        self.id.and_then(|id| UserId::try_from(id).ok())
    }
}

impl UserById {
    /// The user.
    pub fn user_id(&self) -> Option<UserId> {
        self.id.and_then(|id| UserId::try_from(id).ok())
    }
}

impl UniversePlace {
    /// The place.
    pub fn place_id(&self) -> Option<PlaceId> {
        self.id.and_then(|id| PlaceId::try_from(id).ok())
    }
}
