//! Users: profiles, thumbnails, inventories, quotas and notifications.
//!
//! Beside the generated calls, [`Users`] has [`owns`](Users::owns), [`thumbnails`](Users::thumbnails) of
//! many users and [`notify`](Users::notify):
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

mod notify;
mod owns;
mod profile;
mod quota;
mod thumbnails;

pub use crate::generated::users::*;
pub use notify::Notify;
pub use owns::{Ownable, Owns};
pub use thumbnails::Thumbnails;
