//! The emulator itself: listens, checks, answers, remembers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::faults::FaultError;

mod builder;
mod dump;
mod gateway;
mod handle;
mod listener;
mod traffic;

pub use builder::Builder;
pub(crate) use gateway::{API_KEY, HERE, Incoming, Inner};
pub use handle::{StateError, StateHandle};
pub use traffic::Recorded;
pub(crate) use traffic::{Entry, Traffic, is_secret};

/// As long as a duration of the API may be.
const MAX_ADVANCE: u64 = 315_576_000_000;

/// A running local Open Cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    base_url: String,
    address: SocketAddr,
    pub(crate) inner: Arc<Inner>,
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

    /// Everything that it remembers.
    pub fn state(&self) -> StateHandle {
        StateHandle { inner: Arc::clone(&self.inner) }
    }

    /// Puts a fault in force, behind those that are; what is written is described at [`Fault`](crate::Fault).
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = opencloud_emulator::Emulator::start().await?;
    /// emulator.fault("users.get=503,count=2")?;
    /// emulator.fault("*=latency:250ms,probability=0.1")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is no fault, or there is no such operation.
    pub fn fault(&self, fault: &str) -> Result<(), FaultError> {
        self.inner.faults.add(self.inner.document, fault.parse()?).map(|_| ())
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Moves the emulator's time ahead, at most ten thousand years: what expires does so, and rate limits begin anew.
    pub fn advance(&self, by: Duration) {
        let by = by.min(Duration::from_secs(MAX_ADVANCE));
        let body = format!("{{\"advance\":\"{}.{:09}s\"}}", by.as_secs(), by.subsec_nanos());
        self.state().tell(Method::POST, "/__emulator/clock", body.into());
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
        if let Some(keeper) = self.inner.keeper() {
            keeper.close();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shut_down();
    }
}
