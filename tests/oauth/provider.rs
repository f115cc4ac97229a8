//! Tokens that renew themselves: once, kept before they are used, and never in a loop.

use super::emulator::Server;
use http::Method;
use opencloud::oauth::{Lease, MemoryTokenStore, Stored, TokenProvider, TokenSet, TokenStore};
use opencloud::{Client, Credentials, Error, ErrorKind};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A store that may fail, and that knows what the service saw before something was saved.
#[derive(Default)]
struct Store {
    tokens: Mutex<Option<TokenSet>>,
    is_broken: AtomicBool,
    is_hanging: AtomicBool,
    saves: AtomicUsize,
    latency: Duration,
}

impl Store {
    fn new(tokens: TokenSet) -> Arc<Self> {
        Arc::new(Self { tokens: Mutex::new(Some(tokens)), ..Self::default() })
    }

    fn held(&self) -> TokenSet {
        self.tokens.lock().expect("a store").clone().expect("tokens")
    }

    fn break_down(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::SeqCst);
    }
}

impl TokenStore for Store {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        Box::pin(async {
            if self.is_hanging.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            Ok(self.tokens.lock().expect("a store").clone())
        })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        Box::pin(async {
            self.saves.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(self.latency).await;
            if self.is_broken.load(Ordering::SeqCst) {
                return Err("the disk is full".into());
            }
            *self.tokens.lock().expect("a store") = Some(tokens.clone());
            Ok(())
        })
    }
}

fn client(server: &Server, provider: &TokenProvider) -> Client {
    server.client().credentials(Credentials::provider(provider.clone())).build().expect("a client")
}

async fn call(client: &Client) -> Result<(), Error> {
    let response = client.request(Method::GET, "/cloud/v2/users/1").await?;
    assert_eq!(response["path"], "users/1");
    Ok(())
}

/// A session whose access token has expired, with its store, provider and client.
fn expired() -> (Server, Arc<Store>, TokenProvider, Client) {
    let server = Server::new();
    let store = Store::new(server.session());
    server.pass(900);
    let provider = TokenProvider::new(server.app(), store.clone());
    let client = client(&server, &provider);
    (server, store, provider, client)
}

async fn all_of(count: usize, client: &Client) -> Vec<Result<(), Error>> {
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("a task"));
    }
    outcomes
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_on_an_expired_token_renew_it_once() {
    let (server, store, _, client) = expired();
    server.facts().latency = Duration::from_millis(300);
    for outcome in all_of(1000, &client).await {
        outcome.expect("a response");
    }
    assert_eq!((server.renewals(), store.saves.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(server.facts().api_requests, 1000, "no call was sent with the old token");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_refused_calls_renew_once() {
    // The token is good by this clock, which stands still, and the service does not take it.
    let server = Server::new();
    let then = server.now();
    let app = server.app_builder().clock(move || then).build().expect("an app");
    let provider = TokenProvider::new(app, Store::new(server.session()));
    server.pass(900);
    server.facts().latency = Duration::from_millis(300);
    for outcome in all_of(1000, &client(&server, &provider)).await {
        outcome.expect("a response");
    }
    assert_eq!(server.renewals(), 1);
    let calls = server.facts().api_requests;
    assert_eq!(calls, 2000, "each call was refused once and sent once more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_too() {
    let (server, store, _, client) = expired();
    for outcome in all_of(1000, &client).await {
        outcome.expect("a response");
    }
    assert_eq!((server.renewals(), store.saves.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_share_a_failure() {
    let (server, _, _, client) = expired();
    server.facts().latency = Duration::from_millis(300);
    server.facts().failures = vec![Some((503, json!({})))];
    let outcomes = all_of(1000, &client).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(error) if error.is_service_failure())));
    assert_eq!(server.renewals(), 1);
    call(&client).await.expect("the next one tries again");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let server = Server::new();
    let provider = TokenProvider::new(server.app(), Store::new(server.session()));
    let client = client(&server, &provider);
    // At a moment between one and a half minutes and one minute before.
    server.pass(899 - 91);
    call(&client).await.expect("a response");
    assert_eq!(server.renewals(), 0);
    server.pass(31);
    call(&client).await.expect("a response");
    assert_eq!(server.renewals(), 1);

    let early =
        TokenProvider::new(server.app(), Store::new(server.session())).renew_before(Duration::from_secs(300));
    server.pass(599);
    early.tokens().await.expect("tokens");
    assert_eq!(server.renewals(), 2);
}

/// So that processes that share a token do not all renew it in the same second.
#[tokio::test(start_paused = true)]
async fn the_moment_of_renewal_is_spread() {
    let mut moments = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let server = Server::new();
        let provider = TokenProvider::new(server.app(), Store::new(server.session()));
        server.pass(899 - 91);
        let mut left = 91;
        while server.renewals() == 0 {
            server.pass(1);
            left -= 1;
            provider.tokens().await.expect("tokens");
        }
        assert!((60..=90).contains(&left), "{left}");
        moments.insert(left);
    }
    assert!(moments.len() > 5, "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_renewed_in_the_first_half_of_its_life() {
    // Longer than any token lasts: as if each of them were to be renewed at once.
    let server = Server::new();
    let day = Duration::from_secs(24 * 60 * 60);
    let provider = TokenProvider::new(server.app(), Store::new(server.session())).renew_before(day);
    server.pass(900);
    for _ in 0..10 {
        provider.tokens().await.expect("tokens");
    }
    assert_eq!(server.renewals(), 1);
    server.pass(449);
    provider.tokens().await.expect("tokens");
    assert_eq!(server.renewals(), 1);
    server.pass(1);
    provider.tokens().await.expect("tokens");
    assert_eq!(server.renewals(), 2);
    // A service whose tokens last less than the minute before whose end they are renewed.
    let (server, _, provider, _) = expired();
    let short = json!({ "access_token": "short", "token_type": "Bearer", "expires_in": 40 });
    server.facts().failures = vec![Some((200, short))];
    for _ in 0..10 {
        provider.tokens().await.expect("tokens");
    }
    assert_eq!(server.renewals(), 1);
    server.pass(20);
    provider.tokens().await.expect("tokens");
    assert_eq!(server.renewals(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_long_for_a_renewal_while_the_token_is_good() {
    let server = Server::new();
    let store = Store::new(server.session());
    let provider = TokenProvider::new(server.app(), store.clone());
    let old = provider.tokens().await.expect("tokens");
    server.pass(870);
    server.facts().latency = Duration::from_secs(20);
    let begun = Instant::now();
    assert_eq!(provider.tokens().await.expect("tokens"), old);
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    // The renewal went on; and where the old token has ended, it is waited for.
    server.pass(29);
    assert_ne!(provider.tokens().await.expect("tokens"), old);
    assert_eq!((begun.elapsed(), server.renewals()), (Duration::from_secs(20), 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_fails_the_call_and_not_the_next() {
    let (server, store, provider, client) = expired();
    store.is_hanging.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    for outcome in all_of(100, &client).await {
        let error = outcome.expect_err("a store that hangs");
        assert!(error.to_string().contains("the token store failed: it has not responded"), "{error}");
    }
    assert_eq!((begun.elapsed(), server.renewals()), (Duration::from_secs(30), 0));
    store.is_hanging.store(false, Ordering::SeqCst);
    call(&client).await.expect("a response");
    // While it saves: what was given is saved by the next call.
    drop(provider);
    let store = Arc::new(Store {
        tokens: Mutex::new(Some(server.session())),
        latency: Duration::from_secs(31),
        ..Store::default()
    });
    let provider = TokenProvider::new(server.app(), store.clone());
    server.pass(900);
    for _ in 0..2 {
        let error = provider.tokens().await.expect_err("it takes too long");
        assert!(error.to_string().contains("it has not responded for 30 seconds"), "{error}");
    }
    // Tried by both calls, and once between them by itself.
    assert_eq!((server.renewals(), store.saves.load(Ordering::SeqCst)), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn a_good_token_is_used_where_no_other_can_be_had() {
    let server = Server::new();
    let provider = TokenProvider::new(server.app(), Store::new(server.session()));
    let client = client(&server, &provider);
    server.pass(870);
    server.facts().failures = vec![Some((503, json!({})))];
    call(&client).await.expect("with the old token");
    server.facts().failures = vec![Some((503, json!({})))];
    server.pass(29);
    assert!(call(&client).await.expect_err("it has ended").is_service_failure());

    // Also if its refresh token is worth nothing, or if there is none.
    let server = Server::new();
    let tokens = server.session();
    server.app().revoke(tokens.refresh_token().expect("a token")).await.expect("revoked");
    let bare = TokenSet::new(tokens.access_token(), tokens.expires_at()).expect("tokens");
    server.pass(870);
    for (tokens, renewals) in [(tokens, 1), (bare, 1)] {
        let provider = TokenProvider::new(server.app(), Store::new(tokens.clone()));
        for _ in 0..3 {
            assert_eq!(provider.tokens().await.expect("the last minute"), tokens);
        }
        assert_eq!(server.renewals(), renewals, "what was refused is not sent again");
        let later = server.now().checked_add(jiff::SignedDuration::from_secs(29)).expect("a time");
        let app = server.app_builder().clock(move || later).build().expect("an app");
        let provider = TokenProvider::new(app, Store::new(tokens));
        assert!(provider.tokens().await.expect_err("ended").is_authorization_required());
        server.facts().token_requests.truncate(1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_was_refused_is_not_sent_again() {
    for failure in [(400, json!({ "error": "invalid_grant" })), (503, json!({}))] {
        // It is good for 15 minutes by every clock, and yet refused.
        let server = Server::new();
        let provider = TokenProvider::new(server.app(), Store::new(server.session()));
        let client = client(&server, &provider);
        server.facts().failures = vec![Some(failure.clone()); 3];
        server.withdraw();
        for _ in 0..3 {
            call(&client).await.expect_err("refused");
        }
        assert_eq!(server.facts().api_requests, 1, "{failure:?}");
        // Another one is.
        server.facts().failures.clear();
        provider.replace(server.session()).await.expect("saved");
        call(&client).await.expect("a response");
        assert_eq!(server.facts().api_requests, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_given_is_saved_before_it_is_used() {
    let (server, store, provider, client) = expired();
    let old = store.held();
    store.break_down(true);
    let error = call(&client).await.expect_err("a full disk");
    assert!(error.to_string().contains("the token store failed: the disk is full"), "{error}");
    assert_eq!(server.facts().api_requests, 0, "nothing was sent with a token that is not kept");
    assert_eq!(store.held(), old, "the old state is kept");

    // The old refresh token is used up. The session is not lost: what was given is saved next time.
    call(&client).await.expect_err("still full");
    store.break_down(false);
    call(&client).await.expect("a response");
    assert_eq!(server.renewals(), 1, "the used-up token was not tried again");
    assert_eq!(store.held(), provider.tokens().await.expect("tokens"));
    assert_ne!(store.held(), old);

    // A store that has lost the old tokens while it failed to take the new ones.
    let (server, store, _, client) = expired();
    store.break_down(true);
    call(&client).await.expect_err("a full disk");
    *store.tokens.lock().expect("a store") = None;
    store.break_down(false);
    call(&client).await.expect("a response");
    assert_eq!(server.renewals(), 1);
    // Someone has logged in since: their session counts.
    let (server, store, provider, client) = expired();
    store.break_down(true);
    call(&client).await.expect_err("a full disk");
    store.break_down(false);
    let other = server.session();
    store.save(&other).await.expect("saved");
    assert_eq!(provider.tokens().await.expect("tokens"), other);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_does_not_take_the_renewal_along() {
    let server = Server::new();
    let store = Arc::new(Store {
        tokens: Mutex::new(Some(server.session())),
        latency: Duration::from_secs(1),
        ..Store::default()
    });
    server.pass(900);
    server.facts().latency = Duration::from_secs(1);
    let provider = TokenProvider::new(server.app(), store.clone());
    let client = client(&server, &provider);
    // It is dropped while the service renews, and another one while the store saves.
    for deadline in [500, 1000] {
        let deadline = Duration::from_millis(deadline);
        tokio::time::timeout(deadline, call(&client)).await.expect_err("it takes two seconds");
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((server.renewals(), store.saves.load(Ordering::SeqCst)), (1, 1));
    call(&client).await.expect("a response");
    assert_eq!(server.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_crash_loses_no_session_that_could_be_kept() {
    // Before the service was asked: the store still has a token that works.
    let (server, store, provider, _) = expired();
    drop(provider);
    let restarted = TokenProvider::new(server.app(), store.clone());
    restarted.tokens().await.expect("tokens");

    // After the service responded and before the store had it: the old access token still works until
    // it ends, and a restarted process uses it.
    let old = store.held();
    server.pass(850);
    store.break_down(true);
    restarted.tokens().await.expect_err("not saved");
    drop(restarted);
    store.break_down(false);
    let restarted = TokenProvider::new(server.app(), store.clone());
    assert_eq!(restarted.tokens().await.expect("tokens"), old);
    // Then the user must come back, and is told so.
    server.pass(49);
    assert!(restarted.tokens().await.expect_err("used up").is_authorization_required());

    // After the store had it: nothing is lost.
    let (server, store, provider, _) = expired();
    let saved = provider.tokens().await.expect("tokens");
    drop(provider);
    let restarted = TokenProvider::new(server.app(), store);
    assert_eq!(restarted.tokens().await.expect("tokens"), saved);
    assert_eq!(server.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_lost_does_not_lose_a_token_that_was_not_used() {
    let (server, store, provider, _) = expired();
    let old = store.held();
    server.facts().failures = vec![Some((503, json!({})))];
    provider.tokens().await.expect_err("a failure");
    assert_eq!(store.held(), old);
    // It failed before the token was used up, so that it still works.
    provider.tokens().await.expect("tokens");

    let (server, _, provider, _) = expired();
    server.facts().failures = vec![None];
    assert_eq!(provider.tokens().await.expect_err("a lost response").kind(), ErrorKind::Io);
    assert!(provider.tokens().await.expect_err("used up").is_authorization_required());
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_ends_in_one_clear_error() {
    let (server, store, provider, client) = expired();
    server.withdraw();
    let error = call(&client).await.expect_err("withdrawn");
    assert_eq!((error.kind(), error.code()), (ErrorKind::AuthorizationRequired, Some("invalid_grant")));
    assert!(error.to_string().contains("authorize the app again"), "{error}");
    for outcome in all_of(100, &client).await {
        assert!(outcome.expect_err("withdrawn").is_authorization_required());
    }
    assert_eq!(server.renewals(), 1, "it is not asked again and again");
    assert_eq!(server.facts().api_requests, 0);

    // The user has logged in again.
    provider.replace(server.session()).await.expect("saved");
    call(&client).await.expect("a response");
    // Or in another process, which shares the store.
    server.withdraw();
    server.pass(900);
    call(&client).await.expect_err("withdrawn");
    store.save(&server.session()).await.expect("saved");
    call(&client).await.expect("a response");
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_token_is_not_sent_again_if_the_store_fails_then() {
    let (server, store, provider, _) = expired();
    server.withdraw();
    server.facts().latency = Duration::from_secs(1);
    let (outcome, ()) = tokio::join!(provider.tokens(), async {
        // While Roblox is asked. The store is asked after it, for what another process may have saved.
        tokio::time::sleep(Duration::from_millis(500)).await;
        store.is_hanging.store(true, Ordering::SeqCst);
    });
    assert!(outcome.expect_err("no store").to_string().contains("the token store failed"));
    store.is_hanging.store(false, Ordering::SeqCst);
    assert!(provider.tokens().await.expect_err("refused").is_authorization_required());
    assert_eq!(server.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_is_withdrawn_ends_after_one_renewal() {
    let server = Server::new();
    let provider = TokenProvider::new(server.app(), Store::new(server.session()));
    let client = client(&server, &provider);
    server.withdraw();
    let error = call(&client).await.expect_err("withdrawn");
    assert!(error.is_authorization_required(), "{error}");
    assert_eq!(server.facts().api_requests, 1);
    assert_eq!(server.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_whose_body_is_not_documented_are_refusals() {
    for (status, body) in [
        (400, json!({ "errors": [{ "code": 0, "message": "bad" }] })),
        (400, json!({})),
        (401, json!({ "error": "invalid_token" })),
    ] {
        let (server, _, provider, _) = expired();
        server.facts().failures = vec![Some((status, body.clone()))];
        assert!(provider.tokens().await.expect_err("refused").is_authorization_required(), "{body}");
    }
    // These are the app's fault: another attempt may help when it is repaired.
    for code in ["invalid_client", "unauthorized_client", "invalid_request"] {
        let (server, _, provider, _) = expired();
        server.facts().failures = vec![Some((400, json!({ "error": code })))];
        assert!(!provider.tokens().await.expect_err(code).is_authorization_required());
        provider.tokens().await.expect("tokens");
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_a_store() {
    let (server, store, one, _) = expired();
    let two = TokenProvider::new(server.app(), store.clone());
    // One after the other: the second takes what the first has saved.
    one.tokens().await.expect("tokens");
    assert_eq!(two.tokens().await.expect("tokens"), store.held());
    assert_eq!(server.renewals(), 1);
    // At once: the service refuses the second, which then takes what the first has saved.
    server.pass(900);
    server.facts().latency = Duration::from_millis(300);
    let (first, second) = tokio::join!(one.tokens(), async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        two.tokens().await
    });
    assert_eq!(first.expect("tokens"), second.expect("tokens"));
    assert_eq!(server.renewals(), 3);
}

/// A store with a lease, which says what it was asked in which order.
struct Leased {
    store: Arc<Store>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl TokenStore for Leased {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        self.store.load()
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        assert!(self.turn.try_lock().is_err(), "saved without the lease");
        self.store.save(tokens)
    }

    fn lease(&self) -> Stored<'_, Lease> {
        Box::pin(async { Ok(Lease::new(self.turn.clone().lock_owned().await)) })
    }
}

#[tokio::test(start_paused = true)]
async fn processes_with_a_lease_renew_one_at_a_time() {
    let (server, store, _, _) = expired();
    server.facts().latency = Duration::from_millis(300);
    let turn = Arc::default();
    let providers: Vec<_> = (0..4)
        .map(|_| TokenProvider::new(server.app(), Leased { store: store.clone(), turn: Arc::clone(&turn) }))
        .collect();
    let all = futures_util::future::join_all(providers.iter().map(TokenProvider::tokens)).await;
    for tokens in all {
        assert_eq!(tokens.expect("tokens"), store.held());
    }
    assert_eq!((server.renewals(), store.saves.load(Ordering::SeqCst)), (1, 1));
    // A login takes its turn as well, so that no renewal overwrites it.
    let login = server.session();
    providers[0].replace(login.clone()).await.expect("saved");
    assert_eq!(store.held(), login);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_never_given_fails_the_call_and_loses_no_session() {
    let (server, store, _, _) = expired();
    let turn = Arc::new(tokio::sync::Mutex::new(()));
    let provider = TokenProvider::new(server.app(), Leased { store: store.clone(), turn: turn.clone() });
    let held = turn.lock().await;
    let error = provider.tokens().await.expect_err("no lease");
    let expected = "another process has held the lease of the token store for 60 seconds";
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!error.is_authorization_required(), "{error}");
    // Whoever had the lease has renewed in the meantime.
    let (waiting, ()) = tokio::join!(provider.tokens(), async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        *store.tokens.lock().expect("a store") = Some(server.session());
    });
    assert_eq!(waiting.expect("what the other has saved"), store.held());
    assert_eq!(server.renewals(), 0);
    drop(held);
    provider.tokens().await.expect("tokens");
}

/// Two processes that share a store with a lease; their access token has expired.
fn two_with_a_lease(
    latency: Duration,
) -> (Server, Arc<Store>, Arc<tokio::sync::Mutex<()>>, [TokenProvider; 2]) {
    let server = Server::new();
    let store = Arc::new(Store { tokens: Mutex::new(Some(server.session())), latency, ..Store::default() });
    server.pass(900);
    let turn = Arc::new(tokio::sync::Mutex::new(()));
    let provider =
        || TokenProvider::new(server.app(), Leased { store: store.clone(), turn: Arc::clone(&turn) });
    let providers = [provider(), provider()];
    (server, store, turn, providers)
}

/// The store still holds a refresh token that is used up: nobody else may send it.
#[tokio::test(start_paused = true)]
async fn a_lease_is_held_until_what_was_given_is_saved() {
    // A save that fails, and one that takes longer than a save may.
    for (is_broken, latency) in [(true, Duration::ZERO), (false, Duration::from_secs(31))] {
        let (server, store, turn, [one, two]) = two_with_a_lease(latency);
        store.break_down(is_broken);
        one.tokens().await.expect_err("it is not saved");
        let error = two.tokens().await.expect_err("the other has the lease");
        assert!(!error.is_authorization_required(), "{error}");
        assert_eq!(server.renewals(), 1, "the used token is not sent by another process");
        store.break_down(false);
        if is_broken {
            // It is saved while the other waits, which then takes it.
            let (waiting, saved) = tokio::join!(two.tokens(), one.tokens());
            assert_eq!(saved.expect("saved"), store.held());
            assert_eq!(waiting.expect("what the first has saved"), store.held());
            assert_eq!(server.renewals(), 1);
        } else {
            // The lease ends with the process, once the save has that is under way.
            drop(one);
            tokio::time::sleep(Duration::from_secs(100)).await;
        }
        assert!(turn.try_lock().is_ok(), "the lease is free again");
    }
}

/// A process that calls nothing more would keep all others from renewing.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_saved_is_saved_though_nobody_calls() {
    let (server, store, turn, [one, two]) = two_with_a_lease(Duration::ZERO);
    store.break_down(true);
    one.tokens().await.expect_err("a full disk");
    tokio::time::sleep(Duration::from_secs(600)).await;
    let saves = store.saves.load(Ordering::SeqCst);
    assert!((10..20).contains(&saves), "at growing intervals of up to a minute: {saves}");
    assert!(turn.try_lock().is_err(), "the lease is kept");
    store.break_down(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(turn.try_lock().is_ok(), "the lease is free again");
    assert_eq!(two.tokens().await.expect("what the first has saved"), store.held());
    assert_eq!(one.tokens().await.expect("tokens"), store.held());
    assert_eq!(server.renewals(), 1);
    // It ends with the provider.
    server.pass(900);
    store.break_down(true);
    one.tokens().await.expect_err("a full disk");
    drop(one);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let saves = store.saves.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(store.saves.load(Ordering::SeqCst), saves);
    assert!(turn.try_lock().is_ok(), "so does the lease");
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_late_and_due_again_is_renewed_with_the_same_lease() {
    let (server, store, turn, [one, two]) = two_with_a_lease(Duration::ZERO);
    store.break_down(true);
    one.tokens().await.expect_err("a full disk");
    server.pass(900);
    store.break_down(false);
    let begun = Instant::now();
    assert_eq!(one.tokens().await.expect("tokens"), store.held());
    assert_eq!((server.renewals(), begun.elapsed()), (2, Duration::ZERO));
    assert!(turn.try_lock().is_ok(), "the lease is free again");
    assert_eq!(two.tokens().await.expect("tokens"), store.held());
    assert_eq!(server.renewals(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_login_uses_the_lease_that_is_held_for_what_is_not_saved() {
    let (server, store, turn, [one, two]) = two_with_a_lease(Duration::ZERO);
    store.break_down(true);
    one.tokens().await.expect_err("a full disk");
    let login = server.session();
    one.replace(login.clone()).await.expect_err("a full disk");
    assert!(turn.try_lock().is_err(), "the login was not saved either");
    store.break_down(false);
    let begun = Instant::now();
    one.replace(login.clone()).await.expect("saved");
    assert_eq!(begun.elapsed(), Duration::ZERO, "it does not wait for its own lease");
    assert!(turn.try_lock().is_ok(), "the lease is free again");
    for provider in [&one, &two] {
        server.pass(1);
        assert_eq!(provider.tokens().await.expect("tokens"), store.held());
    }
    assert_eq!(server.renewals(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_caller_is_gone_is_saved_with_the_lease() {
    let (server, store, turn, [one, _two]) = two_with_a_lease(Duration::from_secs(1));
    let login = server.session();
    let dropped = tokio::time::timeout(Duration::from_millis(500), one.replace(login.clone())).await;
    dropped.expect_err("the save takes a second");
    assert!(turn.try_lock().is_err(), "the save goes on, with the lease");
    drop(turn.lock().await);
    assert_eq!(store.held(), login);
    assert_eq!(one.tokens().await.expect("tokens"), login);
    assert_eq!(server.renewals(), 0);
}

/// Without a lease: the other process is about to save what it was given.
#[tokio::test(start_paused = true)]
async fn a_caller_is_told_to_log_in_only_after_the_store_was_looked_at_for_a_while() {
    let (server, store, provider, _) = expired();
    server.withdraw();
    let other = server.session();
    let (tokens, ()) = tokio::join!(provider.tokens(), async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        *store.tokens.lock().expect("a store") = Some(other.clone());
    });
    assert_eq!(tokens.expect("what the other process has saved"), other);
    assert_eq!(server.renewals(), 1);
}

#[tokio::test]
async fn an_empty_store_asks_for_a_login() {
    let server = Server::new();
    let provider = TokenProvider::new(server.app(), MemoryTokenStore::default());
    let error = provider.tokens().await.expect_err("nothing there");
    assert!(error.is_authorization_required(), "{error}");
    let login = server.login(&server.app()).await.expect("a login");
    provider.replace(login.tokens.clone()).await.expect("saved");
    assert_eq!(provider.tokens().await.expect("tokens"), login.tokens);
}

#[tokio::test]
async fn a_login_that_cannot_be_saved_changes_nothing() {
    let server = Server::new();
    let store = Store::new(server.session());
    let provider = TokenProvider::new(server.app(), store.clone());
    let old = provider.tokens().await.expect("tokens");
    store.break_down(true);
    provider.replace(server.session()).await.expect_err("a full disk");
    assert_eq!(provider.tokens().await.expect("tokens"), old);
    assert!(!format!("{provider:?}").contains(old.access_token()));
}
