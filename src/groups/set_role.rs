use super::{GroupMembership, Groups};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{GroupId, RoleId, UserId};
use http::StatusCode;

impl Groups {
    /// Gives a member this role instead of those that the member has: it is given first, then the others
    /// are taken away, so that the member is never without one.
    ///
    /// Calls `groups.assign_role` and `groups.unassign_role`; scope `group:write`.
    ///
    /// To give one more, or to take one away, there are [`assign_role`](Groups::assign_role) and
    /// [`unassign_role`](Groups::unassign_role). Owner, Member and Guest can be neither given nor taken away, and to
    /// give a role that is there, or to take one that is not, changes nothing (US-12).
    ///
    /// A role that the service refuses (400) to take away, such as Member, is left; the
    /// [roles](GroupMembership::role_ids) of the response are those that the member has in the end.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// let membership = client.groups().set_role(7, 156, 99).await?;
    /// println!("{:?}", membership.role_ids());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`NotFound`](crate::ErrorKind::NotFound) if the user is not a member, of kind
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if the ids of
    /// group and role are not numbers; and as of every call. After an error of the second or a later
    /// request the member has the new role, and some of the old ones still; calling it again is safe.
    pub fn set_role(
        &self,
        group: impl Into<GroupId>,
        user: impl Into<UserId>,
        role: impl Into<RoleId>,
    ) -> SetRole {
        SetRole {
            groups: self.clone(),
            group: group.into(),
            user: user.into(),
            role: role.into(),
            options: Options::default(),
        }
    }
}

/// The call of [`Groups::set_role`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct SetRole {
    groups: Groups,
    group: GroupId,
    user: UserId,
    role: RoleId,
    options: Options,
}

helper_methods!(SetRole => GroupMembership);

impl SetRole {
    async fn run(self) -> Result<GroupMembership, Error> {
        let Self { groups, group, user, role, mut options } = self;
        let (Some(group), Some(role)) = (group.as_u64(), role.as_u64()) else {
            return Err(Error::invalid_request("a group and a role are named by numbers"));
        };
        // As the service writes them: 099 would not be known again, and taken away.
        let (group, role) = (GroupId::from(group), RoleId::from(role));
        // To give what is there, or to take what is not, changes nothing.
        options.idempotent.get_or_insert(true);
        // A user's id can stand for that of the membership.
        let mut member =
            groups.assign_role(&group, user.as_str(), &role).with_options(options.clone()).await?;
        for other in member.role_ids().into_iter().filter(|other| *other != role) {
            let response =
                groups.unassign_role(&group, user.as_str(), other).with_options(options.clone()).await;
            match response {
                Ok(response) => member = response,
                Err(error) if error.status_of_service() == Some(StatusCode::BAD_REQUEST) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(member)
    }
}
