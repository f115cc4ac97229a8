//! The state of a running emulator, for tests in the same process.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

/// Everything that an emulator remembers, as JSON. What the JSON looks like is up to each version, except that a newer
/// one reads what an older one has written.
#[derive(Debug, Clone)]
pub struct StateHandle {
    pub(super) inner: Arc<Inner>,
}

/// A state that cannot be loaded, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StateError(String);

impl StateHandle {
    /// The whole state, for [`StateHandle::load`], also of another emulator.
    pub fn dump(&self) -> Value {
        let mut text = Vec::new();
        let dumped = self.inner.dump(&mut text);
        dumped.ok().and_then(|()| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Puts a dumped state in the place of everything. Sections that are missing are as they are at the start.
    ///
    /// # Errors
    ///
    /// If it is not a dumped state; nothing is changed then.
    pub fn load(&self, state: &Value) -> Result<(), StateError> {
        match self.tell(Method::PUT, "/__emulator/state", state.to_string()) {
            Some(response) if response.is_success() => Ok(()),
            Some(WireResponse::Response(response)) => Err(StateError(response.body().text())),
            _ => Err(StateError("the state cannot be loaded".to_owned())),
        }
    }

    /// What is at a path of the state: `dataStores/universes/2001`.
    pub fn get(&self, path: &str) -> Option<Value> {
        let path: Vec<_> = path.split('/').collect();
        self.inner.inspect(&path)
    }

    /// Forgets everything, apart from the time.
    pub fn reset(&self) {
        self.tell(Method::POST, "/__emulator/reset", Bytes::new());
    }

    /// Goes the way of a request, so that the change is kept in a data directory too.
    pub(super) fn tell(
        &self,
        method: Method,
        path: &'static str,
        body: impl Into<Bytes>,
    ) -> Option<WireResponse> {
        self.inner.tell(&Incoming::local(method, Uri::from_static(path), HeaderMap::new(), body))
    }
}
