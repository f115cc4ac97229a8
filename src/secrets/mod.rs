//! Secrets of a universe: keys and tokens that its servers use, sealed before they leave this process.
//!
//! - Create a secret and change it: [`UniverseSecrets::create`], [`UniverseSecrets::update`] of [`Secrets::universe`],
//!   which seal the content.
//! - List secrets without their content, and delete one: [`UniverseSecrets::list`], [`UniverseSecrets::delete`].
//!
//! The generated calls of [`Secrets`] take content that is sealed already.
//!
//! ```no_run
//! # async fn run(client: opencloud::Client, token: String) -> Result<(), opencloud::Error> {
//! let secrets = client.secrets().universe(42);
//! secrets.create("discord", token).domain("discord.com").await?;
//! # Ok(())
//! # }
//! ```
//!
//! See [`UniverseSecrets`] for all of it.

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod change;
mod key;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod plaintext;
mod rules;
mod seal;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod universe;

pub use crate::generated::secrets::*;
pub use change::{CreateSecret, UpdateSecret};
pub use plaintext::Plaintext;
pub use universe::{GetSecret, UniverseSecrets};
