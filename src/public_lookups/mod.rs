//! Public look-ups: names to users, ids to names, places of a universe. They are not part of Open Cloud: Roblox's
//! document describes them as endpoints of its web site that take no credential.
//!
//! - Find users by their names, any number at a time: [`PublicLookups::find_by_names`].
//! - Find the names of users: [`PublicLookups::find_by_ids`].
//! - List the places of a universe: [`PublicLookups::list_places`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let lookups = client.public_lookups();
//! let found = lookups.find_by_names(["builderman", "nobody at all"]).await?;
//! for (name, user) in &found.found {
//!     println!("{name} is {} with the id {:?}", user.name(), user.user_id());
//! }
//! for name in &found.unknown {
//!     println!("nobody is called {name}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Credentials and limits
//!
//! No credential is ever sent, neither the client's nor one that a call was given; so these calls need no scope. Roblox
//! states no rate limit and no stability for them. The places are those that anybody may see.

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod find;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod found;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod reading;

pub use crate::generated::public_lookups::*;
pub use find::{FindByIds, FindByNames};
pub use found::Found;
