//! A running emulator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::areas::messaging::model::Message;
use crate::faults::FaultError;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::inner::traffic::Recorded;
use crate::server::handle::StateHandle;
use crate::wire::WireResponse;

/// As long as a duration of the API may be.
const MAX_ADVANCE: u64 = 315_576_000_000;

/// A running local Open Cloud. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    pub(super) base_url: String,
    pub(super) address: SocketAddr,
    pub(crate) inner: Arc<Inner>,
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) thread: Option<JoinHandle<()>>,
}

impl Emulator {
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

    /// The faults in force that no request has matched so far, as they were written: most likely their route names
    /// another operation than the one that is called. They are also told on standard error when the emulator stops.
    pub fn unmatched_faults(&self) -> Vec<String> {
        let rules = self.inner.faults.all().into_iter();
        rules.filter(|rule| rule.matched == 0).map(|rule| rule.fault.to_string()).collect()
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Moves the emulator's time ahead, at most ten thousand years: what expires does so, and rate limits begin anew.
    pub fn advance(&self, by: Duration) {
        let by = by.min(Duration::from_secs(MAX_ADVANCE));
        let body = format!("{{\"advance\":\"{}.{:09}s\"}}", by.as_secs(), by.subsec_nanos());
        self.state().tell(Method::POST, "/__emulator/clock", body);
    }

    /// An access token of OAuth 2.0, as an app has it after this user has allowed these scopes for everything. None, if
    /// there is no such user or scope.
    ///
    /// ```no_run
    /// # async fn run() -> std::io::Result<()> {
    /// let emulator = opencloud_emulator::Emulator::start().await?;
    /// let token = emulator.access_token(1001, ["openid", "group:read"]).expect("a user");
    /// # Ok(())
    /// # }
    /// ```
    pub fn access_token<S: Into<String>>(
        &self,
        user: u64,
        scopes: impl IntoIterator<Item = S>,
    ) -> Option<String> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        let wanted = json!({ "user": user, "scopes": scopes });
        let WireResponse::Response(response) =
            self.state().tell(Method::POST, "/__emulator/oauth/tokens", wanted.to_string())?
        else {
            return None;
        };
        let given: Value = serde_json::from_str(&response.body().text()).ok()?;
        given["access_token"].as_str().map(str::to_owned)
    }

    /// From now on this user allows everything that apps ask for, without a page; with `None` a person decides again.
    pub fn approve_as(&self, user: Option<u64>) {
        let decision = user.map(|user| json!({ "approve": { "user": user } }));
        let settings = json!({ "decision": decision }).to_string();
        self.state().tell(Method::PUT, "/__emulator/oauth/settings", settings);
    }

    /// Responds to a request without a connection, on the runtime and the clock of the caller: what a fault lets it
    /// wait, it waits there. None, if there is no whole response.
    pub async fn respond(&self, request: http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let (parts, body) = request.into_parts();
        let request = Incoming::local(parts.method, parts.uri, parts.headers, body);
        match self.inner.respond(request).await {
            WireResponse::Response(response) => {
                let (parts, body) = response.into_parts();
                Some(http::Response::from_parts(parts, body.whole()?))
            }
            WireResponse::Reset | WireResponse::Close | WireResponse::Refused => None,
        }
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
            for fault in self.unmatched_faults() {
                eprintln!(
                    "opencloud-emulator: no request matched the fault `{fault}`; \
                     /__emulator/requests shows the operation of each request"
                );
            }
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
