//! What memberships, roles and join requests say, as ids.

use super::{GroupJoinRequest, GroupMembership, GroupRole};
use crate::ids::{self, GroupId, RoleId, UserId};

impl GroupMembership {
    /// The group.
    pub fn group_id(&self) -> Option<GroupId> {
        ids::named(self.path.as_ref(), "groups")
    }

    /// The member.
    pub fn user_id(&self) -> Option<UserId> {
        ids::referenced(self.user.as_ref(), "users")
    }

    /// All roles of the member; where the service names only the highest one, that one.
    pub fn role_ids(&self) -> Vec<RoleId> {
        let all = self.roles.iter().flatten().filter_map(|role| ids::referenced(Some(role), "roles"));
        let all: Vec<RoleId> = all.collect();
        match all.is_empty() {
            true => self.highest_role_id().into_iter().collect(),
            false => all,
        }
    }

    /// The highest role of the member.
    pub fn highest_role_id(&self) -> Option<RoleId> {
        ids::referenced(self.role.as_ref(), "roles")
    }
}

impl GroupRole {
    /// The role's id, with which it is given to members. It is not the rank.
    pub fn role_id(&self) -> Option<RoleId> {
        self.id.as_deref().map(RoleId::from).or_else(|| ids::referenced(self.path.as_ref(), "roles"))
    }
}

impl GroupJoinRequest {
    /// The user who wants to join.
    pub fn user_id(&self) -> Option<UserId> {
        ids::referenced(self.user.as_ref(), "users")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn membership(value: serde_json::Value) -> GroupMembership {
        serde_json::from_value(value).expect("a membership")
    }

    #[test]
    fn a_membership_names_group_user_and_roles() {
        let member = membership(json!({
            "path": "groups/7/memberships/MTU2",
            "user": "users/156",
            "role": "groups/7/roles/99",
            "roles": ["groups/7/roles/99", "groups/7/roles/98"],
        }));
        assert_eq!(member.group_id(), Some(7.into()));
        assert_eq!(member.user_id(), Some(156.into()));
        assert_eq!(member.role_ids(), [RoleId::from(99), RoleId::from(98)]);
        assert_eq!(member.highest_role_id(), Some(99.into()));
    }

    #[test]
    fn a_number_in_the_place_of_its_name_is_the_id_of_no_group() {
        let member = membership(json!({ "path": "156", "user": "156", "role": "99" }));
        assert_eq!(member.group_id(), None);
        assert_eq!((member.user_id(), member.highest_role_id()), (Some(156.into()), Some(99.into())));
    }

    #[test]
    fn the_highest_role_stands_for_a_missing_list() {
        assert_eq!(membership(json!({ "role": "groups/7/roles/99" })).role_ids(), [RoleId::from(99)]);
        assert_eq!(membership(json!({ "role": null, "roles": [] })).role_ids(), []);
    }

    #[test]
    fn a_role_is_named_by_its_id_or_its_path() {
        for role in [json!({ "id": "99", "rank": 5 }), json!({ "path": "groups/7/roles/99" })] {
            let role: GroupRole = serde_json::from_value(role).expect("a role");
            assert_eq!(role.role_id(), Some(99.into()));
        }
    }
}
