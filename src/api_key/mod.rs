//! What an API key may do, and what is wrong with it.
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let report = client.api_key().check(["users.get", "messaging.publish"]).universe(42).await?;
//! if !report.is_fine() {
//!     println!("{report}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Roblox looks at a key only for about an hour after it was made or regenerated; one public client found
//! so, others did not (`AU-01`). It refuses to look at an older key, which says nothing of whether that key
//! works: [`Report::key`] is `None` then, and a harmless read proves it:
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let report = client.api_key().check(["messaging.publish"]).await?;
//! let report = report.proven_by(client.request(http::Method::GET, "/cloud/v2/users/1").await);
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! A report tells three things apart:
//!
//! * [`Problem`]s of the key itself: it is disabled, it has expired, or will within a number of days
//!   ([`Check::warn_before`]). Roblox also ends a key that was neither used nor changed for 60 days; that
//!   it has come so far is told ([`Problem::Expired`]), when it will is not.
//! * [What is missing](OperationReport::missing): every call of the operation is refused without it.
//! * [What is missing perhaps](OperationReport::perhaps_missing): Roblox lists it, but only some requests
//!   or some fields of the response need it. A public profile needs no scope at all, for example.
//!
//! Of most operations Roblox lists the scopes without saying whether all are needed. Where it does not
//! say otherwise we take it that they are; each [`OperationInfo`](crate::OperationInfo::needed_scopes)
//! tells. A key may be restricted to some users, groups, universes or data stores: name what the calls
//! are about, as [`Check::universe`] does, and the report tells whether the scopes reach it. Which IP
//! addresses may use a key is not told.
//!
//! Roblox's cookbook warns that a write without its scope may report success and change nothing (`UN-09`;
//! nobody has recorded one): read back what the first write with a new key has changed.
//!
//! Source: Roblox's [guide](https://create.roblox.com/docs/cloud/auth/api-keys). The endpoint is not in
//! Roblox's OpenAPI document.

mod check;
mod info;
mod key;
mod report;

pub use check::Check;
pub use info::{ApiKeyInfo, DataStoreAccess, KeyScope};
pub use key::ApiKey;
pub use report::{Missing, OperationReport, Problem, Proof, Report, Target};
