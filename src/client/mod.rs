//! The client: where calls go, for whom, and how.

mod builder;
mod idempotency;

pub use builder::ClientBuilder;

use crate::call::info::OperationInfo;
use crate::call::{Body, Options, Request};
use crate::transport::limit::RateLimit;
use crate::transport::retry::{RetryBudget, RetryPolicy};
use crate::transport::{Accept, Exchanged, Hosts, Sending, Times, Transport};
#[cfg(feature = "files")]
use crate::transport::{Chunks, Opener};
use crate::{Credentials, Error};
#[cfg(feature = "files")]
use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
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
    times: Patience,
    /// Of requests that send files or forms.
    upload_times: Patience,
    retry: Arc<dyn RetryPolicy>,
    budget: RetryBudget,
    limit: Option<RateLimit>,
    max_response_bytes: usize,
    log_bodies: bool,
    user_agent: http::HeaderValue,
    transport: Arc<dyn Transport>,
}

/// How long calls may take: as the caller has set, or else a default, which an operation of the table
/// may raise.
#[derive(Clone, Copy, Debug)]
struct Patience {
    attempt: Option<Duration>,
    total: Option<Duration>,
    default: Times,
}

impl Patience {
    fn times(&self, operation: Option<&OperationInfo>) -> Times {
        let least = operation.and_then(|operation| operation.attempt_timeout);
        let default = least.map_or(self.default, |least| self.default.with_attempt(least));
        Times { attempt: self.attempt.unwrap_or(default.attempt), total: self.total.unwrap_or(default.total) }
    }
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
        options.timeout.unwrap_or(self.0.times.times(None).total)
    }

    /// Sends a request that may be no operation of the table.
    pub(crate) async fn exchange(
        &self,
        operation: Option<&'static OperationInfo>,
        request: http::Request<Body>,
        options: &Options,
        accept: Accept<'_>,
    ) -> Exchanged {
        self.send(Way { transport: &*self.0.transport, is_open: false }, operation, request, options, accept)
            .await
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
        let idle = options.attempt_timeout.unwrap_or(self.0.times.times(operation).attempt);
        let way = Way { transport: &opener, is_open: true };
        let reply = self.send(way, operation, request, options, &mut |_| Ok(())).await?;
        let nothing = || -> Chunks { Box::pin(futures_util::stream::empty()) };
        Ok((reply, opener.into_chunks().unwrap_or_else(nothing), idle))
    }

    async fn send(
        &self,
        way: Way<'_>,
        operation: Option<&'static OperationInfo>,
        mut request: http::Request<Body>,
        options: &Options,
        accept: Accept<'_>,
    ) -> Exchanged {
        let client = &*self.0;
        let credentials = options.credentials.as_ref().unwrap_or(&client.credentials);
        let is_service = client.hosts.may_have_credential(request.uri());
        let prepared = prepare(&mut request, operation, &client.user_agent);
        prepared.map_err(|error| match operation {
            Some(operation) => error.of(operation),
            None => error.at(request.method(), request.uri().path()),
        })?;
        let times = match request.body().is_upload() {
            true => client.upload_times.times(operation).with_bytes(request.body().length().unwrap_or(0)),
            false => client.times.times(operation),
        };
        let total = options.timeout.unwrap_or(times.total);
        let idempotent = match operation {
            Some(operation) => operation.idempotent || operation.idempotency.is_some(),
            None => request.method().is_idempotent(),
        };
        Sending {
            transport: way.transport,
            operation,
            credentials: (is_service && !options.anonymous).then_some(credentials),
            retry: options.retry.as_deref().unwrap_or(&*client.retry),
            budget: &client.budget,
            limit: client.limit.as_ref(),
            times: Times { attempt: options.attempt_timeout.unwrap_or(times.attempt), total },
            idempotent: options.idempotent.unwrap_or(idempotent),
            is_service,
            is_open: way.is_open,
            max_response_bytes: client.max_response_bytes,
            log_bodies: client.log_bodies,
        }
        .run(request, accept)
        .await
    }
}

/// How a request travels.
struct Way<'a> {
    transport: &'a dyn Transport,
    /// Whether the body of a success is read later.
    is_open: bool,
}

/// Adds what every request carries, typed or not.
fn prepare(
    request: &mut http::Request<Body>,
    operation: Option<&'static OperationInfo>,
    user_agent: &http::HeaderValue,
) -> Result<(), Error> {
    if matches!(request.body(), Body::Form(_)) && request.headers().contains_key(CONTENT_TYPE) {
        return Err(Error::invalid_request(
            "the header `content-type` of a form is set by the client: it holds what separates its parts",
        ));
    }
    request.headers_mut().entry(USER_AGENT).or_insert_with(|| user_agent.clone());
    match operation.and_then(|operation| operation.idempotency) {
        Some(info) => idempotency::add_key(request, &info),
        None => Ok(()),
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
