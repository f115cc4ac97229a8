//! The client: where calls go, for whom, and how.

mod builder;

pub use builder::ClientBuilder;

use crate::call::info::OperationInfo;
use crate::call::{Body, Options, Request};
use crate::transport::limit::RateLimit;
use crate::transport::retry::{RetryBudget, RetryPolicy};
#[cfg(feature = "files")]
use crate::transport::{Chunks, Opener};
use crate::transport::{Exchanged, Hosts, Sending, Times, Transport};
use crate::{Credentials, Error};
#[cfg(feature = "files")]
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// The environment variable of [`Client::from_env`].
const API_KEY_VARIABLE: &str = "ROBLOX_API_KEY";

/// A client of Open Cloud. Cloning it is cheap and shares connections, limits and the retry budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    credentials: Credentials,
    hosts: Hosts,
    times: Times,
    /// Of requests that send files or forms.
    upload_times: Times,
    retry: Arc<dyn RetryPolicy>,
    budget: RetryBudget,
    limit: Option<RateLimit>,
    max_response_bytes: usize,
    log_bodies: bool,
    user_agent: http::HeaderValue,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// A client with this API key and the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// If the key is empty or cannot be sent in a header.
    pub fn new(api_key: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().credentials(Credentials::api_key(api_key)?).build()
    }

    /// A client with the API key of the environment variable `ROBLOX_API_KEY`.
    ///
    /// # Errors
    ///
    /// If the variable is not set, or as [`Client::new`].
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().api_key_from_env()?.build()
    }

    /// Sets up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A request to anything, with this client's credentials, limits, retries and errors: for what
    /// this crate has no method for yet.
    ///
    /// `target` is a path of `apis.roblox.com` (`/cloud/v2/users/1`), or a whole URL. The credential
    /// goes to the hosts of Open Cloud only, so a URL of another host (a presigned upload, a CDN) is
    /// called without. Put ids into paths with [`path_segment`](crate::call::path_segment). If the
    /// request is one of the operations of this crate, that operation's limits and retry rules hold.
    pub fn request(&self, method: http::Method, target: impl Into<String>) -> Request {
        Request::new(self.clone(), method, target.into())
    }

    /// What this client's API key may do, and what is wrong with it.
    pub fn api_key(&self) -> crate::api_key::ApiKey {
        crate::api_key::ApiKey::new(self.clone())
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    /// Whether a call is made with an OAuth 2.0 token, whose limits are its own, as far as is known
    /// before a provider is asked.
    pub(crate) fn may_be_bearer(&self, options: &Options) -> bool {
        let credentials = options.credentials.as_ref().unwrap_or(&self.0.credentials);
        credentials.is_bearer() || credentials.is_provider()
    }

    /// The scheme and authority at which a host is reached.
    pub(crate) fn origin(&self, host: &str) -> &str {
        self.0.hosts.origin(host)
    }

    /// The URL at which an absolute URL is reached.
    pub(crate) fn locate(&self, url: &str) -> Result<String, Error> {
        self.0.hosts.locate(url)
    }

    /// How long a call takes at most, waiting and repeating included.
    #[allow(dead_code, reason = "only some areas ask")]
    pub(crate) fn longest_call(&self, options: &Options) -> Duration {
        options.timeout.unwrap_or(self.0.times.total)
    }

    pub(crate) async fn execute(
        &self,
        operation: &'static OperationInfo,
        request: http::Request<Body>,
        options: &Options,
    ) -> Exchanged {
        self.exchange(Some(operation), request, options).await
    }

    /// Sends a request that may be no operation of the table.
    pub(crate) async fn exchange(
        &self,
        operation: Option<&'static OperationInfo>,
        request: http::Request<Body>,
        options: &Options,
    ) -> Exchanged {
        self.send(&*self.0.transport, operation, request, options).await
    }

    /// As [`exchange`](Self::exchange), for an answer whose content is read later: the answer without
    /// it, the content, and how long a piece of it may take.
    #[cfg(feature = "files")]
    pub(crate) async fn open(
        &self,
        operation: Option<&'static OperationInfo>,
        request: http::Request<Body>,
        options: &Options,
        max_bytes: u64,
    ) -> Result<(http::Response<Bytes>, Chunks, Duration), Error> {
        let opener = Opener::new(Arc::clone(&self.0.transport), max_bytes);
        let idle = options.attempt_timeout.unwrap_or(self.0.times.attempt);
        let reply = self.send(&opener, operation, request, options).await?;
        let nothing = || -> Chunks { Box::pin(futures_util::stream::empty()) };
        Ok((reply, opener.into_chunks().unwrap_or_else(nothing), idle))
    }

    async fn send(
        &self,
        transport: &dyn Transport,
        operation: Option<&'static OperationInfo>,
        mut request: http::Request<Body>,
        options: &Options,
    ) -> Exchanged {
        let client = &*self.0;
        let credentials = options.credentials.as_ref().unwrap_or(&client.credentials);
        let may_have_credential = !options.anonymous && client.hosts.may_have_credential(request.uri());
        request.headers_mut().entry(http::header::USER_AGENT).or_insert_with(|| client.user_agent.clone());
        let times = match request.body().is_upload() {
            true => client.upload_times.with_bytes(request.body().length().unwrap_or(0)),
            false => client.times,
        };
        let total = options.timeout.unwrap_or(times.total);
        let idempotent = match operation {
            Some(operation) => operation.idempotent || operation.idempotency.is_some(),
            None => request.method().is_idempotent(),
        };
        Sending {
            transport,
            operation,
            credentials: may_have_credential.then_some(credentials),
            retry: options.retry.as_deref().unwrap_or(&*client.retry),
            budget: &client.budget,
            limit: client.limit.as_ref(),
            times: Times { attempt: options.attempt_timeout.unwrap_or(times.attempt), total },
            idempotent: options.idempotent.unwrap_or(idempotent),
            max_response_bytes: client.max_response_bytes,
            log_bodies: client.log_bodies,
        }
        .run(request)
        .await
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("credentials", &self.0.credentials)
            .field("hosts", &self.0.hosts)
            .field("times", &self.0.times)
            .field("retry", &self.0.retry)
            .field("limit", &self.0.limit)
            .finish_non_exhaustive()
    }
}
