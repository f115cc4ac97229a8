use super::scope::{Scope, check_private_reason};
use super::{GameJoinRestriction, UserRestriction, UserRestrictions};
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId, UserId};
use crate::{Error, Response};

impl UserRestrictions {
    /// Lifts a user's ban from a universe, or from one [place](Unban::at_place). A user who is not
    /// banned stays so.
    ///
    /// Calls `user_restrictions.update` and `user_restrictions.update_for_place`; scope
    /// `universe.user-restriction:write`.
    ///
    /// The two are apart: lifting the universe's ban leaves those of single places, and a place cannot
    /// lift the universe's.
    ///
    /// # Errors
    ///
    /// As of every call.
    pub fn unban(&self, universe: impl Into<UniverseId>, user: impl Into<UserId>) -> Unban {
        Unban { scope: Scope::new(self, universe, user), private_reason: None, options: Options::default() }
    }
}

/// The call of [`UserRestrictions::unban`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Unban {
    scope: Scope,
    private_reason: Option<String>,
    options: Options,
}

helper_methods!(Unban => UserRestriction);

impl Unban {
    /// Lifts the ban from this place, and not from the universe.
    pub fn at_place(mut self, place: impl Into<PlaceId>) -> Self {
        self.scope.place = Some(place.into());
        self
    }

    /// Why, for moderators who read the log: up to 1,000 characters.
    pub fn private_reason(mut self, reason: impl Into<String>) -> Self {
        self.private_reason = Some(reason.into());
        self
    }

    async fn run(self) -> Result<UserRestriction, Error> {
        let Self { scope, private_reason, options } = self;
        private_reason.as_deref().map_or(Ok(()), check_private_reason)?;
        let mut ban = GameJoinRestriction::new().active(false);
        ban.private_reason = private_reason;
        scope.write(ban, &options).await.map(Response::into_inner)
    }
}
