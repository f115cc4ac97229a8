//! Where a user's tokens are kept between two runs.

mod file;
mod lease;
mod memory;

pub use file::FileTokenStore;
pub use lease::Lease;
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
///
/// For several servers there is `RedisTokenStore` of the crate `opencloud-redis`.
///
/// If several processes share the store, it needs a [`lease`](Self::lease) too: a lock that only one of them
/// holds, such as a lock of the row or an advisory lock of the database.
pub trait TokenStore: Send + Sync + 'static {
    /// What was saved last; `None` if nothing ever was.
    ///
    /// # Errors
    ///
    /// Any; the call that needed a token fails.
    fn load(&self) -> Stored<'_, Option<TokenSet>>;

    /// Keeps these instead.
    ///
    /// It may take 30 seconds; then it is dropped. What goes on all the same, such as a write in another
    /// thread, must end before the [`lease`](Self::lease) does and before the next save: it would overwrite
    /// newer tokens.
    ///
    /// # Errors
    ///
    /// Any; the call that needed a token fails, and the tokens are saved again before the next one.
    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()>;

    /// The right to renew, which one process has at a time. It is held from the reading of a refresh token
    /// until its successor is saved, however many calls that takes, and is to end with the process if that dies.
    ///
    /// By default there is none. That is right for a store that one process uses. Where several do, two that
    /// renew at the same moment send the same refresh token twice; a service that takes that for theft ends
    /// the session, and the user must log in again.
    ///
    /// It is waited for up to a minute. It may wait without a bound of its own: what is waited for is dropped
    /// then.
    ///
    /// # Errors
    ///
    /// Any; no refresh token is sent, and the call fails if it has no token that is still good.
    fn lease(&self) -> Stored<'_, Lease> {
        Box::pin(async { Ok(Lease::none()) })
    }
}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        (**self).load()
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        (**self).save(tokens)
    }

    fn lease(&self) -> Stored<'_, Lease> {
        (**self).lease()
    }
}
