//! What several tests need.

#![allow(dead_code)]

use opencloud::body::File;
use opencloud::retry::Retry;
use opencloud::testing::Script;
use opencloud::types::{Asset, DataStoreEntry, Universe};
use opencloud::{Client, ClientBuilder, Error};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// The key of every test client; no output may contain it.
pub(crate) const KEY: &str = "SECRET-KEY-0123456789";

/// One call of each kind that is retried differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    GetWithEffects,
    Patch,
    Post,
    Upload,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Get, Self::GetWithEffects, Self::Patch, Self::Post, Self::Upload];

    /// Whether sending it twice has the effect of sending it once.
    pub(crate) fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Patch)
    }

    /// Whether it changes anything.
    pub(crate) fn has_effects(self) -> bool {
        self != Self::Get
    }

    pub(crate) fn send(self, client: &Client) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
        macro_rules! sent {
            ($call:expr) => {{
                let call = $call;
                Box::pin(async move { call.await.map(drop) })
            }};
        }
        match self {
            Self::Get => sent!(client.users().get(1)),
            Self::GetWithEffects => sent!(client.memory_stores().read_queue_items(1, "queue")),
            Self::Patch => sent!(client.universes().update(1, Universe::new())),
            Self::Post => {
                sent!(client.data_stores().create_entry(1, "store", "entry", DataStoreEntry::new()))
            }
            Self::Upload => sent!(client.assets().create(Asset::new(), File::new("content").name("a.png"))),
        }
    }
}

/// A builder whose waits are not random.
pub(crate) fn steady(builder: ClientBuilder) -> ClientBuilder {
    builder.retry(Retry::standard().jitter(false))
}

/// A client of a script, with the key that no output may contain.
pub(crate) fn scripted(script: &Script) -> Client {
    steady(Client::builder().api_key(KEY).transport(script.clone())).build().expect("a client")
}

/// What a client of the user's own is built with. With the feature `rustls`, and without a choice of the
/// application's, `reqwest` asks whose cryptography to use.
pub(crate) fn own_http_client() -> reqwest::ClientBuilder {
    #[cfg(feature = "rustls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// How long something takes on the paused clock.
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (future.await, start.elapsed())
}
