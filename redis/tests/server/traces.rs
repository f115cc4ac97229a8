//! What is told to `tracing`.

use crate::support::{server, until};
use opencloud::limit::{Quota, RateLimitStore};
use opencloud_redis::{RedisRateLimit, RedisSplit, SealingKeys};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The text of all events.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("opencloud_redis")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().expect("events").push(fields.0);
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Recorder {
    /// The events so far that hold this. What another test has used first on another thread is settled anew.
    fn with(&self, text: &str) -> Vec<String> {
        tracing::callsite::rebuild_interest_cache();
        self.0.lock().expect("events").iter().filter(|event| event.contains(text)).cloned().collect()
    }
}

#[tokio::test]
async fn it_is_told_once_that_the_server_goes_and_that_it_is_back() {
    let mut server = server!();
    let recorder = Recorder::default();
    let _guard = tracing::subscriber::set_default(recorder.clone());
    let limit = RedisRateLimit::new(server.connect().await).locally_when_away(0.5).expect("a part");
    let quotas = [Quota::new("a", 100_000, 1)];
    for round in 1..=2 {
        server.kill();
        for _ in 0..50 {
            limit.acquire(&quotas).await.expect("a permit");
        }
        server.restart();
        until("it is back", async || {
            limit.acquire(&quotas).await.expect("a permit");
            recorder.with("the Redis server is back").len() >= round
        })
        .await;
    }
    // What another test's thread has seen first may be missing of the first round.
    let gone = recorder.with("the Redis server is away");
    assert!((1..=2).contains(&gone.len()), "{gone:?}");
    for word in ["WARN", "the rate limit", &server.port().to_string(), "a part of each limit"] {
        assert!(gone[0].contains(word), "{word:?} is not in {gone:?}");
    }
    assert!(recorder.with("the Redis server is back")[0].starts_with("INFO"));
}

#[tokio::test]
async fn it_is_told_that_the_server_goes_while_a_job_runs() {
    let recorder = Recorder::default();
    let _guard = tracing::subscriber::set_default(recorder.clone());
    for _ in 0..2 {
        let mut server = server!();
        let work = RedisSplit::new(server.connect().await, SealingKeys::new([7; 32]), "work");
        let work = work.lease_time(Duration::from_secs(1));
        work.plan(["a"]).await.expect("planned");
        let part = work.next().await.expect("a part").expect("not done");
        server.kill();
        part.save("half").await.expect_err("no server");
        drop(part);
        recorder.with("");
    }
    let gone = recorder.with("leases");
    assert!(
        gone.iter().any(|event| event.contains("is away") && event.contains("as long as their leases")),
        "{gone:?}"
    );
}

#[tokio::test]
async fn it_is_told_that_a_lease_was_lost() {
    let server = server!();
    let recorder = Recorder::default();
    let _guard = tracing::subscriber::set_default(recorder.clone());
    let mut found = Vec::new();
    for name in ["one", "two"] {
        let work = RedisSplit::new(server.connect().await, SealingKeys::new([7; 32]), name);
        let work = work.lease_time(Duration::from_secs(1));
        work.plan(["a"]).await.expect("planned");
        let part = work.next().await.expect("a part").expect("not done");
        work.forget().await.expect("forgotten");
        part.lost().await;
        found = recorder.with("the lease was lost");
    }
    assert!(found.last().is_some_and(|event| event.contains("two")), "{found:?}");
}
