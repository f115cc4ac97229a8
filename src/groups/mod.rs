//! Groups: roles, memberships, join requests, forums and settings.
//!
//! - List the groups of a user or of several: [`Groups::list_groups`], [`Groups::list_groups_of`].
//! - Read a group, its roles and its members: [`Groups::get`], [`Groups::list_roles`], [`Groups::list_memberships`].
//! - Give a member one role instead of those that the member has: [`Groups::set_role`].
//! - Decide join requests, also in bulk: [`Groups::list_join_requests`], [`Groups::accept_join_requests`],
//!   [`Groups::decline_join_requests`].
//! - Read the forum and the audit log: [`Groups::list_forum_posts`], [`Groups::list_audit_log`].
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

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod join_requests;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod of_user;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod reading;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod set_role;

pub use crate::generated::groups::*;
pub use set_role::SetRole;
