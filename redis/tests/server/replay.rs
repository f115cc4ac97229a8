//! Webhooks that several servers receive.

use crate::support::server;
use opencloud::webhook::{Claim, ReplayGuard};
use opencloud_redis::{RedisReplayGuard, Server};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test]
async fn one_of_several_servers_claims_a_notification() {
    let server = server!();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let guard = RedisReplayGuard::new(server.connect().await);
        tasks.spawn(async move { guard.claim("an id").await.expect("a claim") });
    }
    let claims = tasks.join_all().await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::New).count(), 1, "{claims:?}");
}

#[tokio::test]
async fn a_claim_is_given_back_by_the_server_that_has_it() {
    let server = server!();
    let [one, two] = [server.connect().await, server.connect().await].map(RedisReplayGuard::new);
    assert_eq!(one.claim("an id").await.expect("a claim"), Claim::New);
    two.release("an id").await.expect("nothing is given back");
    assert_eq!(two.claim("an id").await.expect("a claim"), Claim::Seen);
    one.release("an id").await.expect("given back");
    assert_eq!(two.claim("an id").await.expect("a claim"), Claim::New);
}

#[tokio::test]
async fn a_claim_ends_by_itself_and_not_before_its_signature() {
    let server = server!();
    let guard = RedisReplayGuard::new(server.connect().await).retention(Duration::from_secs(1));
    guard.claim(&"long".repeat(10_000)).await.expect("an id of any length");
    let keys: Vec<String> = server.command(&["KEYS", "*seen*"]).await;
    assert!(keys.len() == 1 && keys[0].len() < 100, "{keys:?}");
    let left: i64 = server.command(&["TTL", &keys[0]]).await;
    assert!((600..=660).contains(&left), "{left}");
}

#[tokio::test]
async fn without_the_server_claims_fail_or_are_remembered_here() {
    let away = || {
        Server::builder("redis://127.0.0.1:1").and_then(|builder| builder.connect_lazily()).expect("later")
    };
    let error = RedisReplayGuard::new(away()).claim("an id").await.expect_err("no server").to_string();
    assert!(error.contains("127.0.0.1:1/0"), "{error}");
    let local = RedisReplayGuard::new(away()).locally_when_away();
    assert_eq!(local.claim("an id").await.expect("a claim"), Claim::New);
    assert_eq!(local.claim("an id").await.expect("a claim"), Claim::Seen);
    local.release("an id").await.expect("given back");
    assert_eq!(local.claim("an id").await.expect("a claim"), Claim::New);
}
