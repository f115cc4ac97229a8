use super::{Stored, TokenStore};
use crate::oauth::TokenSet;
use std::sync::{Mutex, PoisonError};

/// Keeps tokens as long as the process runs.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<Option<TokenSet>>);

impl MemoryTokenStore {
    /// Holds these tokens.
    pub fn new(tokens: impl Into<Option<TokenSet>>) -> Self {
        Self(Mutex::new(tokens.into()))
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        Box::pin(async { Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()) })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        Box::pin(async {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
            Ok(())
        })
    }
}
