//! What becomes of all of it when the server goes away, comes back, or cannot write.

use crate::support::{TestServer, server, until};
use opencloud::limit::{Quota, RateLimitStore};
use opencloud::oauth::{TokenSet, TokenStore};
use opencloud::webhook::{Claim, ReplayGuard};
use opencloud_redis::{RedisCheckpoints, RedisRateLimit, RedisReplayGuard, RedisTokenStore, SealingKeys};
use std::time::{Duration, Instant};

fn checkpoints(server: &opencloud_redis::Server) -> RedisCheckpoints {
    RedisCheckpoints::new(server.clone(), SealingKeys::new([7; 32])).lease_time(Duration::from_secs(20))
}

/// A server that writes each change to its disk before it responds.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

fn durable() -> Option<TestServer> {
    TestServer::start(&DURABLE)
}

#[tokio::test]
async fn calls_fail_while_the_server_is_away_and_go_on_when_it_is_back() {
    let mut server = server!();
    let (limit, quotas) = (RedisRateLimit::new(server.connect().await), [Quota::new("a", 1000, 60)]);
    limit.acquire(&quotas).await.expect("a permit");
    server.kill();
    until("calls fail", async || limit.acquire(&quotas).await.is_err()).await;
    let start = Instant::now();
    let error = limit.acquire(&quotas).await.expect_err("no server");
    assert!(start.elapsed() < Duration::from_secs(5), "at once: {:?}", start.elapsed());
    assert!(error.is_connect() && error.to_string().contains(&server.port().to_string()), "{error}");
    server.restart();
    until("calls go on", async || limit.acquire(&quotas).await.is_ok()).await;
}

#[tokio::test]
async fn calls_go_on_with_a_part_of_the_limit_while_the_server_is_away() {
    let mut server = server!();
    let limit = RedisRateLimit::new(server.connect().await).locally_when_away(0.5).expect("a part");
    let quotas = [Quota::new("a", 8, 60)];
    limit.acquire(&quotas).await.expect("a permit");
    server.kill();
    // With the one before there are four: a half of the limit.
    for _ in 0..3 {
        limit.acquire(&quotas).await.expect("a permit");
    }
    let fifth = tokio::time::timeout(Duration::from_secs(3), limit.acquire(&quotas)).await;
    assert!(fifth.is_err(), "the part is used up");
    // What was sent meanwhile is counted by the server when it is back, although it has lost everything.
    server.restart();
    assert_eq!(4 + rest_of(&server, &limit, &quotas).await, 8, "and not one more than the limit");
}

#[tokio::test]
async fn what_was_sent_while_the_server_did_not_respond_is_counted_when_it_does() {
    let server = server!();
    let connected =
        server.builder().response_timeout(Duration::from_millis(200)).connect().await.expect("a server");
    let limit = RedisRateLimit::new(connected).locally_when_away(0.5).expect("a part");
    let quotas = [Quota::new("a", 8, 60)];
    limit.acquire(&quotas).await.expect("a permit");
    server.stand_still(true);
    for _ in 0..3 {
        limit.acquire(&quotas).await.expect("a permit");
    }
    server.stand_still(false);
    // The command that was under way may count for a request that was not sent.
    let all = 4 + rest_of(&server, &limit, &quotas).await;
    assert!((7..=8).contains(&all), "{all}");
}

/// How many more requests may be sent, once the server counts again.
async fn rest_of(server: &TestServer, limit: &RedisRateLimit, quotas: &[Quota]) -> usize {
    let mut sent = 0;
    until("the server is back", async || {
        let is_sent = tokio::time::timeout(Duration::from_millis(1500), limit.acquire(quotas)).await.is_ok();
        sent += usize::from(is_sent);
        !is_sent && server.scripts().await > 1 && sent > 0
    })
    .await;
    sent
}

#[tokio::test]
async fn a_server_that_lost_its_data_is_told_what_was_sent() {
    let server = server!();
    let (limit, quotas) = (RedisRateLimit::new(server.connect().await), [Quota::new("a", 5, 60)]);
    for _ in 0..4 {
        limit.acquire(&quotas).await.expect("a permit");
    }
    server.command::<()>(&["FLUSHALL"]).await;
    limit.acquire(&quotas).await.expect("one is left");
    let sixth = tokio::time::timeout(Duration::from_secs(1), limit.acquire(&quotas)).await;
    assert!(sixth.is_err(), "the four before it still count");
}

#[tokio::test]
async fn a_job_outlives_a_server_that_is_killed_and_started_again() {
    let Some(mut server) = durable() else { return };
    let connected = server.connect().await;
    let job = checkpoints(&connected).wait("job").await.expect("a job").expect("not done");
    job.save("half").await.expect("saved");
    server.kill();
    let saved = tokio::spawn(async move {
        job.save("more").await.expect("it is saved when the server is back");
        job
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.restart();
    drop(saved.await.expect("saved"));
    let next = checkpoints(&server.connect().await).wait("job").await.expect("a job").expect("not done");
    assert_eq!(next.saved::<String>().expect("a checkpoint").as_deref(), Some("more"));
}

#[tokio::test]
async fn tokens_outlive_a_server_that_is_killed_and_started_again() {
    let Some(mut server) = durable() else { return };
    let store = RedisTokenStore::new(server.connect().await, SealingKeys::new([7; 32]), "user 156");
    let tokens = |number: u64| {
        let tokens = TokenSet::new(format!("access {number}"), jiff::Timestamp::MAX).expect("tokens");
        tokens.with_refresh_token(format!("refresh {number}")).expect("tokens")
    };
    let lease = store.lease().await.expect("a lease");
    store.save(&tokens(1)).await.expect("saved");
    server.kill();
    store.save(&tokens(2)).await.expect_err("no server");
    server.restart();
    until("the second are saved", async || store.save(&tokens(2)).await.is_ok()).await;
    drop(lease);
    server.kill();
    server.restart();
    let store = RedisTokenStore::new(server.connect().await, SealingKeys::new([7; 32]), "user 156");
    assert_eq!(store.load().await.expect("tokens"), Some(tokens(2)));
}

#[tokio::test]
async fn claims_outlive_a_server_that_is_killed_and_started_again() {
    let Some(mut server) = durable() else { return };
    let guard = RedisReplayGuard::new(server.connect().await);
    assert_eq!(guard.claim("before").await.expect("a claim"), Claim::New);
    server.kill();
    until("claims fail", async || guard.claim("meanwhile").await.is_err()).await;
    server.restart();
    until("claims go on", async || guard.claim("after").await.is_ok()).await;
    assert_eq!(guard.claim("before").await.expect("a claim"), Claim::Seen);
    until("what failed is new", async || {
        guard.claim("meanwhile").await.is_ok_and(|claim| claim == Claim::New)
    })
    .await;
}

/// Nothing that is there is lost, and what is refused says why.
#[tokio::test]
async fn a_server_that_becomes_full_refuses_and_keeps_what_it_has() {
    let server = server!("--maxmemory-policy", "noeviction");
    let connected = server.connect().await;
    let limit = RedisRateLimit::new(connected.clone());
    let local = RedisRateLimit::new(connected.clone()).locally_when_away(0.5).expect("a part");
    let guard = RedisReplayGuard::new(connected.clone());
    let quotas = [Quota::new("a", 1000, 60)];
    limit.acquire(&quotas).await.expect("a permit");
    guard.claim("before").await.expect("a claim");
    let checkpoints = checkpoints(&connected).lease_time(Duration::from_secs(2));
    let job = checkpoints.wait("job").await.expect("a job").expect("not done");
    job.save("half").await.expect("saved");
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let said = [
        limit.acquire(&quotas).await.expect_err("full").to_string(),
        guard.claim("another").await.expect_err("full").to_string(),
        job.save("more").await.expect_err("full").to_string(),
    ];
    for error in said {
        assert!(error.contains("maxmemory") && error.contains(&server.port().to_string()), "{error}");
    }
    local.acquire(&quotas).await.expect("with a part of the limit");
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    drop(job);
    until("claims go on", async || guard.claim("another").await.is_ok()).await;
    assert_eq!(guard.claim("before").await.expect("a claim"), Claim::Seen);
    let job = checkpoints.wait("job").await.expect("a job").expect("not done");
    assert_eq!(job.saved::<String>().expect("a checkpoint").as_deref(), Some("half"));
}

/// As after a failover to which the clients still hold on.
#[tokio::test]
async fn a_server_that_becomes_a_replica_is_named() {
    let server = server!();
    let primary = server!();
    let connected = server.connect().await;
    let limit = RedisRateLimit::new(connected.clone());
    let quotas = [Quota::new("a", 1000, 60)];
    limit.acquire(&quotas).await.expect("a permit");
    server.command::<()>(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await;
    until("it is refused", async || match limit.acquire(&quotas).await {
        Ok(_) => false,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(&server.port().to_string()), "{text}");
            text.contains("read-only replica")
        }
    })
    .await;
    server.command::<()>(&["REPLICAOF", "NO", "ONE"]).await;
    until("calls go on", async || limit.acquire(&quotas).await.is_ok()).await;
}

/// The clock of a client is only used to measure how long something takes.
#[test]
fn no_code_reads_the_time_of_day() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files += 1;
                let text = std::fs::read_to_string(&path).expect("a file");
                for clock in ["SystemTime", "Timestamp::now", "UNIX_EPOCH"] {
                    assert!(!text.contains(clock), "{} reads {clock}", path.display());
                }
            }
        }
    }
    assert!(files > 10);
}
