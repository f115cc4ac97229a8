//! Whatever fails, in whatever order, no session is lost that could be kept.

use super::emulator::Server;
use jiff::SignedDuration;
use opencloud::oauth::{Stored, TokenProvider, TokenSet, TokenStore};
use opencloud::{CredentialsProvider, Error};
use proptest::prelude::*;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What a store does when it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Condition {
    #[default]
    Well,
    /// It cannot be read.
    Closed,
    /// It cannot be written.
    Full,
    Hanging,
    /// It takes what it is given, and says that it has not.
    Lying,
}

#[derive(Debug, Default)]
struct Held {
    condition: Condition,
    latency: Duration,
    /// All that was ever saved; the last of it is what is there.
    saved: Vec<TokenSet>,
}

#[derive(Default)]
struct Store(Mutex<Held>);

impl Store {
    fn holds(&self, tokens: &TokenSet) -> bool {
        self.0.lock().expect("a store").saved.contains(tokens)
    }

    /// How it is, after it has taken its time.
    async fn condition(&self) -> Condition {
        let latency = self.0.lock().expect("a store").latency;
        tokio::time::sleep(latency).await;
        let condition = self.0.lock().expect("a store").condition;
        if condition == Condition::Hanging {
            std::future::pending::<()>().await;
        }
        condition
    }
}

impl TokenStore for Store {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        Box::pin(async {
            match self.condition().await {
                Condition::Closed => Err("it is closed".into()),
                _ => Ok(self.0.lock().expect("a store").saved.last().cloned()),
            }
        })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        Box::pin(async {
            let condition = self.condition().await;
            if condition == Condition::Full {
                return Err("it is full".into());
            }
            self.0.lock().expect("a store").saved.push(tokens.clone());
            match condition {
                Condition::Lying => Err("it is full, it says".into()),
                _ => Ok(()),
            }
        })
    }
}

/// A call, made some time after the others.
#[derive(Clone, Debug)]
struct Call {
    after: Duration,
    /// Its caller gives it up then.
    deadline: Duration,
    /// Roblox refuses the token that it is given first.
    is_refused: bool,
}

/// What happens until all its calls have ended.
#[derive(Clone, Debug)]
struct Stage {
    pause: Duration,
    condition: Condition,
    store_latency: Duration,
    service_latency: Duration,
    service_fails: bool,
    calls: Vec<Call>,
}

fn milliseconds(most: u64) -> impl Strategy<Value = Duration> {
    (0..most).prop_map(Duration::from_millis)
}

fn call() -> impl Strategy<Value = Call> {
    // Half of them wait for whatever comes.
    let deadline = prop_oneof![milliseconds(10_000), Just(Duration::from_secs(600))];
    (milliseconds(3000), deadline, any::<bool>()).prop_map(|(after, deadline, is_refused)| Call {
        after,
        deadline,
        is_refused,
    })
}

fn stage() -> impl Strategy<Value = Stage> {
    let condition = prop_oneof![
        4 => Just(Condition::Well),
        1 => Just(Condition::Closed),
        1 => Just(Condition::Full),
        1 => Just(Condition::Hanging),
        1 => Just(Condition::Lying),
    ];
    let calls = proptest::collection::vec(call(), 0..5);
    let service = (milliseconds(8000), proptest::bool::weighted(0.25));
    (milliseconds(400_000), condition, milliseconds(3000), service, calls).prop_map(
        |(pause, condition, store_latency, (service_latency, service_fails), calls)| Stage {
            pause,
            condition,
            store_latency,
            service_latency,
            service_fails,
            calls,
        },
    )
}

/// The tokens that a call is made with in the end.
async fn tokens(provider: &TokenProvider, is_refused: bool) -> Result<TokenSet, Error> {
    if is_refused && let Ok(given) = provider.credentials().await {
        let _ = provider.refresh(&given).await;
    }
    provider.tokens().await
}

async fn live_through(stages: Vec<Stage>) {
    let server = Server::new();
    let (begun, start) = (Instant::now(), server.now());
    let now = move || start + SignedDuration::try_from(begun.elapsed()).expect("a time");
    let app = server.app_builder().clock(now).build().expect("an app");
    let store = Arc::new(Store::default());
    store.0.lock().expect("a store").saved.push(server.session());
    let provider = TokenProvider::new(app, store.clone());
    for stage in stages {
        tokio::time::sleep(stage.pause).await;
        {
            let mut held = store.0.lock().expect("a store");
            (held.condition, held.latency) = (stage.condition, stage.store_latency);
            let mut facts = server.facts();
            facts.now = now().as_second();
            facts.latency = stage.service_latency;
            // Before it has done anything: a response that is lost takes the session along.
            facts.failures = stage.service_fails.then(|| Some((503, json!({})))).into_iter().collect();
        }
        let calls: Vec<_> = stage
            .calls
            .into_iter()
            .map(|call| {
                let provider = provider.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(call.after).await;
                    tokio::time::timeout(call.deadline, tokens(&provider, call.is_refused)).await
                })
            })
            .collect();
        for call in calls {
            match call.await.expect("a task") {
                Ok(Ok(tokens)) => assert!(store.holds(&tokens), "used before it was saved"),
                Ok(Err(error)) => assert!(!error.is_authorization_required(), "the session is lost: {error}"),
                Err(_) => {}
            }
        }
    }
    (store.0.lock().expect("a store").condition, server.facts().failures) = (Condition::Well, Vec::new());
    // The first may share what a renewal comes to that has begun before.
    let _ = provider.tokens().await;
    provider.tokens().await.expect("the session is there");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_session_is_lost_and_no_token_is_used_before_it_is_saved(
        stages in proptest::collection::vec(stage(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(live_through(stages));
    }
}
