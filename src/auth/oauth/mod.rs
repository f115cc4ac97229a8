//! OAuth 2.0: acting for a user who allowed it (feature `oauth`).
//!
//! Register an app in the [Creator Dashboard](https://create.roblox.com/dashboard/credentials?activeTab=OAuthTab);
//! then three steps:
//!
//! ```no_run
//! use opencloud::oauth::{App, Callback, FileTokenStore, TokenProvider};
//! use opencloud::{Client, Credentials, Scope};
//!
//! # async fn login(query: &str) -> Result<(), opencloud::Error> {
//! let app = App::builder("client id")
//!     .client_secret("only if the app can keep it")
//!     .redirect_uri("https://example.com/callback")
//!     .build()?;
//!
//! // 1. Send the user's browser to `url`, and keep `pending` in their session.
//! let login = app.authorize([Scope::Openid, Scope::Profile]).begin()?;
//! println!("{}", login.url());
//! let pending = login.into_pending();
//!
//! // 2. The browser comes back to the redirect URI.
//! let login = app.finish(pending, &Callback::from_query(query)).await?;
//! println!("{:?}", login.identity.map(|identity| identity.user.display_name));
//!
//! // 3. Calls in the user's name, for as long as the refresh token is good.
//! let provider = TokenProvider::new(app, FileTokenStore::new("tokens.json"));
//! provider.replace(login.tokens).await?;
//! let client = Client::builder().credentials(Credentials::provider(provider)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! A tool on the user's own machine does all of it with [`login_in_browser`].
//!
//! Access tokens last 15 minutes, refresh tokens 90 days and work **once**: each renewal gives another.
//! [`TokenProvider`] renews before the end and after a 401, once for all callers, and puts the new
//! refresh token into the [`TokenStore`] before it uses it.
//!
//! The protocol is the crate `oauth2`; what it sends goes through this crate's transport, with its
//! timeouts, hosts and rules for retries. ID tokens are verified with `jsonwebtoken` and ring.
//! `openidconnect` would bring RSA, P-384 and Ed25519 for a service that signs with ES256 alone.
//!
//! Source: Roblox's [reference](https://create.roblox.com/docs/cloud/auth/oauth2-reference).

mod answers;
mod app;
mod authorize;
mod browser;
mod identity;
mod keys;
mod loopback;
mod protocol;
mod provider;
mod store;
mod tokens;

pub use answers::{
    Discovery, Grant, GrantedIds, GrantedResources, Owner, ResourceOwner, Resources, TokenInfo, UserInfo,
};
pub use app::{App, AppBuilder};
pub use authorize::{Authorization, AuthorizeRequest, Callback, Login, PendingLogin, Prompt};
pub use browser::{BrowserLogin, login_in_browser};
pub use identity::Identity;
pub use provider::TokenProvider;
pub use store::{FileTokenStore, MemoryTokenStore, Stored, TokenStore};
pub use tokens::TokenSet;
