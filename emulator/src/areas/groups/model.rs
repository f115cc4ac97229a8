//! State and rules of groups.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, Shapes, later, rfc3339};

/// Groups beyond this number do not exist.
const LAST_GROUP: u64 = 999_999_999_999;
pub(super) const MAX_GROUPS: usize = 10_000;
const OWNER: u64 = 1;
const MEMBERS: std::ops::RangeInclusive<u64> = 1001..=1026;
const APPLICANTS: std::ops::RangeInclusive<u64> = 1901..=1923;
/// Name and rank of the roles that every group begins with.
const ROLES: [(&str, i32); 4] = [("Moderator", 200), ("Guest", 0), ("Member", 1), ("Owner", 255)];

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    pub(super) groups: BTreeMap<u64, Group>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) id: u64,
    pub(super) created: Timestamp,
    pub(super) roles: Vec<Role>,
    /// The roles of each member.
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) requests: BTreeMap<u64, Timestamp>,
    /// What was said of it at the beginning, in place of what is made up.
    #[serde(default)]
    described: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Role {
    pub(super) id: u64,
    pub(super) name: Cow<'static, str>,
    pub(super) rank: i32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) roles: Vec<u64>,
    pub(super) joined: Timestamp,
    pub(super) updated: Timestamp,
}

impl Groups {
    /// Whether a user owns a group. One that nobody has looked at yet is as all are made.
    pub(crate) fn is_owner(&self, group: u64, user: u64) -> bool {
        self.groups.get(&group).map_or(Some(OWNER), Group::owner) == Some(user)
    }

    /// The groups of a user, as far as anybody has looked at them.
    pub(crate) fn owned_by(&self, user: u64) -> impl Iterator<Item = u64> + '_ {
        self.groups.values().filter(move |group| group.owner() == Some(user)).map(|group| group.id)
    }

    /// Whether a group was described or looked at.
    pub(crate) fn is_known(&self, group: u64) -> bool {
        self.groups.contains_key(&group)
    }

    /// Whether a user is in any such group.
    pub(crate) fn has_member(&self, user: u64) -> bool {
        self.groups.values().any(|group| group.members.contains_key(&user))
    }

    /// How many groups were looked at.
    pub(crate) fn known(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn group(&mut self, id: u64, now: Timestamp) -> Result<&mut Group, Failure> {
        refuse_if!(id > LAST_GROUP, Failure::missing(format_args!("group {id}")));
        Failure::if_full_for(&self.groups, &id, MAX_GROUPS, "groups")?;
        Ok(self.groups.entry(id).or_insert_with(|| Group::new(id, now)))
    }
}

impl Groups {
    /// A group of this description. Its members are users by the name of their role; none: those that every group has.
    pub(crate) fn describe(
        &mut self,
        id: u64,
        described: Map<String, Value>,
        members: &BTreeMap<u64, String>,
        now: Timestamp,
    ) -> Result<(), String> {
        let group = self.group(id, now).map_err(|failure| failure.message)?;
        group.described.extend(described);
        if !members.is_empty() {
            group.members.clear();
        }
        for (user, role) in members {
            let role = group.roles.iter().find(|known| known.name.eq_ignore_ascii_case(role));
            let role = role.ok_or_else(|| format!("the group {id} has no such role for the user {user}"))?.id;
            group.members.insert(*user, Member { roles: vec![role], joined: now, updated: now });
        }
        Ok(())
    }
}

impl Group {
    pub(super) fn new(id: u64, now: Timestamp) -> Group {
        let created = later(now, -(90 + (id % 900) as i64) * 86_400);
        let role = |(index, (name, rank)): (u64, (&'static str, i32))| Role {
            id: id + 2000 + 10_000 * index,
            name: name.into(),
            rank,
        };
        let roles = (0..).zip(ROLES).map(role).collect();
        let (members, requests, described) = (BTreeMap::new(), BTreeMap::new(), Map::new());
        let mut group = Group { id, created, roles, members, requests, described };
        for user in MEMBERS {
            group.join(user, later(created, (user % 80) as i64 * 86_400));
        }
        let owner = group.role_of_rank(255);
        group.join(OWNER, created);
        if let Some(member) = group.members.get_mut(&OWNER) {
            member.roles = vec![owner];
        }
        for user in APPLICANTS {
            group.requests.insert(user, later(now, -((user % 40) as i64) * 3_600));
        }
        group
    }

    pub(super) fn role_of_rank(&self, rank: i32) -> u64 {
        self.roles.iter().find(|role| role.rank == rank).map_or(0, |role| role.id)
    }

    /// The one that it was said to have, or else the member with the highest role.
    pub(super) fn owner(&self) -> Option<u64> {
        if let Some(owner) = self.described.get("owner") {
            return owner.as_str()?.strip_prefix("users/")?.parse().ok();
        }
        let role = self.role_of_rank(255);
        let owner = self.members.iter().find(|(_, member)| member.roles.contains(&role));
        owner.map(|(user, _)| *user)
    }

    pub(super) fn join(&mut self, user: u64, when: Timestamp) {
        let role = self.role_of_rank(1);
        self.members.entry(user).or_insert(Member { roles: vec![role], joined: when, updated: when });
    }

    fn role_path(&self, role: u64) -> String {
        format!("groups/{}/roles/{role}", self.id)
    }

    /// The role that a path of this group names.
    pub(super) fn role_at(&self, path: &str) -> Result<&Role, Failure> {
        path.strip_prefix(&format!("groups/{}/roles/", self.id))
            .and_then(|id| id.parse::<u64>().ok())
            .and_then(|id| self.roles.iter().find(|role| role.id == id))
            .ok_or_else(|| Failure::invalid(format!("'{path}' is not a role of the group {}.", self.id)))
    }

    pub(super) fn json(&self) -> Value {
        let mut group = json!({
            "path": format!("groups/{}", self.id),
            "createTime": rfc3339(self.created),
            "updateTime": rfc3339(self.created),
            "id": self.id.to_string(),
            "displayName": format!("Group {}", self.id),
            "description": "A group of the local Open Cloud.",
            "memberCount": self.members.len(),
            "publicEntryAllowed": false,
            "locked": false,
            "verified": self.id % 2 == 1,
        });
        if let Some(owner) = self.owner() {
            group["owner"] = json!(format!("users/{owner}"));
        }
        if let Some(group) = group.as_object_mut() {
            group.extend(self.described.clone());
        }
        group
    }

    /// US-13: a role that the member has already, or one that is not below the caller's own.
    pub(super) fn check_replacement(
        &self,
        user: u64,
        role: &Role,
        caller: Option<u64>,
    ) -> Result<(), Failure> {
        let roles =
            |user: u64| self.members.get(&user).map(|member| member.roles.as_slice()).unwrap_or_default();
        refuse_if!(roles(user) == [role.id], "The member has the role {} already.", role.name);
        let rank = |caller: u64| {
            let held = self.roles.iter().filter(|role| roles(caller).contains(&role.id));
            held.map(|role| role.rank).max().unwrap_or_default()
        };
        match caller.map(rank) {
            Some(rank) if role.rank >= rank => {
                let message = format!("The role {} is not below the role of the authorized user.", role.name);
                Err(Failure::invalid(message))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn role_json(&self, role: &Role) -> Value {
        let members = self.members.values().filter(|member| member.roles.contains(&role.id)).count();
        let trusted = role.rank >= 200;
        json!({
            "path": self.role_path(role.id),
            "createTime": rfc3339(self.created),
            "updateTime": rfc3339(self.created),
            "id": role.id.to_string(),
            "displayName": role.name,
            "description": format!("The role {} of the group.", role.name),
            "rank": role.rank,
            "memberCount": members,
            "permissions": {
                "viewWallPosts": true,
                "createWallPosts": role.rank > 0,
                "deleteWallPosts": trusted,
                "viewGroupShout": true,
                "createGroupShout": trusted,
                "changeRank": trusted,
                "acceptRequests": trusted,
                "exileMembers": trusted,
                "manageRelationships": role.rank == 255,
                "viewAuditLog": trusted,
                "spendGroupFunds": role.rank == 255,
                "advertiseGroup": role.rank == 255,
                "createAvatarItems": trusted,
                "manageAvatarItems": trusted,
                "manageGroupUniverses": trusted,
                "viewUniverseAnalytics": trusted,
                "createApiKeys": role.rank == 255,
                "manageApiKeys": role.rank == 255,
            },
        })
    }

    pub(super) fn membership_json(&self, user: u64, shapes: Shapes) -> Option<Value> {
        let member = self.members.get(&user)?;
        let highest =
            self.roles.iter().filter(|role| member.roles.contains(&role.id)).max_by_key(|role| role.rank)?;
        let roles: Vec<_> = member.roles.iter().map(|role| self.role_path(*role)).collect();
        Some(json!({
            "path": format!("groups/{}/memberships/{}", self.id, membership_id(user, shapes)),
            "createTime": rfc3339(member.joined),
            "updateTime": rfc3339(member.updated),
            "user": format!("users/{user}"),
            "role": self.role_path(highest.id),
            "roles": roles,
        }))
    }
}

/// US-04: the number of the user in Base64.
fn membership_id(user: u64, shapes: Shapes) -> String {
    if shapes.is_live() { URL_SAFE_NO_PAD.encode(user.to_string()) } else { user.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_is_forgotten_for_another_one() {
        let mut groups = Groups::default();
        let now = Timestamp::UNIX_EPOCH;
        for id in 1..=MAX_GROUPS as u64 {
            groups.group(id, now).expect("a group");
        }
        assert!(groups.group(MAX_GROUPS as u64 + 1, now).is_err());
        assert!(groups.group(1, now).is_ok());
        assert_eq!(groups.groups.len(), MAX_GROUPS);
    }
}
