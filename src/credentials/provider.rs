use super::Credentials;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

/// What a [`CredentialsProvider`] returns.
pub type Provided<'a> =
    Pin<Box<dyn Future<Output = Result<Credentials, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Gives credentials when they are needed, and new ones when they are refused.
///
/// Several calls may ask at once. A provider whose renewal must happen only once at a time (a
/// refresh token works only once) compares `rejected` with what it has by now.
///
/// ```
/// use opencloud::{Credentials, CredentialsProvider, Provided};
///
/// struct Vault;
///
/// impl CredentialsProvider for Vault {
///     fn credentials(&self) -> Provided<'_> {
///         Box::pin(async { Ok(Credentials::api_key("read from the vault")?) })
///     }
/// }
/// let credentials = Credentials::provider(Vault);
/// ```
pub trait CredentialsProvider: Send + Sync + 'static {
    /// The key or token to use now. Asked once for each call, so keep what is still good.
    ///
    /// # Errors
    ///
    /// Any; the call then fails without being sent.
    fn credentials(&self) -> Provided<'_>;

    /// A new key or token, after the service refused `rejected` with 401. The request is then sent
    /// once more, unless its body was a stream that can be read only once. By default this asks
    /// [`credentials`](Self::credentials) again.
    ///
    /// # Errors
    ///
    /// Any; the call then fails with it.
    fn refresh<'a>(&'a self, rejected: &'a Credentials) -> Provided<'a> {
        let _ = rejected;
        self.credentials()
    }
}
