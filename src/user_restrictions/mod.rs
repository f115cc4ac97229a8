//! Bans of users from a universe or a place.
//!
//! - Ban a user, and lift the ban: [`UserRestrictions::ban`], [`UserRestrictions::unban`].
//! - Change the reasons of a ban and nothing else: [`UserRestrictions::change_ban`].
//! - Read the ban of a user, or list all: [`UserRestrictions::get`], [`UserRestrictions::list`].
//! - Read who banned whom and when: [`UserRestrictions::list_logs`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use std::time::Duration;
//!
//! let bans = client.user_restrictions();
//! bans.ban(42, 156, Duration::from_secs(7 * 86_400))
//!     .display_reason("Please be kind.")
//!     .private_reason("Report 1234")
//!     .await?;
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod ban;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod change;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod length;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod reading;
mod scope;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod unban;

pub use crate::generated::user_restrictions::*;
pub use ban::Ban;
pub use change::ChangeBan;
pub use length::BanLength;
pub use unban::Unban;
