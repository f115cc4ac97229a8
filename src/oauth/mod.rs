//! OAuth 2.0: acting for a user who allowed it (feature `oauth`).
//!
//! An [`App`] logs users in, a [`TokenProvider`] keeps their tokens good, a [`TokenStore`] keeps them
//! between two runs, and [`login_in_browser`] is all of a login for tools.
//!
//! The protocol is the crate `oauth2`; what it sends goes through this crate's transport, with its
//! deadlines, hosts and rules for retries. The signatures of ID tokens are verified by ring.
//!
#![doc = include_str!("../../docs/oauth.md")]

mod app;
mod authorize;
mod browser;
mod clock;
mod identity;
mod keys;
mod loopback;
mod protocol;
mod provider;
mod responses;
mod signature;
mod store;
mod tokens;

pub use app::{App, AppBuilder};
pub use authorize::{Authorization, AuthorizeRequest, Callback, Login, PendingLogin, Prompt};
pub use browser::{BrowserLogin, login_in_browser};
pub use identity::Identity;
pub use provider::TokenProvider;
pub use responses::{
    Creator, Grant, GrantedIds, GrantedResources, Owner, ResourceOwner, Resources, TokenInfo, UserInfo,
};
pub use store::{FileTokenStore, Lease, MemoryTokenStore, Stored, TokenStore};
pub use tokens::TokenSet;
