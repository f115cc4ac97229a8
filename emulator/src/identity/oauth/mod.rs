//! An OAuth 2.0 and OpenID Connect server with Roblox's endpoints, lifetimes and rules.
//!
//! Errors of the token endpoints have the form of RFC 6749, section 5.2: Roblox does not document them.

mod apps;
mod authorize;
mod client;
mod consent;
mod discovery;
mod inspect;
pub(crate) mod sessions;
mod signing;
mod token;
mod userinfo;

use serde::{Deserialize, Serialize};

use crate::call::Reply;
use crate::failure::Failure;
use crate::server::{Incoming, Inner};

pub(crate) use apps::DEFAULT_ID;
pub use apps::OAuthApp;

use apps::Apps;
use sessions::Sessions;
use signing::SigningKeys;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OAuth {
    pub(crate) apps: Apps,
    pub(crate) sessions: Sessions,
    pub(crate) keys: SigningKeys,
    pub(crate) settings: Settings,
}

/// How the server behaves where Roblox leaves it open, and who answers on the consent page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Without it, a person decides on the consent page.
    pub(crate) decision: Option<Decision>,
    /// Whether a refresh token that is used a second time ends the session, as RFC 9700 (section 4.14.2) wants it.
    pub(crate) reuse_ends_session: bool,
}

/// What is answered in a person's place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Decision {
    Approve { user: u64 },
    Deny,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { decision: None, reuse_ends_session: true }
    }
}

impl OAuth {
    pub(crate) fn new() -> OAuth {
        OAuth {
            apps: Apps::default(),
            sessions: Sessions::default(),
            keys: SigningKeys::new(),
            settings: Settings::default(),
        }
    }
}

/// The issuer, with the slash at its end that Roblox's has.
pub(crate) fn issuer(inner: &Inner) -> String {
    format!("{}/oauth/", inner.base_url)
}

pub(crate) fn answer(inner: &Inner, endpoint: &str, request: &Incoming) -> Reply {
    match (request.method.as_str(), endpoint) {
        ("GET", ".well-known/openid-configuration") => discovery::configuration(inner),
        ("GET", "v1/certs") => discovery::certificates(inner),
        ("GET", "v1/authorize") => authorize::ask(inner, request),
        ("POST", "v1/authorize") => authorize::decide(inner, request),
        ("POST", "v1/token") => or_error(token::answer(inner, request)),
        ("POST", "v1/token/introspect") => or_error(inspect::introspect(inner, request)),
        ("POST", "v1/token/resources") => or_error(inspect::resources(inner, request)),
        ("POST", "v1/token/revoke") => or_error(inspect::revoke(inner, request)),
        ("GET" | "POST", "v1/userinfo") => userinfo::answer(inner, request),
        (method, _) => {
            let message = format!("There is nothing at {method} {}.", request.path);
            Failure::no_route(message).reply(&request.path)
        }
    }
}

fn or_error(outcome: Result<Reply, client::OAuthError>) -> Reply {
    // Tokens must not be kept by anybody on their way.
    outcome
        .unwrap_or_else(|error| error.reply())
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache")
}
