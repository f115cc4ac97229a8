//! What several test binaries need.

#![allow(dead_code, unused_imports, reason = "each binary uses its part")]

mod bounds;
pub(crate) mod direct;
pub(crate) mod h2;
#[cfg(feature = "full")]
mod kinds;
pub(crate) mod script;

pub(crate) use bounds::assert_bounds;
#[cfg(feature = "full")]
pub(crate) use kinds::Kind;

use opencloud::retry::Retry;
use opencloud::testing::Script;
use opencloud::{Client, ClientBuilder};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// The key of every test client; no output may contain it.
pub(crate) const KEY: &str = "SECRET-KEY-0123456789";

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
