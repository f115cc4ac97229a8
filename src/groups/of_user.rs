use super::{Groups, ListMemberships};
use crate::filter::MembershipFilter;
use crate::ids::UserId;

/// What stands for all groups.
const ALL_GROUPS: &str = "-";

impl Groups {
    /// Lists the groups that a user is in, as memberships: [group](super::GroupMembership::group_id) and
    /// [roles](super::GroupMembership::role_ids).
    ///
    /// Calls `groups.list_memberships`.
    pub fn list_groups(&self, user: impl Into<UserId>) -> ListMemberships {
        self.list_memberships(ALL_GROUPS).filter(MembershipFilter::user(user))
    }

    /// Lists the groups that up to 50 users are in, as memberships: which user, which group, which roles.
    ///
    /// Calls `groups.list_memberships`.
    ///
    /// More users are refused before anything is sent; for none there is no request, and the list is
    /// empty.
    pub fn list_groups_of(&self, users: impl IntoIterator<Item = impl Into<UserId>>) -> ListMemberships {
        self.list_memberships(ALL_GROUPS).filter(MembershipFilter::users(users))
    }
}
