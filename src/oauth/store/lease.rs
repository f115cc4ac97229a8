use std::any::Any;
use std::fmt;

/// The right to renew the tokens of a store, until it is dropped. Made by
/// [`TokenStore::lease`](super::TokenStore::lease).
#[must_use = "it ends when it is dropped"]
pub struct Lease(Option<Box<dyn Any + Send>>);

impl Lease {
    /// Holds this guard: its `Drop` gives the right back.
    pub fn new(guard: impl Send + 'static) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// No lease: nothing keeps another process from renewing at the same moment.
    pub fn none() -> Self {
        Self(None)
    }

    /// Whether it keeps others from renewing.
    pub(in crate::oauth) fn is_exclusive(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.is_exclusive()).finish()
    }
}
