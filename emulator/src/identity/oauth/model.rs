//! What is remembered of OAuth.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::oauth::apps::Apps;
use crate::identity::oauth::sessions::Sessions;
use crate::identity::oauth::signing::SigningKeys;

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct OAuth {
    pub(crate) apps: Apps,
    pub(crate) sessions: Sessions,
    pub(crate) keys: SigningKeys,
    pub(crate) settings: Settings,
}

/// How the server behaves where Roblox leaves it open, and who decides on the consent page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Without it, a person decides on the consent page.
    pub(crate) decision: Option<Decision>,
    /// The issuer, in place of the address of the emulator: for apps that expect one.
    pub(crate) issuer: Option<String>,
    /// Claims that ID tokens have in place of their own, such as wrong ones.
    pub(crate) claims: Map<String, Value>,
    /// Whether a refresh token that is used a second time ends the session, as RFC 9700 (section 4.14.2) wants it.
    pub(crate) reuse_ends_session: bool,
}

/// What is decided in a person's place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Decision {
    Approve { user: u64 },
    Deny,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { decision: None, issuer: None, claims: Map::new(), reuse_ends_session: true }
    }
}

impl Default for OAuth {
    fn default() -> OAuth {
        OAuth {
            apps: Apps::default(),
            sessions: Sessions::default(),
            keys: SigningKeys::new(),
            settings: Settings::default(),
        }
    }
}
