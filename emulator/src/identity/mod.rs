//! Who calls, and what they may do: API keys with scopes, and the OAuth 2.0 server.

mod access;
pub(crate) mod control;
mod introspect;
mod keys;
mod model;
mod oauth;
pub(crate) mod redact;
pub(crate) mod routes;
mod scopes;
mod secrets;

pub(crate) use access::{authorize, named_user, owner};
pub use keys::{ApiKey, InvalidAddress, KeyScope};
pub(crate) use model::Identity;
pub use oauth::OAuthApp;
