//! Tokens that several servers share.

use crate::support::{TestServer, dead_after, paused_after, server};
use jiff::Timestamp;
use opencloud::Client;
use opencloud::oauth::{App, TokenProvider, TokenSet, TokenStore};
use opencloud_emulator::Emulator;
use opencloud_redis::{RedisTokenStore, SealingKeys};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

fn keys() -> SealingKeys {
    SealingKeys::new([7; 32])
}

fn tokens(number: u64) -> TokenSet {
    TokenSet::new(format!("SECRET-ACCESS-{number}"), Timestamp::MAX)
        .and_then(|tokens| tokens.with_refresh_token(format!("SECRET-REFRESH-{number}")))
        .expect("tokens")
}

async fn store(server: &TestServer) -> RedisTokenStore {
    RedisTokenStore::new(server.connect().await, keys(), "user 156").lease_time(Duration::from_secs(1))
}

#[tokio::test]
async fn tokens_are_read_by_every_server_and_by_nobody_else() {
    let server = server!();
    let (one, two) = (store(&server).await, store(&server).await);
    assert_eq!(one.load().await.expect("nothing"), None);
    one.save(&tokens(1)).await.expect("saved");
    assert_eq!(two.load().await.expect("tokens"), Some(tokens(1)));
    let content = server.content().await;
    assert!(content.contains("user 156") && !content.contains("SECRET"), "{content}");
    let other = RedisTokenStore::new(server.connect().await, SealingKeys::new([8; 32]), "user 156");
    let error = other.load().await.expect_err("another key").to_string();
    assert!(error.contains("check the keys") && !error.contains("SECRET"), "{error}");
}

#[tokio::test]
async fn tokens_that_were_copied_to_another_user_are_not_read() {
    let server = server!();
    store(&server).await.save(&tokens(1)).await.expect("saved");
    server.command::<()>(&["COPY", "{opencloud:token:user 156}", "{opencloud:token:user 1}"]).await;
    let other = RedisTokenStore::new(server.connect().await, keys(), "user 1");
    let error = other.load().await.expect_err("another record").to_string();
    assert!(error.contains("another record"), "{error}");
}

#[tokio::test]
async fn one_server_has_the_lease_until_it_gives_it_back() {
    let server = server!();
    let (one, two) = (store(&server).await, store(&server).await);
    let lease = one.lease().await.expect("a lease");
    // Three times as long as a lease that is not renewed.
    let waiting = tokio::time::timeout(Duration::from_secs(3), two.lease()).await;
    assert!(waiting.is_err(), "it is renewed in the background");
    drop(lease);
    let _lease = two.lease().await.expect("a lease");
}

#[tokio::test]
async fn the_lease_of_a_server_that_died_runs_out() {
    let server = server!();
    let url = server.url();
    dead_after(async move {
        let server = opencloud_redis::Server::connect(&url).await.expect("a server");
        let store = RedisTokenStore::new(server, keys(), "user 156").lease_time(Duration::from_secs(1));
        store.lease().await.expect("a lease")
    })
    .await;
    let start = Instant::now();
    let _lease = store(&server).await.lease().await.expect("a lease");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// Another server, which has the lease and stands still; it saves when it goes on.
async fn paused_with_lease(server: &TestServer) -> impl Future<Output = Result<(), String>> + use<> {
    let url = server.url();
    let connect = async move {
        let server = opencloud_redis::Server::connect(&url).await.expect("a server");
        let store = RedisTokenStore::new(server, keys(), "user 156").lease_time(Duration::from_secs(1));
        let lease = store.lease().await.expect("a lease");
        (store, lease)
    };
    let (paused, resume) = paused_after(connect, async |(store, _lease)| {
        store.save(&tokens(1)).await.map_err(|error| error.to_string())
    });
    paused.await.expect("it has the lease, and stands still");
    resume
}

#[tokio::test]
async fn a_paused_server_does_not_overwrite_what_a_later_one_saved() {
    let server = server!();
    let two = store(&server).await;
    let resume = paused_with_lease(&server).await;
    let lease = two.lease().await.expect("the lease has run out");
    two.save(&tokens(2)).await.expect("saved");
    let error = resume.await.expect_err("it is refused");
    assert!(error.contains("somebody else has had it since"), "{error}");
    drop(lease);
    assert_eq!(two.load().await.expect("tokens"), Some(tokens(2)));
}

#[tokio::test]
async fn a_paused_server_saves_if_no_later_one_has() {
    let server = server!();
    let two = store(&server).await;
    let resume = paused_with_lease(&server).await;
    let _lease = two.lease().await.expect("the lease has run out");
    resume.await.expect("its tokens are the newest");
    assert_eq!(two.load().await.expect("tokens"), Some(tokens(1)));
}

/// A refresh token works once. Six servers need another token at the same moment: all of them get the same one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_renew_one_authorization_once() {
    let server = server!();
    let emulator = Emulator::start().await.expect("an emulator");
    let url = emulator.base_url().to_owned();
    let client = Client::builder().base_url(&url).api_key("any-key").build().expect("a client");
    let wanted = json!({ "user": 1001, "scopes": ["openid"] });
    let given =
        client.request(http::Method::POST, "/__emulator/oauth/tokens").json(&wanted).await.expect("tokens");
    let text = |name: &str| given[name].as_str().expect("a token").to_owned();
    // Its time is over, as far as these servers know.
    let first = TokenSet::new(text("access_token"), Timestamp::UNIX_EPOCH)
        .and_then(|tokens| tokens.with_refresh_token(text("refresh_token")))
        .expect("tokens");
    store(&server).await.save(&first).await.expect("saved");
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let app = App::builder("1000000000000000001")
            .client_secret("local-client-secret")
            .redirect_uri("https://example.com/callback")
            .client(Client::builder().base_url(&url))
            .issuer(format!("{url}/oauth/"))
            .build()
            .expect("an app");
        let provider = Arc::new(TokenProvider::new(app, store(&server).await));
        tasks.spawn(async move { provider.tokens().await.expect("tokens").access_token().to_owned() });
    }
    let mut got = tasks.join_all().await;
    got.dedup();
    assert_eq!(got.len(), 1, "all have the same");
    assert_ne!(got[0], first.access_token());
    let stored = store(&server).await.load().await.expect("tokens").expect("tokens");
    assert_eq!(stored.access_token(), got[0]);
}
