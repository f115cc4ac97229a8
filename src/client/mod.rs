//! The client: its endpoints, credentials and HTTP settings.

mod builder;
mod idempotency;
mod options;

pub use builder::ClientBuilder;
pub(crate) use options::Options;

use crate::body::Body;
use crate::spec::OperationInfo;
#[cfg(feature = "files")]
use crate::transport::Opener;
use crate::transport::limit::RateLimit;
use crate::transport::retry::{RetryBudget, RetryPolicy};
use crate::transport::{Accept, BaseUrl, Exchanged, Hosts, PreparedRequest, RetryLoop, Times, Transport};
use crate::{Credentials, Error};
use http::header::CONTENT_TYPE;
use std::sync::Arc;
use std::time::Duration;

/// The environment variables of [`Client::from_env`].
const API_KEY_VARIABLE: &str = "ROBLOX_API_KEY";
const BASE_URL_VARIABLE: &str = "ROBLOX_API_BASE_URL";

/// A client of Open Cloud. Cloning it is cheap and shares connections, limits and the retry budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    credentials: Credentials,
    hosts: Hosts,
    times: Timeouts,
    /// Of requests that send files or forms.
    upload_times: Timeouts,
    retry: Arc<dyn RetryPolicy>,
    budget: RetryBudget,
    limit: Option<RateLimit>,
    max_response_bytes: usize,
    log_bodies: bool,
    paths_in_errors: bool,
    user_agent: http::HeaderValue,
    transport: Arc<dyn Transport>,
}

/// How long calls may take: as the caller has set, or else a default, which an operation of the table
/// may raise.
#[derive(Clone, Copy, Debug)]
struct Timeouts {
    attempt: Option<Duration>,
    total: Option<Duration>,
    default: Times,
}

impl Timeouts {
    fn times(&self, operation: Option<&OperationInfo>) -> Times {
        let least = operation.and_then(|operation| operation.attempt_timeout);
        let default = least.map_or(self.default, |least| self.default.with_attempt(least));
        Times { attempt: self.attempt.unwrap_or(default.attempt), total: self.total.unwrap_or(default.total) }
    }
}

impl Client {
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.0.credentials
    }

    /// Whether a call is made with an OAuth 2.0 token, whose limits are its own, as far as is known
    /// before a provider is asked.
    pub(crate) fn may_be_bearer(&self, options: &Options) -> bool {
        let credentials = options.credentials.as_ref().unwrap_or(&self.0.credentials);
        credentials.is_bearer() || credentials.is_provider()
    }

    /// Where a host of Open Cloud is reached.
    ///
    /// # Errors
    ///
    /// If the client does not know it.
    pub(crate) fn base(&self, host: &str) -> Result<&BaseUrl, Error> {
        let unknown = || Error::invalid_request(format!("`{host}` is not a host of Open Cloud"));
        self.0.hosts.base(host).ok_or_else(unknown)
    }

    /// Whether a host serves public operations only. It is never given the credential, also where it is reached at
    /// the same URL as the others.
    pub(crate) fn is_public(&self, host: &str) -> bool {
        self.0.hosts.is_public(host)
    }

    /// The URL at which an absolute URL is reached.
    pub(crate) fn locate(&self, url: &str) -> Result<String, Error> {
        self.0.hosts.locate(url)
    }

    /// How long a call takes at most, waiting and repeating included.
    pub(crate) fn longest_call(&self, options: &Options) -> Duration {
        options.timeout.unwrap_or(self.0.times.times(None).total)
    }

    /// How long an attempt of a call takes at most.
    #[cfg(feature = "files")]
    pub(crate) fn longest_attempt(
        &self,
        operation: Option<&'static OperationInfo>,
        options: &Options,
    ) -> Duration {
        options.attempt_timeout.unwrap_or(self.0.times.times(operation).attempt)
    }

    /// What reads a response of success later, in pieces: the transport of [`exchange`](Self::exchange) then.
    #[cfg(feature = "files")]
    pub(crate) fn opener(&self, max_bytes: u64) -> Opener {
        Opener::new(Arc::clone(&self.0.transport), max_bytes)
    }

    /// Sends a request, again where that helps. With an `opener`, the body of a success is read later.
    pub(crate) async fn exchange(
        &self,
        request: &mut PreparedRequest,
        options: &Options,
        opener: Option<&dyn Transport>,
        accept: Accept<'_>,
    ) -> Result<Exchanged, Error> {
        let client = &*self.0;
        let operation = request.operation;
        request.shows_path = client.paths_in_errors;
        let prepared = prepare(&mut request.http, operation);
        prepared.map_err(|error| request.explain(error))?;
        let may_have_credential = client.hosts.may_have_credential(request.http.uri());
        let is_service = may_have_credential || client.hosts.is_service(request.http.uri());
        let is_public = operation.is_some_and(OperationInfo::is_public);
        let body = request.http.body();
        let times = match body.is_upload() {
            true => client.upload_times.times(operation).with_bytes(body.length().unwrap_or(0)),
            false => client.times.times(operation),
        };
        let idempotent = match operation {
            Some(operation) => operation.idempotent || operation.idempotency.is_some(),
            None => request.http.method().is_idempotent(),
        };
        RetryLoop {
            transport: opener.unwrap_or(&*client.transport),
            credentials: (may_have_credential && !is_public && !options.anonymous)
                .then_some(options.credentials.as_ref().unwrap_or(&client.credentials)),
            retry: options.retry.as_deref().unwrap_or(&*client.retry),
            budget: &client.budget,
            limit: client.limit.as_ref(),
            share: options.share,
            times: Times {
                attempt: options.attempt_timeout.unwrap_or(times.attempt),
                total: options.timeout.unwrap_or(times.total),
            },
            idempotent: options.idempotent.unwrap_or(idempotent),
            is_service,
            is_open: opener.is_some(),
            max_response_bytes: client.max_response_bytes,
            log_bodies: client.log_bodies,
            user_agent: &client.user_agent,
        }
        .run(request, accept)
        .await
    }
}

/// Adds what is the same in all attempts.
fn prepare(
    request: &mut http::Request<Body>,
    operation: Option<&'static OperationInfo>,
) -> Result<(), Error> {
    if matches!(request.body(), Body::Form(_)) && request.headers().contains_key(CONTENT_TYPE) {
        return Err(Error::invalid_request(
            "the header `content-type` of a form is set by the client: it holds what separates its parts",
        ));
    }
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
