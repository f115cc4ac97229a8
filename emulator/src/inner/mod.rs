//! What all connections share.

pub(crate) mod traffic;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::api::{Scripts, Shapes};
use crate::areas::routes::Handler;
use crate::document::Document;
use crate::faults::Rules;
use crate::identity::{ApiKey, OAuthApp};
use crate::inner::traffic::Traffic;
use crate::limits::Limits;
use crate::state::State;
use crate::store::Keeper;

pub(crate) struct Inner {
    pub(crate) document: &'static Document,
    pub(crate) handlers: HashMap<String, Handler>,
    pub(crate) state: Mutex<State>,
    pub(crate) keeper: OnceLock<Keeper>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) faults: Rules,
    /// None if they are off.
    pub(crate) limits: Option<Limits>,
    pub(crate) base_url: String,
    pub(crate) config: Config,
    pub(crate) body_limit: usize,
}

/// What an emulator is told at the start, and does not change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) api_keys: Vec<ApiKey>,
    pub(crate) oauth_apps: Vec<OAuthApp>,
    pub(crate) scripts: Scripts,
    pub(crate) shapes: Shapes,
    pub(crate) strictness: Strictness,
    /// Whether users, groups and universes that were not described are not there, instead of made up.
    pub(crate) only_seeded: bool,
    /// After how long keys can no longer be introspected.
    pub(crate) introspection_lifetime: Option<Duration>,
}

/// What happens to a request that breaks the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Strictness {
    /// It is only recorded.
    Lenient,
    /// It is refused, but for query parameters that the operation does not have, as services overlook them.
    #[default]
    Usual,
    /// It is refused, whatever it is.
    Strict,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.keeper.get()
    }

    /// Makes the keys and apps known that the emulator was started with.
    pub(crate) fn introduce(&self, state: &mut State) {
        let now = state.clock.now();
        self.config.api_keys.iter().for_each(|key| state.identity.keys.introduce(key.clone(), now));
        self.config.oauth_apps.iter().for_each(|app| state.identity.oauth.apps.introduce(app.clone()));
    }

    /// What anybody may know of a user, if there is such a user.
    pub(crate) fn user(&self, id: u64) -> Option<serde_json::Value> {
        self.state().users.profile(id, self.config.shapes)
    }
}
