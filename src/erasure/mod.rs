//! A user's right to erasure: the templates by which Roblox deletes data of a user itself, and what they do not reach.
//!
//! - Read and publish the templates of a universe: [`Erasure::templates`], [`Erasure::publish`].
//! - Check them against what the data stores hold: [`Erasure::check`].
//! - Find and erase the rest when a request comes: [`Erasure::rest_of`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use opencloud::erasure::{Template, Templates};
//!
//! let erasure = client.erasure(123);
//! let templates = Templates::new([
//!     Template::key("Players", "Player_{UserId}"),
//!     Template::key("Points", "{UserId}").ordered(),
//!     Template::store("Inventory_{UserId}"),
//! ])?;
//! let coverage = erasure.check(&templates).await?; // reads every entry
//! coverage.refuse_unmatched()?;
//! for entry in &coverage.unreached.first {
//!     println!("no template reaches {}: {}/{}", entry.store, entry.scope, entry.key);
//! }
//! erasure.publish(&templates).await?;
//!
//! // When a request comes:
//! let plan = erasure.rest_of(156, &templates, &coverage).find().await?;
//! let report = plan.erase().await;
//! assert!(report.is_complete(), "{report}");
//! # Ok(())
//! # }
//! ```
//!
//! Roblox applies the templates when it sends a request for erasure (RE-01), and does not say when it is through. A template
//! that matches nothing is taken without a word and deletes nothing (RE-03), which is why there is a check.
//!
//! Source: <https://create.roblox.com/docs/cloud-services/data-stores/right-to-be-forgotten>

mod check;
mod coverage;
mod ordered;
mod pattern;
mod publish;
mod rest;
mod template;
mod templates;
mod universe;

pub use check::Check;
pub use coverage::{Coverage, NumberedTemplate};
pub use template::Template;
pub use templates::Templates;
pub use universe::Erasure;
