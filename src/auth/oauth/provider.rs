//! Tokens that renew themselves.

use super::app::App;
use super::store::TokenStore;
use super::tokens::TokenSet;
use crate::{Credentials, CredentialsProvider, Error, ErrorKind, Provided};
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long before its end an access token is renewed, unless told otherwise.
const EARLY: Duration = Duration::from_secs(60);

/// How long the store may take. What it was to save is saved by the next renewal.
const STORE_TIME: Duration = Duration::from_secs(30);

/// Access tokens for [`Credentials::provider`], renewed before they end and when they are refused.
///
/// - However many calls need a token at once, there is **one** renewal, and it goes on if the call
///   that began it is dropped.
/// - What a renewal gave is saved in the [`TokenStore`] **before** it is used. If that fails, so do the
///   calls, and the next one begins with saving it: the session is not lost.
/// - If Roblox refuses the refresh token, calls fail with
///   [`AuthorizationRequired`](crate::ErrorKind::AuthorizationRequired) and nothing more is sent until
///   the store holds another ([`replace`](Self::replace), or another process).
/// - If Roblox cannot be reached and the old token is still good, the old token is used.
///
/// Several processes may share a store: what another one has saved is used. If two renew in the same
/// moment, one of them is refused and takes what the other saved, if it has by then.
///
/// ```no_run
/// use opencloud::oauth::{App, FileTokenStore, TokenProvider};
/// use opencloud::{Client, Credentials};
///
/// # fn client(app: App) -> Result<Client, opencloud::Error> {
/// let provider = TokenProvider::new(app, FileTokenStore::new("tokens.json"));
/// let client = Client::builder().credentials(Credentials::provider(provider)).build()?;
/// # Ok(client)
/// # }
/// ```
///
/// It needs a tokio runtime.
#[derive(Clone)]
pub struct TokenProvider(Arc<Inner>);

struct Inner {
    app: App,
    store: Box<dyn TokenStore>,
    state: Mutex<State>,
    /// Held by whoever changes what the store holds.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    early: Duration,
    /// What is used; the store has it.
    current: Option<TokenSet>,
    unsaved: Option<Unsaved>,
    refused: Option<Refused>,
    /// The renewal that is going on.
    renewal: Option<watch::Receiver<Option<Outcome>>>,
}

/// What a renewal gave and the store did not take.
#[derive(Clone)]
struct Unsaved {
    tokens: TokenSet,
    /// The refresh token that it replaces.
    instead_of: Option<String>,
}

/// A refresh token that is worth nothing, and what the service said of it.
struct Refused {
    refresh_token: Option<String>,
    error: Error,
}

type Outcome = Result<TokenSet, Error>;

impl TokenProvider {
    /// Tokens of this app, beginning with those that the store holds.
    pub fn new(app: App, store: impl TokenStore) -> Self {
        Self(Arc::new(Inner {
            app,
            store: Box::new(store),
            state: Mutex::new(State {
                early: EARLY,
                current: None,
                unsaved: None,
                refused: None,
                renewal: None,
            }),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Renews so long before the end; 60 seconds by default.
    #[must_use]
    pub fn renew_before(self, early: Duration) -> Self {
        self.0.lock().early = early;
        self
    }

    /// Puts other tokens in the place of those in the store: after a login.
    ///
    /// # Errors
    ///
    /// If the store fails; nothing has changed then.
    pub async fn replace(&self, tokens: TokenSet) -> Result<(), Error> {
        let _turn = self.0.turn.lock().await;
        self.0.save(&tokens).await?;
        let mut state = self.0.lock();
        state.current = Some(tokens);
        state.unsaved = None;
        state.refused = None;
        Ok(())
    }

    /// Tokens that are good now, renewed if need be.
    ///
    /// # Errors
    ///
    /// As the calls that are made with them: see [`TokenProvider`].
    pub async fn tokens(&self) -> Result<TokenSet, Error> {
        self.obtain(None).await.or_else(|error| self.old(error))
    }

    /// Good tokens, of another access token than the one that was refused.
    async fn obtain(&self, rejected: Option<&Credentials>) -> Outcome {
        let mut joined = false;
        loop {
            let (mut renewal, is_own) = {
                let mut state = self.0.lock();
                if let Some(current) =
                    state.current.as_ref().filter(|tokens| self.0.is_good(tokens, rejected, state.early))
                {
                    return Ok(current.clone());
                }
                match state.renewal.as_ref().filter(|renewal| renewal.has_changed().is_ok()) {
                    Some(renewal) => (renewal.clone(), false),
                    None => (self.begin(&mut state, rejected.cloned()), true),
                }
            };
            let outcome = match renewal.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone(),
                Err(_) => None,
            };
            let outcome = outcome.unwrap_or_else(|| {
                Err(Error::no_credential("the renewal of the access token was broken off".into()))
            });
            // A renewal that others began may have ended with the very token that was refused here.
            let is_rejected =
                outcome.as_ref().is_ok_and(|tokens| rejected.is_some_and(|token| is(tokens, token)));
            if is_own || joined || !is_rejected {
                return outcome;
            }
            joined = true;
        }
    }

    /// Begins a renewal, which does not end with the call that needs it.
    fn begin(&self, state: &mut State, rejected: Option<Credentials>) -> watch::Receiver<Option<Outcome>> {
        let (sender, receiver) = watch::channel(None);
        state.renewal = Some(receiver.clone());
        let inner = self.0.clone();
        tokio::spawn(async move {
            let outcome = inner.renew(rejected.as_ref()).await;
            let mut state = inner.lock();
            state.renewal = None;
            let _ = sender.send(Some(outcome));
        });
        receiver
    }

    /// The old tokens, if the service could not be asked for others and they are still good.
    fn old(&self, error: Error) -> Outcome {
        let is_passing = matches!(
            error.kind(),
            ErrorKind::Connect
                | ErrorKind::Io
                | ErrorKind::Timeout
                | ErrorKind::Service
                | ErrorKind::RateLimited
        );
        let state = self.0.lock();
        match state
            .current
            .as_ref()
            .filter(|_| is_passing)
            .filter(|tokens| !tokens.is_over(self.0.app.clock().now(), Duration::ZERO))
        {
            Some(tokens) => Ok(tokens.clone()),
            None => Err(error),
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, tokens: &TokenSet, rejected: Option<&Credentials>, early: Duration) -> bool {
        let is_rejected = rejected.is_some_and(|rejected| is(tokens, rejected));
        !is_rejected && !tokens.is_over(self.app.clock().now(), early)
    }

    async fn load(&self) -> Result<Option<TokenSet>, Error> {
        bounded(self.store.load()).await
    }

    async fn save(&self, tokens: &TokenSet) -> Result<(), Error> {
        bounded(self.store.save(tokens)).await
    }

    /// The store is asked first: another process may have been here.
    async fn renew(&self, rejected: Option<&Credentials>) -> Outcome {
        let _turn = self.turn.lock().await;
        let Some(mut stored) = self.load().await? else {
            return Err(Error::authorization_required(None, "there are no tokens yet"));
        };
        let unsaved = self.lock().unsaved.clone();
        if let Some(unsaved) = unsaved {
            // Unless someone has logged in since.
            if unsaved.instead_of.as_deref() == stored.refresh_token() {
                self.save(&unsaved.tokens).await?;
                stored = unsaved.tokens;
            }
            self.lock().unsaved = None;
        }
        self.lock().current = Some(stored.clone());
        let early = self.lock().early;
        if self.is_good(&stored, rejected, early) {
            return Ok(stored);
        }
        let known = self.lock().refused.as_ref().and_then(|refused| {
            (refused.refresh_token.as_deref() == stored.refresh_token()).then(|| refused.error.clone())
        });
        if let Some(error) = known {
            return Err(error);
        }
        match self.app.refresh(&stored).await {
            Ok(renewed) => self.keep(renewed, &stored).await,
            Err(error) if error.is_authorization_required() => {
                self.refused(stored, rejected, early, error).await
            }
            Err(error) => Err(error),
        }
    }

    /// Saves what the service gave, and only then uses it.
    async fn keep(&self, renewed: TokenSet, old: &TokenSet) -> Outcome {
        let instead_of = old.refresh_token().map(str::to_owned);
        self.lock().unsaved = Some(Unsaved { tokens: renewed.clone(), instead_of });
        self.save(&renewed).await?;
        let mut state = self.lock();
        state.unsaved = None;
        state.current = Some(renewed.clone());
        Ok(renewed)
    }

    /// A refresh token works once: another process may have used it and saved what it was given.
    async fn refused(
        &self,
        used: TokenSet,
        rejected: Option<&Credentials>,
        early: Duration,
        error: Error,
    ) -> Outcome {
        if let Some(saved) = self.load().await?
            && saved.refresh_token() != used.refresh_token()
            && self.is_good(&saved, rejected, early)
        {
            self.lock().current = Some(saved.clone());
            return Ok(saved);
        }
        let refresh_token = used.refresh_token().map(str::to_owned);
        self.lock().refused = Some(Refused { refresh_token, error: error.clone() });
        Err(error)
    }
}

fn is(tokens: &TokenSet, credentials: &Credentials) -> bool {
    tokens.credentials().is_ok_and(|own| own == *credentials)
}

async fn bounded<T>(
    what: impl Future<Output = Result<T, Box<dyn StdError + Send + Sync>>>,
) -> Result<T, Error> {
    match tokio::time::timeout(STORE_TIME, what).await {
        Ok(outcome) => outcome.map_err(store_failed),
        Err(_) => {
            Err(store_failed(format!("it has not answered for {} seconds", STORE_TIME.as_secs()).into()))
        }
    }
}

fn store_failed(source: Box<dyn StdError + Send + Sync>) -> Error {
    Error::no_credential(format!("the token store failed: {source}").into())
}

impl CredentialsProvider for TokenProvider {
    fn credentials(&self) -> Provided<'_> {
        Box::pin(async { Ok(self.tokens().await?.credentials()?) })
    }

    fn refresh<'a>(&'a self, rejected: &'a Credentials) -> Provided<'a> {
        Box::pin(async { Ok(self.obtain(Some(rejected)).await?.credentials()?) })
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("TokenProvider")
            .field("app", &self.0.app)
            .field("tokens", &state.current)
            .finish_non_exhaustive()
    }
}
