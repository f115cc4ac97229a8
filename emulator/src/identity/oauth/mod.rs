//! An OAuth 2.0 and OpenID Connect server with Roblox's endpoints, lifetimes and rules.
//!
//! Errors of the token endpoints have the form of RFC 6749, section 5.2: Roblox does not document them.

mod apps;
pub(crate) mod authorize;
mod client;
mod consent;
pub(crate) mod discovery;
pub(crate) mod inspect;
pub(crate) mod sessions;
mod signing;
pub(crate) mod token;
pub(crate) mod userinfo;

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Reply;
use crate::server::{Incoming, Inner};

pub(crate) use apps::DEFAULT_ID;
pub use apps::OAuthApp;

use apps::Apps;
use sessions::Sessions;
use signing::SigningKeys;

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
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

impl Default for OAuth {
    fn default() -> OAuth {
        OAuth::new()
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

fn or_error(outcome: Result<Reply, client::OAuthError>) -> Answer {
    // Tokens must not be kept by anybody on their way.
    let reply = outcome
        .unwrap_or_else(|error| error.reply())
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache");
    open_to_pages(reply).into()
}

/// Lets the script of any page read an answer: an app that runs in a browser could not log in without it. What it needs
/// for that, a code or a token, no browser adds by itself.
fn open_to_pages(reply: Reply) -> Reply {
    reply.with_header("access-control-allow-origin", "*")
}

/// What a browser asks before it sends a page's request with a token.
pub(crate) fn preflight(_: &Inner, _: &Incoming, _: &str) -> Answer {
    open_to_pages(Reply::empty(204))
        .with_header("access-control-allow-methods", "GET, POST")
        .with_header("access-control-allow-headers", "authorization, content-type")
        .with_header("access-control-max-age", "600")
        .into()
}
