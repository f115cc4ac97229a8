use super::Groups;
use crate::bulk::Calls;
use crate::call::CallFuture;
use crate::client::Options;
use crate::ids::{GroupId, UserId};

impl Groups {
    /// Lets many users into a group who have asked to join, some at a time. The
    /// [report](crate::bulk::Report) says which users it has failed for: one who has not asked (or no longer
    /// does) is [not found](crate::Error::is_not_found).
    ///
    /// Calls `groups.accept_join_request`; scope `group:write`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// let groups = client.groups();
    /// let requests = groups.list_join_requests(7).items().collect().await?;
    /// let users: Vec<_> = requests.iter().filter_map(|request| request.user_id()).collect();
    /// let report = groups.accept_join_requests(7, users).await;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A join request is called for by the id of its user; that is our reading, for Roblox's reference names
    /// none.
    ///
    /// A request whose fate is unknown (a broken connection, a 5xx) is not sent again by itself; then
    /// [`Error::may_have_been_applied`](crate::Error::may_have_been_applied) is true.
    pub fn accept_join_requests(
        &self,
        group: impl Into<GroupId>,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Calls<UserId, ()> {
        self.decide_each(group.into(), users, |groups, group, user, options| {
            groups.accept_join_request(group, user.as_str()).with_options(options).into_future()
        })
    }

    /// Refuses many users who have asked to join a group, some at a time; as
    /// [`accept_join_requests`](Self::accept_join_requests).
    ///
    /// Calls `groups.decline_join_request`; scope `group:write`.
    pub fn decline_join_requests(
        &self,
        group: impl Into<GroupId>,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Calls<UserId, ()> {
        self.decide_each(group.into(), users, |groups, group, user, options| {
            groups.decline_join_request(group, user.as_str()).with_options(options).into_future()
        })
    }

    fn decide_each(
        &self,
        group: GroupId,
        users: impl IntoIterator<Item = impl Into<UserId>>,
        response: fn(&Self, &GroupId, &UserId, Options) -> CallFuture<()>,
    ) -> Calls<UserId, ()> {
        let groups = self.clone();
        let users = users.into_iter().map(Into::into);
        Calls::new(users, move |user: &UserId, options| response(&groups, &group, user, options))
    }
}
