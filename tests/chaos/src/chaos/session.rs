//! The authorization that all workers share, by a token file, and what is known when it ends.

use super::ledger::{Entry, Ledger, SessionEvent};
use super::world::{World, client, settings};
use crate::Outcome;
use jiff::Timestamp;
use opencloud::body::Body;
use opencloud::oauth::{App, FileTokenStore, TokenProvider, TokenSet, TokenStore};
use opencloud::{Client, Credentials, Error};
use opencloud::{Exchange, Transport};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an access token lasts, in seconds of the emulator's time.
pub(crate) const LIFETIME: i64 = 900;

/// The part of token requests that are never sent, and of responses that are dropped.
const NOT_SENT: f64 = 0.2;
const DROPPED: f64 = 0.1;

/// Who the calls are made as.
pub(crate) const USER: u64 = 1001;

const SCOPE: &str = "user.advanced:read";

/// A worker's part of the session.
pub(crate) struct Session {
    /// Makes calls as the user.
    pub(crate) client: Client,
    provider: TokenProvider,
    store: FileTokenStore,
    ledger: Arc<Ledger>,
    clock: Clock,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// The emulator's time, as it was when it was last asked. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    fn now(&self) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    async fn follow(&self, client: &Client) -> Outcome<()> {
        let call = client.request(http::Method::GET, "/__emulator/clock").send();
        let told = call.await.map_err(|error| error.to_string())?;
        let time: Option<Timestamp> = told["time"].as_str().and_then(|time| time.parse().ok());
        let time = time.ok_or("the emulator does not tell its time")?;
        self.0.store(time.duration_since(Timestamp::now()).as_secs(), Ordering::Relaxed);
        Ok(())
    }
}

impl Session {
    pub(crate) fn open(base_url: &str, path: &Path, ledger: Arc<Ledger>, seed: u64) -> Outcome<Self> {
        let clock = Clock::default();
        let (times, events) = (clock.clone(), ledger.clone());
        let random = Mutex::new(fastrand::Rng::with_seed(seed));
        let client = settings(base_url).wrap_transport(|inner| Unreliable { inner, random, ledger: events });
        let app = App::builder("1000000000000000001")
            .client_secret("local-client-secret")
            .redirect_uri("https://example.com/callback")
            .client(client)
            .issuer(format!("{base_url}/oauth/"))
            .clock(move || times.now())
            .build()
            .map_err(|error| error.to_string())?;
        let store = FileTokenStore::new(path);
        let provider = TokenProvider::new(app, store.clone());
        let client = settings(base_url).credentials(Credentials::provider(provider.clone()));
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { client, provider, store, ledger, clock })
    }

    /// Keeps the clock with the emulator's, for as long as it is polled.
    pub(crate) async fn follow_clock(&self, client: &Client) {
        loop {
            // While the emulator is down, its time goes on as the real one does.
            let _ = self.clock.follow(client).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// What the store holds now.
    pub(crate) async fn stored(&self) -> Outcome<TokenSet> {
        stored(&self.store).await
    }

    /// Says why a caller was told to log in again, and logs in again. `before` is what the store held before the call.
    pub(crate) async fn explain(&self, world: &World, before: &TokenSet) -> Outcome<()> {
        // Nobody renews meanwhile.
        let _lease = self.store.lease().await.map_err(|error| error.to_string())?;
        let now = stored(&self.store).await?;
        let old = TokenState::of(world, before).await?;
        let new = TokenState::of(world, &now).await?;
        let is_replaced = now.refresh_token() != before.refresh_token();
        if let Some(event) = judged(is_replaced, &old, &new) {
            self.ledger.write(&Entry::Session(event));
        }
        if is_replaced {
            return Ok(());
        }
        let tokens = granted(&world.client).await?;
        self.store.save(&tokens).await.map_err(|error| error.to_string())
    }
}

/// What the end of a session was; nothing if it is reported by who has logged in since.
fn judged(is_replaced: bool, old: &TokenState, new: &TokenState) -> Option<SessionEvent> {
    let lost = |reason: &str| Some(SessionEvent::Lost { reason: reason.to_owned() });
    match (is_replaced, old.used, old.ended) {
        (true, ..) if old.session == new.session && !new.ended => {
            lost("a caller was told to log in again, while another process had renewed the session")
        }
        (true, ..) => None,
        (false, true, _) => Some(SessionEvent::Unrecoverable),
        (false, false, true) => {
            lost("the service ended the session, because an older refresh token was sent again")
        }
        (false, false, false) => {
            lost("a caller was told to log in again, and the stored refresh token is good")
        }
    }
}

/// What the service knows of a refresh token.
#[derive(Debug, PartialEq, Eq)]
struct TokenState {
    session: String,
    used: bool,
    ended: bool,
}

impl TokenState {
    async fn of(world: &World, tokens: &TokenSet) -> Outcome<Self> {
        let refresh_token = tokens.refresh_token().ok_or("the store holds no refresh token")?;
        let sessions = world.state("identity/oauth/sessions/sessions").await?;
        let sessions = sessions.as_object().ok_or("the emulator tells no sessions")?;
        let found = sessions.iter().find_map(|(number, session)| {
            let token = session["tokens"].get(refresh_token)?;
            let is = |value: &Value| value.as_bool().unwrap_or(false);
            Some(Self { session: number.clone(), used: is(&token["used"]), ended: is(&session["ended"]) })
        });
        found.ok_or_else(|| "the emulator does not know the stored refresh token".to_owned())
    }
}

async fn stored(store: &FileTokenStore) -> Outcome<TokenSet> {
    let stored = store.load().await.map_err(|error| error.to_string())?;
    stored.ok_or_else(|| "the token file is gone".to_owned())
}

/// Logs in for the first time.
pub(crate) async fn log_in(base_url: &str, path: &Path) -> Outcome<()> {
    let tokens = granted(&client(base_url)?).await?;
    FileTokenStore::new(path).save(&tokens).await.map_err(|error| error.to_string())
}

/// Tokens of a new session, without a browser.
async fn granted(client: &Client) -> Outcome<TokenSet> {
    let wanted = json!({ "user": USER, "scopes": [SCOPE] });
    let call = client.request(http::Method::POST, "/__emulator/oauth/tokens").json(&wanted).send();
    let given = call.await.map_err(|error| error.to_string())?;
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    // Whatever the emulator's time is: the first call renews.
    let tokens = TokenSet::new(text("access_token"), Timestamp::now());
    tokens
        .and_then(|tokens| tokens.with_refresh_token(text("refresh_token")))
        .map_err(|error| error.to_string())
}

/// A transport that does not always deliver. The emulator plays no faults at the endpoints of OAuth.
struct Unreliable {
    inner: Arc<dyn Transport>,
    random: Mutex<fastrand::Rng>,
    ledger: Arc<Ledger>,
}

impl Transport for Unreliable {
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        let draw = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        Box::pin(async move {
            if draw < NOT_SENT {
                return Err(Error::not_sent("the run did not send it"));
            }
            let response = self.inner.exchange(request, max_response_bytes).await?;
            if response.status().is_success() {
                if draw > 1.0 - DROPPED {
                    self.ledger.write(&Entry::Session(SessionEvent::ResponseDropped));
                    return Err(Error::interrupted("the run dropped the response"));
                }
                self.ledger.write(&Entry::Session(SessionEvent::Renewed));
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_state(session: &str, used: bool, ended: bool) -> TokenState {
        TokenState { session: session.to_owned(), used, ended }
    }

    #[test]
    fn the_end_of_a_session_is_the_sdks_unless_tokens_never_arrived() {
        let is_lost = |event| matches!(event, Some(SessionEvent::Lost { .. }));
        let stays = |old| judged(false, &old, &token_state("1", false, false));
        assert_eq!(stays(token_state("1", true, true)), Some(SessionEvent::Unrecoverable));
        assert_eq!(stays(token_state("1", true, false)), Some(SessionEvent::Unrecoverable));
        assert!(is_lost(stays(token_state("1", false, true))));
        assert!(is_lost(stays(token_state("1", false, false))));

        let replaced = |new| judged(true, &token_state("1", true, false), &new);
        assert!(is_lost(replaced(token_state("1", false, false))), "renewed, and told to log in");
        assert_eq!(replaced(token_state("2", false, false)), None, "another worker has logged in");
        assert_eq!(replaced(token_state("1", false, true)), None, "it is reported when it is used next");
    }
}
