//! An OAuth 2.0 and OpenID Connect server with Roblox's endpoints, lifetimes and rules.
//!
//! Errors of the token endpoints have the form of RFC 6749, section 5.2: Roblox does not document them.

mod apps;
pub(super) mod authorize;
mod client;
mod consent;
pub(super) mod discovery;
pub(super) mod inspect;
mod model;
pub(super) mod respond;
pub(super) mod sessions;
mod signing;
pub(super) mod token;
pub(super) mod userinfo;

pub(crate) use apps::DEFAULT_ID;
pub use apps::OAuthApp;
pub(crate) use model::OAuth;
