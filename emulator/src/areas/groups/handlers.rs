//! Groups: roles, memberships and join requests. Every group exists, with the same roles and members at first.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::cel::{Comparison, Grammar, Operator};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::identity::keys::Found;
use crate::page::Cut;
use crate::server::API_KEY;
use crate::shapes::Shapes;
use crate::state::{State, Word};

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/groups/{group_id}", get),
    ("GET /cloud/v2/groups/{group_id}/roles", list_roles),
    ("GET /cloud/v2/groups/{group_id}/roles/{role_id}", get_role),
    ("GET /cloud/v2/groups/{group_id}/memberships", list_memberships),
    ("PATCH /cloud/v2/groups/{group_id}/memberships/{membership_id}", update_membership),
    ("POST /cloud/v2/groups/{group_id}/memberships/{membership_id}:assignRole", assign_role),
    ("POST /cloud/v2/groups/{group_id}/memberships/{membership_id}:unassignRole", unassign_role),
    ("GET /cloud/v2/groups/{group_id}/join-requests", list_join_requests),
    ("POST /cloud/v2/groups/{group_id}/join-requests/{join_request_id}:accept", accept),
    ("POST /cloud/v2/groups/{group_id}/join-requests/{join_request_id}:decline", decline),
];

/// Groups beyond this number do not exist.
const LAST_GROUP: u64 = 999_999_999_999;
const MAX_GROUPS: usize = 10_000;
const MAX_USERS_IN_FILTER: usize = 50;
const OWNER: u64 = 1;
const MEMBERS: std::ops::RangeInclusive<u64> = 1001..=1026;
const APPLICANTS: std::ops::RangeInclusive<u64> = 1901..=1923;

/// Name and rank of the roles that every group begins with.
const ROLES: [(&str, i32); 4] = [("Moderator", 200), ("Guest", 0), ("Member", 1), ("Owner", 255)];

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    groups: BTreeMap<u64, Group>,
}

#[derive(Serialize, Deserialize)]
struct Group {
    id: u64,
    created: Timestamp,
    roles: Vec<Role>,
    /// The roles of each member.
    members: BTreeMap<u64, Member>,
    requests: BTreeMap<u64, Timestamp>,
    /// What was said of it at the beginning, in place of what is made up.
    #[serde(default)]
    described: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Role {
    id: u64,
    name: Word,
    rank: i32,
}

#[derive(Serialize, Deserialize)]
struct Member {
    roles: Vec<u64>,
    joined: Timestamp,
    updated: Timestamp,
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

    /// How many groups were looked at.
    pub(crate) fn known(&self) -> usize {
        self.groups.len()
    }

    fn group(&mut self, id: u64, now: Timestamp) -> Result<&mut Group, Failure> {
        if id > LAST_GROUP {
            return Err(Failure::not_found(format!("The group {id} does not exist.")));
        }
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&id) {
            return Err(Failure::exhausted("The emulator holds no more groups."));
        }
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
    fn new(id: u64, now: Timestamp) -> Group {
        let created = later(now, -(90 + (id % 900) as i64) * 86_400);
        let roles: Vec<_> = (0..)
            .zip(ROLES)
            .map(|(index, (name, rank))| Role { id: id + 2000 + 10_000 * index, name: name.into(), rank })
            .collect();
        let mut group = Group {
            id,
            created,
            roles,
            members: BTreeMap::new(),
            requests: BTreeMap::new(),
            described: Map::new(),
        };
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

    fn role_of_rank(&self, rank: i32) -> u64 {
        self.roles.iter().find(|role| role.rank == rank).map_or(0, |role| role.id)
    }

    /// The one that it was said to have, or else the member with the highest role.
    fn owner(&self) -> Option<u64> {
        if let Some(owner) = self.described.get("owner") {
            return owner.as_str()?.strip_prefix("users/")?.parse().ok();
        }
        let role = self.role_of_rank(255);
        let owner = self.members.iter().find(|(_, member)| member.roles.contains(&role));
        owner.map(|(user, _)| *user)
    }

    fn join(&mut self, user: u64, when: Timestamp) {
        let role = self.role_of_rank(1);
        self.members.entry(user).or_insert(Member { roles: vec![role], joined: when, updated: when });
    }

    fn role_path(&self, role: u64) -> String {
        format!("groups/{}/roles/{role}", self.id)
    }

    /// The role that a path of this group names.
    fn role_at(&self, path: &str) -> Result<&Role, Failure> {
        path.strip_prefix(&format!("groups/{}/roles/", self.id))
            .and_then(|id| id.parse::<u64>().ok())
            .and_then(|id| self.roles.iter().find(|role| role.id == id))
            .ok_or_else(|| Failure::invalid(format!("'{path}' is not a role of the group {}.", self.id)))
    }

    fn json(&self) -> Value {
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
    fn check_replacement(&self, user: u64, role: &Role, caller: Option<u64>) -> Result<(), Failure> {
        let roles =
            |user: u64| self.members.get(&user).map(|member| member.roles.as_slice()).unwrap_or_default();
        if roles(user) == [role.id] {
            return Err(Failure::invalid(format!("The member has the role {} already.", role.name)));
        }
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

    fn role_json(&self, role: &Role) -> Value {
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

    fn membership_json(&self, user: u64, shapes: Shapes) -> Option<Value> {
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

/// How a role is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// It takes the place of all others.
    Replace,
    /// It is added, or taken away.
    Assign,
}

fn group<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Group, Failure> {
    state.groups.group(call.number("group_id")?, call.now)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Reply::json(group(state, call)?.json()))
}

fn list_roles(state: &mut State, call: &Call<'_>) -> Outcome {
    let group = group(state, call)?;
    let mut roles: Vec<_> = group.roles.iter().collect();
    roles.sort_by_key(|role| role.rank);
    let roles: Vec<_> = roles.iter().map(|role| group.role_json(role)).collect();
    let (page, next) = Cut::v2(20).page(call, &roles)?;
    Ok(Reply::json(json!({
        "groupRoles": page,
        "nextPageToken": next.unwrap_or_default(),
    })))
}

fn get_role(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.number("role_id")?;
    let group = group(state, call)?;
    let role = group.roles.iter().find(|role| role.id == id);
    let role = role.ok_or_else(|| Failure::not_found(format!("The role {id} does not exist.")))?;
    Ok(Reply::json(group.role_json(role)))
}

// Memberships

const MEMBERSHIP_FILTER: Grammar<'_> =
    Grammar { fields: &["user", "role"], operators: &[Operator::Equal, Operator::In], and: true };

/// The users of `users/1` and the like.
fn users(part: &Comparison) -> Result<Vec<u64>, Failure> {
    let user = |path: &str| {
        path.strip_prefix("users/")
            .and_then(|id| id.parse::<u64>().ok())
            .ok_or_else(|| Failure::invalid(format!("'{path}' is not a user such as 'users/123'.")))
    };
    let users: Vec<_> = part
        .values
        .iter()
        .map(|value| {
            if value.quoted {
                user(&value.text)
            } else {
                Err(Failure::invalid("The filter is invalid: a user stands in quotation marks."))
            }
        })
        .collect::<Result<_, _>>()?;
    if users.len() > MAX_USERS_IN_FILTER {
        return Err(Failure::invalid(format!("The filter names more than {MAX_USERS_IN_FILTER} users.")));
    }
    Ok(users)
}

fn list_memberships(state: &mut State, call: &Call<'_>) -> Outcome {
    let filter = match call.given("filter") {
        Some(filter) => MEMBERSHIP_FILTER.parse(filter)?,
        None => Vec::new(),
    };
    let mut asked: Option<Vec<u64>> = None;
    // A member must have one of each.
    let mut roles: Vec<Vec<&str>> = Vec::new();
    for part in &filter {
        if part.field == "user" {
            let mut users = users(part)?;
            users.retain(|user| asked.as_ref().is_none_or(|asked| asked.contains(user)));
            asked = Some(users);
        } else {
            if part.values.iter().any(|value| !value.quoted) {
                return Err(Failure::invalid("The filter is invalid: a role stands in quotation marks."));
            }
            roles.push(part.values.iter().map(|value| value.text.as_str()).collect());
        }
    }
    let memberships = if call.param("group_id") == "-" {
        let Some(asked) = asked else {
            return Err(Failure::invalid(
                "A filter on user is required when listing the memberships of all groups.",
            ));
        };
        if !roles.is_empty() {
            return Err(Failure::invalid(
                "A filter on role needs a group: it is not supported over all groups.",
            ));
        }
        memberships_everywhere(state, call, &asked)?
    } else {
        let group = group(state, call)?;
        let id = |path: &&str| group.role_at(path).map(|role| role.id);
        let wanted: Vec<Vec<u64>> =
            roles.iter().map(|any| any.iter().map(id).collect()).collect::<Result<_, _>>()?;
        group
            .members
            .iter()
            .filter(|(user, _)| asked.as_ref().is_none_or(|asked| asked.contains(user)))
            .filter(|(_, member)| wanted.iter().all(|any| any.iter().any(|role| member.roles.contains(role))))
            .filter_map(|(user, _)| Some(((group.id, *user), group.membership_json(*user, call.shapes)?)))
            .collect()
    };
    let (page, next) = Cut::v2(100).page_by(call, &memberships, |(place, _)| *place)?;
    let page: Vec<_> = page.into_iter().map(|(_, membership)| membership).collect();
    Ok(Reply::json(json!({
        "groupMemberships": page,
        "nextPageToken": next.unwrap_or_default(),
    })))
}

/// A membership, and its group and user, in whose order lists are.
type Membership = ((u64, u64), Value);

/// Everybody is in three groups; joins them when first asked for.
fn memberships_everywhere(
    state: &mut State,
    call: &Call<'_>,
    users: &[u64],
) -> Result<Vec<Membership>, Failure> {
    let mut has_joined = false;
    for user in users {
        for id in [4001, 4002 + user % 5, 4010 + user % 7] {
            let group = state.groups.group(id, call.now)?;
            has_joined |= !group.members.contains_key(user);
            let joined = later(group.created, (user % 80) as i64 * 86_400);
            group.join(*user, joined);
        }
    }
    // Or a role that is then assigned would have no member after a crash.
    if has_joined {
        state.touch();
    }
    let groups = state.groups.groups.values();
    let of = |group: &Group, user: u64| Some(((group.id, user), group.membership_json(user, call.shapes)?));
    let users: BTreeSet<_> = users.iter().copied().collect();
    Ok(groups.flat_map(|group| users.iter().filter_map(move |user| of(group, *user))).collect())
}

/// The user whose membership a call names. Ids of memberships are not documented, but that the number of the user
/// stands for one is; at least one client makes them of that number in base64.
fn member(call: &Call<'_>) -> Result<u64, Failure> {
    let id = call.param("membership_id");
    let encoded = URL_SAFE_NO_PAD.decode(id.trim_end_matches('=')).ok();
    let decoded = encoded.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse::<u64>().ok());
    match decoded {
        Some(user) if id.parse::<u64>().is_err() => Ok(user),
        _ => call.number("membership_id"),
    }
}

/// The owner of the key, as far as the key says that it is somebody's.
fn caller(state: &State, call: &Call<'_>) -> Option<u64> {
    match state.identity.keys.find(call.header(API_KEY)?) {
        Ok(Found::Described(key)) => key.named_user(),
        _ => None,
    }
}

/// Changes the roles of the member that the call names.
fn change_roles(
    state: &mut State,
    call: &Call<'_>,
    verb: Verb,
    change: impl FnOnce(&mut Vec<u64>, u64, u64),
) -> Outcome {
    let body = call.json()?;
    let path = text(&body, "role").unwrap_or_default();
    let user = member(call)?;
    let now = call.now;
    let caller = caller(state, call);
    let is_live = call.shapes.is_live();
    let group = group(state, call)?;
    let role = group.role_at(path)?;
    // US-12: nobody becomes an owner or a guest, and who has no other role is a member.
    let is_fixed = role.rank == 0 || role.rank == 255 || is_live && role.rank == 1 && verb == Verb::Assign;
    if is_fixed {
        return Err(Failure::invalid(format!("The role {} cannot be given or taken.", role.name)));
    }
    if is_live && verb == Verb::Replace {
        group.check_replacement(user, role, caller)?;
    }
    let (role, fallback, owner) = (role.id, group.role_of_rank(1), group.role_of_rank(255));
    let Some(member) = group.members.get_mut(&user) else {
        return Err(Failure::not_found(format!("The membership {user} does not exist.")));
    };
    if member.roles.contains(&owner) {
        return Err(Failure::permission_denied("The roles of a group's owner cannot be changed."));
    }
    let before = member.roles.clone();
    change(&mut member.roles, role, fallback);
    if member.roles != before {
        member.updated = now;
    }
    Ok(Reply::json(group.membership_json(user, call.shapes).unwrap_or_default()))
}

fn update_membership(state: &mut State, call: &Call<'_>) -> Outcome {
    change_roles(state, call, Verb::Replace, |roles, role, _| *roles = vec![role])
}

fn assign_role(state: &mut State, call: &Call<'_>) -> Outcome {
    change_roles(state, call, Verb::Assign, |roles, role, _| {
        if !roles.contains(&role) {
            roles.push(role);
        }
    })
}

fn unassign_role(state: &mut State, call: &Call<'_>) -> Outcome {
    change_roles(state, call, Verb::Assign, |roles, role, fallback| {
        roles.retain(|held| *held != role);
        if roles.is_empty() {
            roles.push(fallback);
        }
    })
}

// Join requests

const REQUEST_FILTER: Grammar<'_> = Grammar { fields: &["user"], operators: &[Operator::Equal], and: false };

fn list_join_requests(state: &mut State, call: &Call<'_>) -> Outcome {
    let asked = match call.given("filter") {
        Some(filter) => Some(users(&REQUEST_FILTER.parse(filter)?[0])?),
        None => None,
    };
    let group = group(state, call)?;
    let requests: Vec<_> = group
        .requests
        .iter()
        .filter(|(user, _)| asked.as_ref().is_none_or(|asked| asked.contains(user)))
        .collect();
    let (page, next) = Cut::v2(20).page_by(call, &requests, |(user, _)| **user)?;
    let page: Vec<_> = page
        .into_iter()
        .map(|(user, when)| {
            json!({
                "path": format!("groups/{}/join-requests/{user}", group.id),
                "createTime": rfc3339(*when),
                "user": format!("users/{user}"),
            })
        })
        .collect();
    Ok(Reply::json(json!({
        "groupJoinRequests": page,
        "nextPageToken": next.unwrap_or_default(),
    })))
}

/// Takes the join request that the call names off the list.
fn settle(state: &mut State, call: &Call<'_>, join: bool) -> Outcome {
    let user = call.number("join_request_id")?;
    // US-06: nothing is said with it, but there must be one.
    if call.body.is_empty() {
        return Err(Failure::invalid("The request body is required: an empty object."));
    }
    let now = call.now;
    let group = group(state, call)?;
    if group.requests.remove(&user).is_none() {
        return Err(Failure::not_found(format!("The user {user} has not asked to join.")));
    }
    if join {
        group.join(user, now);
    }
    Ok(crate::synth::no_content(call))
}

fn accept(state: &mut State, call: &Call<'_>) -> Outcome {
    settle(state, call, true)
}

fn decline(state: &mut State, call: &Call<'_>) -> Outcome {
    settle(state, call, false)
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
