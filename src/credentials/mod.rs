//! Who a call is made for.

use crate::Error;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::collections::hash_map::RandomState;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::hash::BuildHasher;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The header of API keys.
pub(crate) const API_KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

const BEARER: &str = "Bearer ";

const HIDDEN: &str = "[hidden]";

/// A shorter text is not searched for in messages: it would be found in ordinary words.
const SHORTEST_SECRET: usize = 8;

/// A credential: an API key, an OAuth 2.0 access token, or a provider of these. It never prints.
#[derive(Clone)]
pub struct Credentials {
    kind: Kind,
    /// Whose requests are counted together. It tells nothing of the secret.
    owner: Arc<str>,
    has_named_owner: bool,
}

#[derive(Clone)]
enum Kind {
    ApiKey(HeaderValue),
    Bearer(HeaderValue),
    Provider { provider: Arc<dyn CredentialsProvider>, number: u64 },
}

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

impl Credentials {
    /// An API key, sent as `x-api-key`.
    ///
    /// # Errors
    ///
    /// If the key is empty or holds what a header cannot carry (a line break, a character that is
    /// not ASCII).
    pub fn api_key(key: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self::of(Kind::ApiKey(secret("API key", key.as_ref(), "")?)))
    }

    /// An OAuth 2.0 access token, sent as `authorization: Bearer`.
    ///
    /// # Errors
    ///
    /// As [`Credentials::api_key`].
    pub fn bearer(token: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self::of(Kind::Bearer(secret("access token", token.as_ref(), BEARER)?)))
    }

    /// Credentials that are asked for before every call and can be renewed: tokens that expire,
    /// keys of a vault.
    pub fn provider(provider: impl CredentialsProvider) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self::of(Kind::Provider { provider: Arc::new(provider), number })
    }

    fn of(kind: Kind) -> Self {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        let print = |value: &HeaderValue| SEED.get_or_init(RandomState::new).hash_one(value.as_bytes());
        let owner = match &kind {
            Kind::ApiKey(value) => format!("key {:016x}", print(value)),
            Kind::Bearer(value) => format!("token {:016x}", print(value)),
            Kind::Provider { number, .. } => format!("provider {number}"),
        };
        Self { kind, owner: owner.into(), has_named_owner: false }
    }

    /// Names whose limits these credentials use up, such as `group 7`.
    ///
    /// Roblox counts the requests of all API keys of one owner together. Keys that are given the
    /// same name share the client-side [limit](crate::limit::RateLimit); without a name each key,
    /// token and provider has its own. A name is also what a limit store shared by several
    /// processes knows them by. If a provider gives a key or token with a name, that name counts,
    /// and not the provider's.
    #[must_use]
    pub fn with_owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into().into();
        self.has_named_owner = true;
        self
    }

    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self.kind, Kind::Bearer(_))
    }

    pub(crate) fn is_provider(&self) -> bool {
        matches!(self.kind, Kind::Provider { .. })
    }

    /// The API key as text, if it is one.
    pub(crate) fn api_key_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::ApiKey(value) => value.to_str().ok(),
            Kind::Bearer(_) | Kind::Provider { .. } => None,
        }
    }

    /// The key or token itself.
    pub(crate) async fn resolve(&self) -> Result<Self, Error> {
        match &self.kind {
            Kind::Provider { provider, .. } => given(provider.credentials().await),
            _ => Ok(self.clone()),
        }
    }

    /// Another key or token, after the service refused this one.
    pub(crate) async fn refresh(&self, rejected: &Self) -> Result<Self, Error> {
        match &self.kind {
            Kind::Provider { provider, .. } => given(provider.refresh(rejected).await),
            _ => Ok(self.clone()),
        }
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        match &self.kind {
            Kind::ApiKey(value) => headers.insert(API_KEY_HEADER, value.clone()),
            Kind::Bearer(value) => headers.insert(header::AUTHORIZATION, value.clone()),
            Kind::Provider { .. } => None,
        };
    }

    /// The owner of a key or token that these credentials gave. A provider's tokens follow each
    /// other but are one owner's, unless they are given an owner themselves.
    pub(crate) fn owner_of<'c>(&'c self, given: &'c Self) -> &'c str {
        match !given.has_named_owner && self.is_provider() {
            true => &self.owner,
            false => &given.owner,
        }
    }

    /// The text with the secret hidden, if the secret is in it, or the beginning of the secret where the
    /// text was cut off: keys and tokens are longer than what an error tells of a long response.
    pub(crate) fn hide(&self, text: &str) -> Option<String> {
        let secret = match &self.kind {
            Kind::ApiKey(value) => value.to_str().ok()?,
            Kind::Bearer(value) => value.to_str().ok()?.strip_prefix(BEARER)?,
            Kind::Provider { .. } => return None,
        };
        if secret.len() < SHORTEST_SECRET {
            return None;
        }
        let whole = text.replace(secret, HIDDEN);
        let told = whole.trim_end_matches('…');
        let is_cut = |length: &usize| told.ends_with(&secret[..*length]);
        let hidden = match (SHORTEST_SECRET..secret.len()).rev().find(is_cut) {
            Some(length) => format!("{}{HIDDEN}", &told[..told.len() - length]),
            None => whole,
        };
        (hidden != text).then_some(hidden)
    }
}

/// What a provider gave: a key or token, not another provider.
fn given(result: Result<Credentials, Box<dyn StdError + Send + Sync>>) -> Result<Credentials, Error> {
    match result.map_err(Error::no_credential)? {
        credentials if credentials.is_provider() => Err(Error::configuration(
            "a provider of credentials must give a key or token, not another provider",
        )),
        credentials => Ok(credentials),
    }
}

/// Whether both are the same key, token or provider.
impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::ApiKey(one), Kind::ApiKey(two)) | (Kind::Bearer(one), Kind::Bearer(two)) => one == two,
            (Kind::Provider { number: one, .. }, Kind::Provider { number: two, .. }) => one == two,
            _ => false,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::ApiKey(_) => "Credentials(API key, hidden)",
            Kind::Bearer(_) => "Credentials(access token, hidden)",
            Kind::Provider { .. } => "Credentials(provider)",
        })
    }
}

/// A header value that stays out of every log; the message never shows what was given.
fn secret(what: &str, text: &str, prefix: &str) -> Result<HeaderValue, Error> {
    let refuse = |why: &str| Err(Error::configuration(format!("the {what} {why}")));
    if text.is_empty() {
        return refuse("is empty");
    }
    if text.contains(['\r', '\n']) {
        return refuse("holds a line break; was it read from a file with the line's end?");
    }
    if !text.is_ascii() {
        return refuse("holds a character that is not ASCII");
    }
    if text.trim() != text {
        return refuse("begins or ends with a space");
    }
    match HeaderValue::try_from(format!("{prefix}{text}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Ok(value)
        }
        Err(_) => refuse("holds a control character"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_keys_are_refused_without_being_shown() {
        for key in ["", "key\n", "a\r\nb", "schlüssel", " sesame", "a\u{1}b"] {
            for made in [Credentials::api_key(key), Credentials::bearer(key)] {
                let message = made.expect_err(key).to_string();
                assert!(key.is_empty() || !message.contains(key), "{message}");
            }
        }
    }

    #[test]
    fn secrets_never_print() {
        let key = Credentials::api_key("very-secret").expect("a key");
        assert!(!format!("{key:?}").contains("very-secret"));
        let mut headers = HeaderMap::new();
        key.apply(&mut headers);
        assert!(!format!("{headers:?}").contains("very-secret"));
        assert!(!key.owner.contains("very-secret"));
    }

    #[test]
    fn secrets_are_hidden_in_text() {
        let key = Credentials::api_key("very-secret").expect("a key");
        assert_eq!(key.hide("no such key: very-secret!").as_deref(), Some("no such key: [hidden]!"));
        assert_eq!(key.hide("no such key"), None);
        assert_eq!(key.hide("no such key: very-sec…").as_deref(), Some("no such key: [hidden]"));
        assert_eq!(key.hide("{\"key\": \"very-secre").as_deref(), Some("{\"key\": \"[hidden]"));
        assert_eq!(key.hide("it is very-"), None);
        let token = Credentials::bearer("very-secret").expect("a token");
        assert_eq!(token.hide("very-secret").as_deref(), Some("[hidden]"));
    }

    #[test]
    fn owners_are_told_apart() {
        let key = |text: &str| Credentials::api_key(text).expect("a key");
        assert_eq!(key("one").owner, key("one").owner);
        assert_ne!(key("one").owner, key("two").owner);
        assert_ne!(key("one").owner, Credentials::bearer("one").expect("a token").owner);
        assert_eq!(key("one").with_owner("group 7").owner, key("two").with_owner("group 7").owner);
        assert_eq!(key("one").owner_of(&key("one")), &*key("one").owner);
    }
}
