//! Where a user's tokens are kept between two runs.

mod file;
mod memory;

pub use file::FileTokenStore;
pub use memory::MemoryTokenStore;

use super::tokens::TokenSet;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a [`TokenStore`] returns.
pub type Stored<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Keeps the tokens of **one** authorization: a row of your database, a file, a secret of a vault.
///
/// A refresh token works once. What was saved must therefore be on the disk, and nowhere else, when
/// [`save`](Self::save) returns: the old one is worth nothing by then.
///
/// ```
/// use opencloud::oauth::{Stored, TokenSet, TokenStore};
/// # #[derive(Clone)] struct Database;
/// # impl Database {
/// #     async fn get(&self, _: u64) -> Result<Option<String>, std::io::Error> { Ok(None) }
/// #     async fn put(&self, _: u64, _: String) -> Result<(), std::io::Error> { Ok(()) }
/// # }
///
/// struct Row {
///     database: Database,
///     user: u64,
/// }
///
/// impl TokenStore for Row {
///     fn load(&self) -> Stored<'_, Option<TokenSet>> {
///         Box::pin(async {
///             let text = self.database.get(self.user).await?;
///             Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
///         })
///     }
///
///     fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
///         Box::pin(async { Ok(self.database.put(self.user, serde_json::to_string(tokens)?).await?) })
///     }
/// }
/// ```
pub trait TokenStore: Send + Sync + 'static {
    /// What was saved last; `None` if nothing ever was.
    ///
    /// # Errors
    ///
    /// Any; the call that needed a token fails.
    fn load(&self) -> Stored<'_, Option<TokenSet>>;

    /// Keeps these instead.
    ///
    /// # Errors
    ///
    /// Any; the call that needed a token fails, and the tokens are saved again before the next one.
    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()>;
}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        (**self).load()
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        (**self).save(tokens)
    }
}
