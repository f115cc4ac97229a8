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
mod template;
mod templates;

pub use check::Check;
pub use coverage::{Coverage, Unmatched, UnreachedEntries};
pub use template::Template;
pub use templates::Templates;

use crate::Client;
use crate::data_stores::EraseUser;
use crate::ids::{UniverseId, UserId};

/// What is erased in a universe, and by whom. Made by [`Client::erasure`].
#[derive(Clone, Debug)]
pub struct Erasure {
    client: Client,
    universe: UniverseId,
}

impl Client {
    /// The templates by which Roblox erases a user's data in a universe, and what they do not reach.
    pub fn erasure(&self, universe: impl Into<UniverseId>) -> Erasure {
        Erasure { client: self.clone(), universe: universe.into() }
    }
}

impl Erasure {
    /// Looks which templates match an entry, and which entries no template reaches, when it is awaited.
    pub fn check(&self, templates: &Templates) -> Check {
        Check::new(self.clone(), templates.clone())
    }

    /// Finds the entries of a user that the templates do not reach, in the data stores that were not found to be reached
    /// whole ([`Coverage::reached_stores`]). What was added to these since the check is not looked at: check again
    /// from time to time.
    ///
    /// Found are entries that name the user; those that only their keys tell are found by
    /// [`also_where`](EraseUser::also_where). Standard data stores only.
    pub fn rest_of(&self, user: impl Into<UserId>, templates: &Templates, coverage: &Coverage) -> EraseUser {
        let user = user.into();
        let (templates, of) = (templates.clone(), user.clone());
        let erase = self.client.data_stores().erase_user(&self.universe, user);
        erase
            .skip_stores(coverage.reached_stores.iter().cloned())
            .unless(move |entry| templates.reach(entry, &of))
    }
}
