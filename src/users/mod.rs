//! Users: profiles, thumbnails, inventories, quotas and notifications.
//!
//! - Read a profile: [`Users::get`].
//! - Make thumbnails of one avatar or of many: [`Users::generate_thumbnail`], [`Users::thumbnails`].
//! - Find out whether a user owns something, or list all that a user owns: [`Users::owns`],
//!   [`Users::list_inventory_items`].
//! - Read how many assets a user may still upload: [`Users::list_asset_quotas`].
//! - Notify a user of something in an experience: [`Users::notify`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use opencloud::users::Ownable;
//!
//! let users = client.users();
//! if users.owns(156, Ownable::badge(2124445684)).await? {
//!     users.notify(156, 42, "5dd7024b-68e3-ac4d-8232-4217f86ca244").parameter("points", 5).await?;
//! }
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod notify;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod owns;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod profile;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod quota;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod thumbnails;

pub use crate::generated::users::*;
pub use notify::Notify;
pub use owns::{Ownable, Owns};
pub use thumbnails::Thumbnails;
