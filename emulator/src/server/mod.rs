//! The emulator itself: listens, checks, answers, remembers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

mod builder;
mod gateway;
mod listener;
mod traffic;

pub use builder::Builder;
pub(crate) use gateway::{API_KEY, Incoming, Inner};
pub use traffic::Recorded;
pub(crate) use traffic::{Entry, Traffic};

/// A running local Open Cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    base_url: String,
    address: SocketAddr,
    inner: Arc<Inner>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A message that was published to the servers of a universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    pub universe: u64,
    pub topic: String,
    pub message: String,
}

impl Emulator {
    /// Starts on a free port of 127.0.0.1, strict, accepting any API key.
    pub async fn start() -> std::io::Result<Emulator> {
        Emulator::builder().start().await
    }

    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. It stands for every host of Open Cloud.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The latest requests, the oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        let traffic = self.inner.traffic.after(0);
        traffic.iter().map(|entry| entry.recorded(self.inner.document)).collect()
    }

    pub fn clear_requests(&self) {
        self.inner.traffic.clear();
    }

    /// The messages that were published to live servers, the oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.inner.state().messages.published.iter().cloned().collect()
    }

    /// Moves the emulator's time ahead.
    pub fn advance(&self, by: Duration) {
        self.inner.state().clock.advance(by);
    }

    /// Stops serving. Connections that are open are cut.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shut_down();
    }
}
