//! Memberships and join requests of groups.

use super::literal;
use super::{Condition, Expression, Grammar};
use crate::ids::{GroupId, RoleId, UserId};

/// The service's own bound.
const MAX_USERS: usize = 50;

/// What stands for all groups in a path.
const ALL_GROUPS: &str = "-";

/// What the memberships of a group are filtered by: one user, up to 50 users, or a role.
///
/// For the memberships of all groups (group `-`) a filter by users is required; without one the
/// call is refused before it is sent.
///
/// ```
/// use opencloud::filter::{Expression, MembershipFilter};
///
/// let filter = |filter: MembershipFilter| Expression::from(filter).text().unwrap_or_default().to_owned();
/// assert_eq!(filter(MembershipFilter::user(1)), "user == 'users/1'");
/// assert_eq!(filter(MembershipFilter::users([1, 2])), "user in ['users/1','users/2']");
/// assert_eq!(filter(MembershipFilter::role(123, 7)), "role == 'groups/123/roles/7'");
/// ```
///
/// Source: <https://create.roblox.com/docs/cloud/reference/patterns#list-group-memberships>
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct MembershipFilter(Condition);

impl MembershipFilter {
    /// The membership of one user.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self(is_user(&user.into()))
    }

    /// The memberships of up to 50 users. More are refused; none match nothing, without a request.
    pub fn users(users: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        let paths: Result<Vec<String>, String> = users
            .into_iter()
            .take(MAX_USERS + 1)
            .map(|user| literal::resource("users", "a user id", user.into().as_str()))
            .collect();
        Self(match paths {
            Ok(paths) if paths.is_empty() => Condition::Nothing,
            Ok(paths) if paths.len() > MAX_USERS => Condition::Invalid(format!(
                "memberships can be filtered by up to {MAX_USERS} users, not more"
            )),
            Ok(paths) => Condition::Text(format!("user in [{}]", paths.join(","))),
            Err(reason) => Condition::Invalid(reason),
        })
    }

    /// The memberships whose highest role is this role of this group, which must be the group that is
    /// listed.
    pub fn role(group: impl Into<GroupId>, role: impl Into<RoleId>) -> Self {
        let path = literal::digits("a group id", group.into().as_str()).and_then(|group| {
            let role = literal::digits("a role id", role.into().as_str())?;
            Ok(format!("{}{role}'", roles_of(&group)))
        });
        Self(Condition::of(path))
    }
}

fn is_user(user: &UserId) -> Condition {
    let path = literal::resource("users", "a user id", user.as_str());
    Condition::of(path.map(|path| format!("user == {path}")))
}

/// How a filter by a role of this group begins.
fn roles_of(group: &str) -> String {
    format!("role == 'groups/{group}/roles/")
}

impl Grammar for MembershipFilter {
    fn refuse(path: &[String], filter: &Condition) -> Option<String> {
        let group = path.first()?;
        let reason = match filter {
            Condition::Everything if group == ALL_GROUPS => {
                "the memberships of all groups (`-`) can be listed for named users only; filter by \
                 `MembershipFilter::user` or `users`"
            }
            Condition::Text(text) if text.starts_with("role ") && group == ALL_GROUPS => {
                "the memberships of all groups (`-`) can be filtered by users only, not by a role"
            }
            Condition::Text(text) if text.starts_with("role ") && !text.starts_with(&roles_of(group)) => {
                "the filter names a role of another group than the one that is listed"
            }
            _ => return None,
        };
        Some(reason.to_owned())
    }
}

impl From<MembershipFilter> for Expression<MembershipFilter> {
    fn from(filter: MembershipFilter) -> Self {
        Self::new(filter.0)
    }
}

/// What the requests to join a group are filtered by: the user who asks.
///
/// ```
/// use opencloud::filter::{Expression, JoinRequestFilter};
///
/// let filter: Expression<JoinRequestFilter> = JoinRequestFilter::user(156).into();
/// assert_eq!(filter.text(), Some("user == 'users/156'"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct JoinRequestFilter(Condition);

impl JoinRequestFilter {
    /// The request of one user.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self(is_user(&user.into()))
    }
}

impl Grammar for JoinRequestFilter {}

impl From<JoinRequestFilter> for Expression<JoinRequestFilter> {
    fn from(filter: JoinRequestFilter) -> Self {
        Self::new(filter.0)
    }
}
