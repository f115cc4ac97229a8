//! A node of a cluster refuses commands about keys that need not be on one node.

use crate::support::{server, until};
use opencloud::limit::{Quota, RateLimitStore};
use opencloud::oauth::TokenStore;
use opencloud::webhook::ReplayGuard;
use opencloud_redis::{
    RedisCheckpoints, RedisRateLimit, RedisReplayGuard, RedisSplit, RedisTokenStore, SealingKeys,
};

#[tokio::test]
async fn keys_that_are_used_together_are_on_one_node() {
    let server = server!("--cluster-enabled", "yes");
    let slots: Vec<String> = (0..16_384).map(|slot| slot.to_string()).collect();
    let words: Vec<&str> =
        ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(String::as_str)).collect();
    server.command::<()>(&words).await;
    until("the cluster is up", async || {
        server.command::<String>(&["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
    })
    .await;
    let connected = server.connect().await;
    let keys = SealingKeys::new([7; 32]);

    let limit = RedisRateLimit::new(connected.clone());
    let quotas = [Quota::new("one {a}", 1, 60), Quota::new("another {b}", 10, 60)];
    let permit = limit.acquire(&quotas).await.expect("a permit");
    limit.give_back(&quotas, permit);
    until("it was given back", async || {
        let again = tokio::time::timeout(std::time::Duration::from_millis(300), limit.acquire(&quotas));
        again.await.is_ok_and(|permit| permit.is_ok())
    })
    .await;

    let tokens = RedisTokenStore::new(connected.clone(), keys.clone(), "user {156}");
    let lease = tokens.lease().await.expect("a lease");
    assert_eq!(tokens.load().await.expect("nothing"), None);
    drop(lease);

    let guard = RedisReplayGuard::new(connected.clone());
    guard.claim("{id}").await.expect("a claim");
    guard.release("{id}").await.expect("given back");

    let checkpoints = RedisCheckpoints::new(connected.clone(), keys.clone());
    let job = checkpoints.wait("a {job}").await.expect("a job").expect("not done");
    job.finish("all").await.expect("finished");
    checkpoints.forget("a {job}").await.expect("forgotten");

    let work = RedisSplit::new(connected, keys, "work");
    work.plan(["a", "b"]).await.expect("planned");
    while let Some(part) = work.next().await.expect("a part") {
        part.save("half").await.expect("saved");
        part.finish("all").await.expect("finished");
    }
    assert_eq!(work.results::<String>().await.expect("results").len(), 2);
}
