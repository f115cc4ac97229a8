//! Requests of groups.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{
    Call, Comparison, Failure, Grammar, Literal, Operator, Outcome, Pagination, Response, later, rfc3339,
    synth, text, v2_page,
};
use crate::areas::groups::model::Group;
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/groups/{group_id}", get),
    ("GET /cloud/v2/groups/{group_id}/roles", list_roles),
    ("GET /cloud/v2/groups/{group_id}/roles/{role_id}", get_role),
    ("GET /cloud/v2/groups/{group_id}/memberships", list_memberships),
    ("PATCH /cloud/v2/groups/{group_id}/memberships/{membership_id}", update_membership),
    ("POST /cloud/v2/groups/{group_id}/memberships/{membership_id}:assignRole", assign_role),
    ("POST /cloud/v2/groups/{group_id}/memberships/{membership_id}:unassignRole", unassign_role),
    ("GET /cloud/v2/groups/{group_id}/join-requests", list_join_requests),
    ("POST /cloud/v2/groups/{group_id}/join-requests/{join_request_id}:accept", |state, call| {
        settle(state, call, true)
    }),
    ("POST /cloud/v2/groups/{group_id}/join-requests/{join_request_id}:decline", |state, call| {
        settle(state, call, false)
    }),
];

const MAX_USERS_IN_FILTER: usize = 50;

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
    Ok(Response::json(group(state, call)?.json()))
}

fn list_roles(state: &mut State, call: &Call<'_>) -> Outcome {
    let group = group(state, call)?;
    let mut roles: Vec<_> = group.roles.iter().collect();
    roles.sort_by_key(|role| role.rank);
    let roles: Vec<_> = roles.iter().map(|role| group.role_json(role)).collect();
    Pagination::v2(20).respond(call, "groupRoles", &roles)
}

fn get_role(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.number("role_id")?;
    let group = group(state, call)?;
    let role = group.roles.iter().find(|role| role.id == id);
    let role = role.ok_or_else(|| Failure::missing(format_args!("role {id}")))?;
    Ok(Response::json(group.role_json(role)))
}

// Memberships

const MEMBERSHIP_FILTER: Grammar<'_> =
    Grammar { fields: &["user", "role"], operators: &[Operator::Equal, Operator::In], and: true };

/// The users of `users/1` and the like.
fn users(part: &Comparison) -> Result<Vec<u64>, Failure> {
    let user = |value: &Literal| {
        refuse_if!(!value.quoted, "The filter is invalid: a user stands in quotation marks.");
        let (path, id) = (&value.text, value.text.strip_prefix("users/"));
        id.and_then(|id| id.parse::<u64>().ok())
            .ok_or_else(|| Failure::invalid(format!("'{path}' is not a user such as 'users/123'.")))
    };
    let users: Vec<_> = part.values.iter().map(user).collect::<Result<_, _>>()?;
    refuse_if!(users.len() > MAX_USERS_IN_FILTER, "The filter names more than {MAX_USERS_IN_FILTER} users.");
    Ok(users)
}

fn list_memberships(state: &mut State, call: &Call<'_>) -> Outcome {
    let filter = call.filter(&MEMBERSHIP_FILTER)?;
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
        let needs = "A filter on user is required when listing the memberships of all groups.";
        let asked = asked.ok_or_else(|| Failure::invalid(needs))?;
        refuse_if!(!roles.is_empty(), "A filter on role needs a group: it is not supported over all groups.");
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
    let (page, next) = Pagination::v2(100).page_by(call, &memberships, |(place, _)| *place)?;
    let page: Vec<_> = page.into_iter().map(|(_, membership)| membership).collect();
    Ok(v2_page("groupMemberships", &page, next))
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
    let is_live = call.shapes.is_live();
    let group = group(state, call)?;
    let role = group.role_at(path)?;
    // US-12: nobody becomes an owner or a guest, and who has no other role is a member.
    let is_fixed = role.rank == 0 || role.rank == 255 || is_live && role.rank == 1 && verb == Verb::Assign;
    refuse_if!(is_fixed, "The role {} cannot be given or taken.", role.name);
    if is_live && verb == Verb::Replace {
        group.check_replacement(user, role, call.caller)?;
    }
    let (role, fallback, owner) = (role.id, group.role_of_rank(1), group.role_of_rank(255));
    let Some(member) = group.members.get_mut(&user) else {
        return Err(Failure::missing(format_args!("membership {user}")));
    };
    if member.roles.contains(&owner) {
        return Err(Failure::permission_denied("The roles of a group's owner cannot be changed."));
    }
    let before = member.roles.clone();
    change(&mut member.roles, role, fallback);
    if member.roles != before {
        member.updated = now;
    }
    Ok(Response::json(group.membership_json(user, call.shapes).unwrap_or_default()))
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
    let asked = call.filter(&REQUEST_FILTER)?.first().map(users).transpose()?;
    let group = group(state, call)?;
    let is_asked_for = |user: &u64| asked.as_ref().is_none_or(|asked| asked.contains(user));
    let requests: Vec<_> = group.requests.iter().filter(|(user, _)| is_asked_for(user)).collect();
    let (page, next) = Pagination::v2(20).page_by(call, &requests, |(user, _)| **user)?;
    let request = |(user, when): &(&u64, &Timestamp)| {
        json!({
            "path": format!("groups/{}/join-requests/{user}", group.id),
            "createTime": rfc3339(**when),
            "user": format!("users/{user}"),
        })
    };
    let page: Vec<_> = page.iter().map(request).collect();
    Ok(v2_page("groupJoinRequests", &page, next))
}

/// Takes the join request that the call names off the list.
fn settle(state: &mut State, call: &Call<'_>, join: bool) -> Outcome {
    let user = call.number("join_request_id")?;
    // US-06: nothing is said with it, but there must be one.
    refuse_if!(call.body.is_empty(), "The request body is required: an empty object.");
    let now = call.now;
    let group = group(state, call)?;
    if group.requests.remove(&user).is_none() {
        return Err(Failure::not_found(format!("The user {user} has not asked to join.")));
    }
    if join {
        group.join(user, now);
    }
    Ok(synth::no_content(call))
}
