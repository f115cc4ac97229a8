//! Bans of users from a universe or a place.
//!
//! The generated calls of [`UserRestrictions`] read bans, and write them as a whole. For moderation there
//! are [`ban`](UserRestrictions::ban), [`unban`](UserRestrictions::unban) and
//! [`change_ban`](UserRestrictions::change_ban), which changes a ban's reasons and nothing else:
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

mod ban;
mod change;
mod length;
mod reading;
mod scope;
mod unban;

pub use crate::generated::user_restrictions::*;
pub use ban::Ban;
pub use change::ChangeBan;
pub use length::BanLength;
pub use unban::Unban;
