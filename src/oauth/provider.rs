//! Tokens that renew themselves.

use super::app::App;
use super::responses::{GrantedResources, TokenInfo, UserInfo};
use super::store::{Lease, TokenStore};
use super::tokens::TokenSet;
use crate::transport::backoff::Backoff;
use crate::{Credentials, CredentialsProvider, Error, Provided};
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long before its end an access token is renewed, unless told otherwise.
const EARLY: Duration = Duration::from_secs(60);

/// How long the store may take. What it was to save is saved by the next renewal.
const STORE_TIME: Duration = Duration::from_secs(30);

/// How long another process may hold the lease before a call gives up. Most renewals take about a second. With
/// a store or a service that is at its slowest one takes longer than this: the call fails then, and can be
/// repeated.
const LEASE_TIME: Duration = Duration::from_secs(60);

/// How long, after a refusal, the store is looked at for what another process was given: it may be about to
/// save it.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The pauses between these looks.
const PAUSE: Duration = Duration::from_millis(100);

/// When what could not be saved is saved again, should no call do so before.
const SAVE_AGAIN: Backoff = Backoff {
    initial_delay: Duration::from_secs(1),
    maximum_delay: Duration::from_secs(60),
    multiplier: 2.0,
    jitter: false,
};

/// How often the refresh token of another process may turn out to be used up as well, in one renewal.
const ROUNDS: u32 = 3;

/// How long a call waits for a renewal while the token that is there is still good.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Access tokens for [`Credentials::provider`], renewed before they end and when they are refused.
///
/// - However many calls need a token at once, there is **one** renewal, and it goes on if the call
///   that began it is dropped.
/// - What a renewal gave is saved in the [`TokenStore`] **before** it is used. If that fails, so do the
///   calls, and the next one begins with saving it: the session is not lost. Until it is saved, this process
///   keeps the store's [`lease`](TokenStore::lease), so that no other sends the refresh token that is used up,
///   and tries to save it again after a second and then at growing intervals of up to a minute, as long as the
///   provider lives.
/// - If Roblox gives no other token, refuses the refresh token or takes longer than five seconds, the old
///   token is used until it ends: unless it was refused itself, for such a token is not sent again.
/// - If Roblox refuses the refresh token, calls fail from then on with
///   [`AuthorizationRequired`](crate::ErrorKind::AuthorizationRequired), and no refresh token is sent until
///   the store holds another ([`replace`](Self::replace), or another process).
///
/// Several processes may share a store: what another one has saved is used. They renew one at a time, by
/// the store's [`lease`](TokenStore::lease), and each reads the store again when it has the lease. With a
/// store that has none, two may renew in the same moment; one of them is refused then, looks at the store
/// for two seconds, and takes what the other has saved, unless the service has ended the session for it.
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
    /// How much earlier still, as a part of `early`: drawn for each token, so that processes that share it do
    /// not renew in the same moment.
    spread: f64,
    /// What is used; the store has it.
    current: Option<TokenSet>,
    /// An access token that the service refused, whether its time is over or not.
    rejected: Option<Credentials>,
    unsaved: Option<Unsaved>,
    refused: Option<Refused>,
    /// The renewal that is going on.
    renewal: Option<watch::Receiver<Option<Outcome>>>,
}

/// What a renewal gave and the store has not taken yet.
struct Unsaved {
    tokens: TokenSet,
    /// The refresh token that it replaces.
    instead_of: Option<String>,
    /// Until it is saved, the store holds a refresh token that is used up, and no other process may send it.
    lease: Lease,
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
                spread: draw(),
                current: None,
                rejected: None,
                unsaved: None,
                refused: None,
                renewal: None,
            }),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Renews so long before the end, 60 seconds by default, or up to half as long again, at random; never in
    /// the first half of a token's life.
    #[must_use]
    pub fn renew_before(self, early: Duration) -> Self {
        self.0.lock().early = early;
        self
    }

    /// Puts other tokens in the place of those in the store: after a login. It goes on if the call is dropped.
    ///
    /// # Errors
    ///
    /// If the store fails, or another process holds its lease for a minute: the provider uses what it used
    /// before. A store that has taken longer than 30 seconds may still take the tokens; so call this again.
    pub async fn replace(&self, tokens: TokenSet) -> Result<(), Error> {
        let inner = self.0.clone();
        // A save that is dropped may go on in the store, so the lease must not end with the caller.
        let replaced = tokio::spawn(async move { inner.replace(tokens).await }).await;
        replaced
            .unwrap_or_else(|_| Err(Error::no_credential("the saving of the login was broken off".into())))
    }

    /// Tokens that are good now, renewed if need be.
    ///
    /// # Errors
    ///
    /// As the calls that are made with them: see [`TokenProvider`].
    pub async fn tokens(&self) -> Result<TokenSet, Error> {
        let mut renewal = {
            let mut state = self.0.lock();
            if let Some(current) = state.current.as_ref().filter(|tokens| !self.0.is_due(tokens, &state)) {
                return Ok(current.clone());
            }
            match state.renewal.as_ref().filter(|renewal| renewal.has_changed().is_ok()) {
                Some(renewal) => renewal.clone(),
                None => self.begin(&mut state),
            }
        };
        let is_slow = tokio::time::timeout(WAIT_TIMEOUT, renewal.wait_for(Option::is_some)).await.is_err();
        if is_slow && let Some(current) = self.0.usable() {
            return Ok(current);
        }
        let outcome = match renewal.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        outcome.unwrap_or_else(|| {
            Err(Error::no_credential("the renewal of the access token was broken off".into()))
        })
    }

    /// Who the user is, as [`App::user_info`]; a token that has ended or is refused is renewed.
    ///
    /// # Errors
    ///
    /// As of [`App::user_info`] and of [`tokens`](Self::tokens).
    pub async fn user_info(&self) -> Result<UserInfo, Error> {
        self.0.app.user_info_with(Credentials::provider(self.clone())).await
    }

    /// What the user let the app reach, as [`App::resources`]; a token that has ended is renewed.
    ///
    /// # Errors
    ///
    /// As of [`App::resources`] and of [`tokens`](Self::tokens).
    pub async fn resources(&self) -> Result<GrantedResources, Error> {
        self.0.app.resources(self.tokens().await?.access_token()).await
    }

    /// What Roblox knows of the access token, as [`App::introspect`]; a token that has ended is renewed.
    ///
    /// # Errors
    ///
    /// As of [`App::introspect`] and of [`tokens`](Self::tokens).
    pub async fn introspect(&self) -> Result<TokenInfo, Error> {
        self.0.app.introspect(self.tokens().await?.access_token()).await
    }

    /// Begins a renewal, which does not end with the call that needs it.
    fn begin(&self, state: &mut State) -> watch::Receiver<Option<Outcome>> {
        let (sender, receiver) = watch::channel(None);
        state.renewal = Some(receiver.clone());
        let inner = self.0.clone();
        tokio::spawn(async move {
            let outcome = inner.renew().await;
            let mut state = inner.lock();
            state.renewal = None;
            let _ = sender.send(Some(outcome));
        });
        receiver
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another token is needed than this one, now or soon.
    fn is_due(&self, tokens: &TokenSet, state: &State) -> bool {
        state.has_rejected(tokens) || tokens.is_due(self.app.clock().now(), state.moment())
    }

    /// What is there, if nothing speaks against sending it.
    fn usable(&self) -> Option<TokenSet> {
        let state = self.lock();
        let is_good =
            |tokens: &&TokenSet| !state.has_rejected(tokens) && !tokens.is_over(self.app.clock().now());
        state.current.as_ref().filter(is_good).cloned()
    }

    async fn load(&self) -> Result<Option<TokenSet>, Error> {
        bounded(STORE_TIME, self.store.load(), slow_store).await
    }

    async fn save(&self, tokens: &TokenSet) -> Result<(), Error> {
        bounded(STORE_TIME, self.store.save(tokens), slow_store).await
    }

    async fn lease(&self) -> Result<Lease, Error> {
        bounded(LEASE_TIME, self.store.lease(), lease_taken).await
    }

    /// The store is asked first: another process may have been here. It is asked again with the lease, for
    /// while this one waited another process may have renewed.
    async fn renew(self: &Arc<Self>) -> Outcome {
        let _turn = self.turn.lock().await;
        if let Some((stored, lease)) = self.settled().await? {
            return self.renew_from(stored, lease).await;
        }
        let stored = self.stored().await?;
        if let Some(tokens) = self.take_good(&stored) {
            return Ok(tokens);
        }
        let lease = match self.lease().await {
            Ok(lease) => lease,
            // Who has the lease may have renewed by now.
            Err(error) => {
                let stored = self.stored().await.ok();
                let good = stored.and_then(|stored| self.take_good(&stored));
                return good.or_else(|| self.usable()).ok_or(error);
            }
        };
        let stored = if lease.is_exclusive() { self.stored().await? } else { stored };
        self.renew_from(stored, lease).await
    }

    /// As [`TokenProvider::replace`].
    async fn replace(&self, tokens: TokenSet) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        // What is not saved has the lease already: asked for again, it would never come.
        let is_held = self.lock().unsaved.is_some();
        let _lease = if is_held { None } else { Some(self.lease().await?) };
        self.save(&tokens).await?;
        let mut state = self.lock();
        state.take(tokens);
        state.refused = None;
        let unsaved = state.unsaved.take();
        drop(state);
        // Its lease ends here, and not while the state is locked.
        drop(unsaved);
        Ok(())
    }

    async fn stored(&self) -> Outcome {
        self.load().await?.ok_or_else(no_tokens)
    }

    /// Uses these tokens, if they are good for a while.
    fn take_good(&self, stored: &TokenSet) -> Option<TokenSet> {
        let mut state = self.lock();
        state.take(stored.clone());
        (!self.is_due(stored, &state)).then(|| stored.clone())
    }

    /// Gives the refresh token of these for other tokens, unless they need none.
    async fn renew_from(self: &Arc<Self>, mut stored: TokenSet, lease: Lease) -> Outcome {
        for _ in 0..ROUNDS {
            if let Some(tokens) = self.take_good(&stored) {
                return Ok(tokens);
            }
            let error = match self.known_refusal(&stored) {
                Some(error) => error,
                None => match self.app.refresh(&stored).await {
                    Ok(renewed) => return self.keep(renewed, &stored, lease).await,
                    Err(error) => error,
                },
            };
            if !error.is_authorization_required() {
                return self.usable().ok_or(error);
            }
            match self.successor(&stored, &error).await? {
                Some(saved) => stored = saved,
                None => return self.usable().ok_or(error),
            }
        }
        self.usable().ok_or_else(|| {
            Error::no_credential("other processes use up each refresh token before it is saved".into())
        })
    }

    /// Why a refresh token is worth nothing, if that is known.
    fn known_refusal(&self, stored: &TokenSet) -> Option<Error> {
        let state = self.lock();
        let refused = state.refused.as_ref()?;
        (refused.refresh_token.as_deref() == stored.refresh_token()).then(|| refused.error.clone())
    }

    /// What the store holds, once it holds what the last renewal gave, and the lease that was kept for that;
    /// nothing if that was saved at once.
    async fn settled(&self) -> Result<Option<(TokenSet, Lease)>, Error> {
        let unsaved = {
            let state = self.lock();
            state.unsaved.as_ref().map(|unsaved| (unsaved.tokens.clone(), unsaved.instead_of.clone()))
        };
        let Some((tokens, instead_of)) = unsaved else { return Ok(None) };
        let settled = match self.load().await? {
            // Someone has logged in since, or the store has it after all.
            Some(stored) if stored.refresh_token() != instead_of.as_deref() => stored,
            // A save that failed may have taken the old tokens along.
            _ => {
                self.save(&tokens).await?;
                tokens
            }
        };
        Ok(self.lock().unsaved.take().map(|unsaved| (settled, unsaved.lease)))
    }

    /// Saves what the service gave, and only then uses it. The lease ends when it is saved.
    async fn keep(self: &Arc<Self>, renewed: TokenSet, old: &TokenSet, lease: Lease) -> Outcome {
        let instead_of = old.refresh_token().map(str::to_owned);
        self.lock().unsaved = Some(Unsaved { tokens: renewed.clone(), instead_of, lease });
        if let Err(error) = self.save(&renewed).await {
            tokio::spawn(save_again(Arc::downgrade(self)));
            return Err(error);
        }
        let mut state = self.lock();
        state.take(renewed.clone());
        let saved = state.unsaved.take();
        drop(state);
        // Its lease ends here, and not while the state is locked.
        drop(saved);
        Ok(renewed)
    }

    /// A refresh token works once: another process may have used it, and saved what it was given, or be
    /// about to.
    async fn successor(&self, used: &TokenSet, error: &Error) -> Result<Option<TokenSet>, Error> {
        let refresh_token = used.refresh_token().map(str::to_owned);
        let is_news = self.known_refusal(used).is_none();
        // Before anything can fail: it is not sent a second time.
        self.lock().refused = Some(Refused { refresh_token, error: error.clone() });
        let begun = Instant::now();
        loop {
            let saved = self.load().await?.filter(|saved| saved.refresh_token() != used.refresh_token());
            // What was refused before has been waited for before.
            if saved.is_some() || !is_news || begun.elapsed() >= LOOK_AGAIN {
                return Ok(saved);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Saves what could not be saved, so that the lease does not stay with a process that calls nothing more. It ends
/// when the provider does.
async fn save_again(provider: Weak<Inner>) {
    for earlier in 0.. {
        tokio::time::sleep(SAVE_AGAIN.delay(earlier)).await;
        let Some(inner) = provider.upgrade() else { return };
        let _turn = inner.turn.lock().await;
        match inner.settled().await {
            Ok(Some((stored, _lease))) => return inner.lock().take(stored),
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

/// A part of one half, at random.
fn draw() -> f64 {
    fastrand::f64() / 2.0
}

fn no_tokens() -> Error {
    Error::authorization_required(None, "there are no tokens yet")
}

impl State {
    /// Uses these from now on.
    fn take(&mut self, tokens: TokenSet) {
        if self.current.as_ref() != Some(&tokens) {
            self.spread = draw();
        }
        self.current = Some(tokens);
    }

    /// How long before its end a token is renewed.
    fn moment(&self) -> Duration {
        self.early.saturating_add(
            Duration::try_from_secs_f64(self.early.as_secs_f64() * self.spread).unwrap_or_default(),
        )
    }

    fn has_rejected(&self, tokens: &TokenSet) -> bool {
        self.rejected.as_ref().is_some_and(|rejected| is(tokens, rejected))
    }

    /// Keeps in mind which token was refused, unless it is an older one than that which is used now.
    fn reject(&mut self, rejected: &Credentials) {
        if self.current.as_ref().is_none_or(|current| is(current, rejected)) {
            self.rejected = Some(rejected.clone());
        }
    }
}

fn is(tokens: &TokenSet, credentials: &Credentials) -> bool {
    tokens.credentials().is_ok_and(|own| own == *credentials)
}

async fn bounded<T>(
    time: Duration,
    what: impl Future<Output = Result<T, Box<dyn StdError + Send + Sync>>>,
    late: fn(Duration) -> Error,
) -> Result<T, Error> {
    match tokio::time::timeout(time, what).await {
        Ok(outcome) => outcome.map_err(store_failed),
        Err(_) => Err(late(time)),
    }
}

fn slow_store(time: Duration) -> Error {
    store_failed(format!("it has not responded for {} seconds", time.as_secs()).into())
}

fn lease_taken(time: Duration) -> Error {
    let seconds = time.as_secs();
    Error::no_credential(
        format!("another process has held the lease of the token store for {seconds} seconds").into(),
    )
}

fn store_failed(source: Box<dyn StdError + Send + Sync>) -> Error {
    Error::no_credential(format!("the token store failed: {source}").into())
}

impl CredentialsProvider for TokenProvider {
    fn credentials(&self) -> Provided<'_> {
        Box::pin(async { Ok(self.tokens().await?.credentials()?) })
    }

    fn refresh<'a>(&'a self, rejected: &'a Credentials) -> Provided<'a> {
        Box::pin(async {
            self.0.lock().reject(rejected);
            let tokens = self.tokens().await?;
            // A renewal that was about to end may have ended with the very token that was refused here.
            // One that began later does not.
            let tokens = if is(&tokens, rejected) { self.tokens().await? } else { tokens };
            Ok(tokens.credentials()?)
        })
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
