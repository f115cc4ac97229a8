//! What is remembered of keys, apps and sessions.

use serde::{Deserialize, Serialize};

use crate::identity::keys::Keys;
use crate::identity::oauth::OAuth;
use crate::identity::secrets::Secrets;

/// The keys and sessions that the emulator knows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Identity {
    pub(crate) keys: Keys,
    pub(crate) oauth: OAuth,
    pub(super) secrets: Secrets,
}

impl Default for Identity {
    fn default() -> Identity {
        Identity { keys: Keys::default(), oauth: OAuth::default(), secrets: Secrets::random() }
    }
}
