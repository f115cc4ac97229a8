//! Groups: roles, memberships, join requests, forums and settings.
//!
//! Beside the generated calls, [`Groups`] lists the groups [of a user](Groups::list_groups) or
//! [of several](Groups::list_groups_of), gives a member [a role](Groups::set_role) instead of those that
//! the member has, and [accepts](Groups::accept_join_requests) or
//! [declines](Groups::decline_join_requests) join requests in bulk:
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let groups = client.groups();
//! let mut memberships = groups.list_groups(156).items();
//! while let Some(membership) = memberships.next().await.transpose()? {
//!     println!("{:?} as {:?}", membership.group_id(), membership.role_ids());
//! }
//! groups.set_role(7, 156, 99).await?;
//! # Ok(())
//! # }
//! ```

mod join_requests;
mod of_user;
mod reading;
mod set_role;

pub use crate::generated::groups::*;
pub use set_role::SetRole;
