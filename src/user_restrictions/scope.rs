//! Where a ban holds, and how it is read and written there.

use super::{GameJoinRestriction, UserRestriction, UserRestrictions};
use crate::call::check_longest;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId, UserId};
use crate::{Error, Response};

/// A user, and the universe or place that the ban is about.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) restrictions: UserRestrictions,
    pub(super) universe: UniverseId,
    pub(super) place: Option<PlaceId>,
    pub(super) user: UserId,
}

impl Scope {
    /// The whole universe, until a place is named.
    pub(super) fn new(
        restrictions: &UserRestrictions,
        universe: impl Into<UniverseId>,
        user: impl Into<UserId>,
    ) -> Self {
        Self { restrictions: restrictions.clone(), universe: universe.into(), place: None, user: user.into() }
    }

    pub(super) async fn read(&self, options: &Options) -> Result<Response<UserRestriction>, Error> {
        let Self { restrictions, universe, place, user } = self;
        match place {
            Some(place) => {
                restrictions.get_for_place(universe, place, user).with_options(options.clone()).send().await
            }
            None => restrictions.get(universe, user).with_options(options.clone()).send().await,
        }
    }

    /// Replaces the ban as a whole: the service's update mask can name no part of it.
    pub(super) async fn write(
        &self,
        ban: GameJoinRestriction,
        options: &Options,
    ) -> Result<Response<UserRestriction>, Error> {
        let Self { restrictions, universe, place, user } = self;
        let body = UserRestriction::new().game_join_restriction(ban);
        match place {
            Some(place) => {
                let call = restrictions.update_for_place(universe, place, user, body);
                call.with_options(options.clone()).send().await
            }
            None => restrictions.update(universe, user, body).with_options(options.clone()).send().await,
        }
    }
}

const MAX_PRIVATE_REASON: usize = 1_000;
const MAX_DISPLAY_REASON: usize = 400;

pub(super) fn check_private_reason(reason: &str) -> Result<(), Error> {
    check_longest("private reason", reason, MAX_PRIVATE_REASON)
}

pub(super) fn check_display_reason(reason: &str) -> Result<(), Error> {
    check_longest("reason that is shown", reason, MAX_DISPLAY_REASON)?;
    let reason = reason.to_ascii_lowercase();
    match ["http://", "https://"].iter().any(|link| reason.contains(link)) {
        true => Err(Error::invalid_request("the reason that is shown to the user must hold no link")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> Result<(), Error>;

    #[test]
    fn reasons_have_bounds() {
        let checks: [(Check, usize); 2] = [(check_private_reason, 1_000), (check_display_reason, 400)];
        for (check, most) in checks {
            for (length, is_allowed) in [(0, true), (most - 1, true), (most, true), (most + 1, false)] {
                assert_eq!(check(&"é".repeat(length)).is_ok(), is_allowed, "{length}");
            }
        }
    }

    #[test]
    fn what_is_shown_has_no_links() {
        assert!(check_display_reason("see HTTPS://example.com").is_err());
        check_private_reason("see https://example.com").expect("only moderators read it");
    }
}
