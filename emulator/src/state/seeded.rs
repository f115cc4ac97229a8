//! What is there, if nothing is made up: the users, groups and universes of the seed.

use crate::api::{Call, Failure};
use crate::state::State;

/// The refusal of a request whose path names a user, group or universe that nobody has described.
pub(crate) fn missing(state: &State, call: &Call<'_>) -> Option<Failure> {
    call.params.iter().find_map(|(name, value)| {
        let id = value.parse().ok()?;
        let (what, is_known) = match name.replace('_', "").to_ascii_lowercase().as_str() {
            // Restrictions and memberships of users have their ids.
            "userid" | "userrestrictionid" => ("user", is_user(state, id)),
            "groupid" => ("group", state.groups.is_known(id)),
            "universeid" | "gameid" => ("universe", state.universes.is_known(id)),
            _ => return None,
        };
        (!is_known).then(|| Failure::missing(format_args!("{what} {id}")))
    })
}

/// Whether somebody has described this user.
pub(crate) fn is_user(state: &State, id: u64) -> bool {
    state.users.is_described(id) || state.groups.has_member(id)
}
