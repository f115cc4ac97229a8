use super::{API_KEY_VARIABLE, BASE_URL_VARIABLE, Client, Inner, Timeouts};
use crate::transport::limit::RateLimit;
use crate::transport::retry::{Retry, RetryBudget, RetryPolicy};
use crate::transport::{Hosts, HttpOptions, OnThisMachine, Reqwest, Times, Transport, shown};
use crate::{Credentials, Error};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(120);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(15 * 60);
const UPLOAD_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5 * 60);
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

/// Sets up a [`Client`].
///
/// ```
/// use opencloud::{Client, limit::RateLimit, retry::Retry};
/// use std::time::Duration;
///
/// # fn build() -> Result<(), opencloud::Error> {
/// let client = Client::builder()
///     .api_key("key")
///     .timeout(Duration::from_secs(30))
///     .retry(Retry::standard().attempts(6))
///     .rate_limit(RateLimit::from_spec())
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Connections
///
/// Requests that send files, forms or streams (publishing a place, assets, images, binary inputs) have a
/// connection of their own each, over HTTP/1.1, which is closed afterwards. Roblox's edge drops idle
/// connections without a word, and an upload that is written to one is lost; and over HTTP/2 one dead
/// session would take all uploads along.
///
/// All other requests share connections, over HTTP/2 where the server speaks it. A connection that was
/// idle for 10 seconds is not used again. An HTTP/2 session with requests in flight is pinged every 10
/// seconds, and given up if nothing comes back for 10 seconds. A request that the server says it has not
/// begun (GOAWAY, REFUSED_STREAM) counts as never sent, and is repeated.
///
/// # TLS
///
/// TLS is set up for this client only; nothing is installed for the whole process. With the feature
/// `rustls`, an application's own `reqwest::Client::new()` panics if the application has chosen no TLS for
/// its `reqwest` itself. `rustls::crypto::ring::default_provider().install_default()` at the start of `main`
/// tells it whose cryptography to use.
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    credentials: Option<Credentials>,
    api_key: Option<String>,
    base_url: Option<String>,
    hosts: BTreeMap<String, String>,
    allow_plain_http: bool,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    upload_timeout: Option<Duration>,
    upload_attempt_timeout: Option<Duration>,
    retry: Option<Arc<dyn RetryPolicy>>,
    budget: Option<RetryBudget>,
    limit: Option<RateLimit>,
    max_response_bytes: Option<usize>,
    log_bodies: bool,
    paths_in_errors: bool,
    user_agent: Option<String>,
    transport: Option<Arc<dyn Transport>>,
    wrap: Option<Wrap>,
    http_client: Option<reqwest::Client>,
    upload_http_client: Option<reqwest::Client>,
    http_options: HttpOptions,
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
    /// If `ROBLOX_API_BASE_URL` is set, every host of Open Cloud is reached at that URL: a program then runs against
    /// an emulator or through a proxy unchanged. Plain HTTP is taken only to this machine
    /// (`http://127.0.0.1:8080`), because the key goes there.
    ///
    /// # Errors
    ///
    /// If `ROBLOX_API_KEY` is not set, if the URL is invalid or plain HTTP to another machine, or as
    /// [`Client::new`].
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().api_key_from_env()?.build()
    }

    /// Sets up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

/// Credentials.
impl ClientBuilder {
    /// Makes calls with this API key.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Makes calls with the API key of the environment variable `ROBLOX_API_KEY`, and at the URL of
    /// `ROBLOX_API_BASE_URL` if that is set and no [`base_url`](Self::base_url) was given: who points a program at an
    /// emulator means all of it. A `base_url` that follows wins.
    ///
    /// # Errors
    ///
    /// If `ROBLOX_API_KEY` is not set, or one of them is not Unicode text. An invalid URL is an error of
    /// [`build`](Self::build).
    pub fn api_key_from_env(self) -> Result<Self, Error> {
        let key = variable(API_KEY_VARIABLE)?.ok_or_else(|| {
            Error::configuration(format!(
                "the environment variable {API_KEY_VARIABLE} is not set; it holds the API key"
            ))
        })?;
        let builder = if self.base_url.is_none() { self.base_url_from_env()? } else { self };
        Ok(builder.api_key(key))
    }

    /// Makes calls with these credentials.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }
}

/// Endpoints.
impl ClientBuilder {
    /// Reaches every host of Open Cloud at this URL: a proxy, an emulator, a test server.
    ///
    /// The default is each host's own: `https://apis.roblox.com`, `https://thumbnails.roblox.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Reaches every host of Open Cloud at the URL of the environment variable `ROBLOX_API_BASE_URL`, if it is set and
    /// not empty, for credentials that are not from the environment; see [`base_url`](Self::base_url). Whatever the variable says, plain HTTP to another machine
    /// needs [`allow_plain_http`](Self::allow_plain_http).
    ///
    /// # Errors
    ///
    /// If the variable is not Unicode text. An invalid URL is an error of [`build`](Self::build).
    pub fn base_url_from_env(self) -> Result<Self, Error> {
        match variable(BASE_URL_VARIABLE)?.filter(|url| !url.is_empty()) {
            Some(url) => Ok(self.base_url(url)),
            None => Ok(self),
        }
    }

    /// Reaches one host at this URL: one of Open Cloud (`thumbnails.roblox.com`), which is then given
    /// the credential there, or one that responses point to (a CDN, a host of presigned uploads),
    /// which is given none. A host with a port is written with it.
    pub fn host_url(mut self, host: impl Into<String>, url: impl Into<String>) -> Self {
        self.hosts.insert(host.into(), url.into());
        self
    }

    /// Allows `http://` to a host that is not this machine. The credential then travels in clear.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }
}

/// Timeouts, retries and rate limits.
impl ClientBuilder {
    /// Bounds each call, with all its attempts and waiting, 120 seconds by default; more where an
    /// [attempt](Self::attempt_timeout) may take longer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds each attempt, 30 seconds by default; 120 seconds where the service was seen to take longer
    /// ([`OperationInfo::attempt_timeout`](crate::OperationInfo::attempt_timeout): Luau tasks, changes of
    /// places and universes), whose calls may then take 300 seconds in all.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Bounds each call that sends files (assets, images, places), 15 minutes by default, and two
    /// seconds more for each 256 KiB.
    pub fn upload_timeout(mut self, timeout: Duration) -> Self {
        self.upload_timeout = Some(timeout);
        self
    }

    /// Bounds each attempt of a call that sends files, 5 minutes by default, and a second more for each
    /// 256 KiB.
    pub fn upload_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.upload_attempt_timeout = Some(timeout);
        self
    }

    /// Bounds the making of a connection, 10 seconds by default, and never more than nine tenths of
    /// an attempt: so it is known that nothing was sent. Not with [`http_client`](Self::http_client)
    /// or [`transport`](Self::transport), which have their own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http_options.connect_timeout = Some(timeout);
        self
    }

    /// Decides when a request is sent again, [`Retry::standard`] by default.
    pub fn retry(mut self, policy: impl RetryPolicy) -> Self {
        self.retry = Some(Arc::new(policy));
        self
    }

    /// Bounds the retries of all calls together, by default as [`RetryBudget::default`] says. Several
    /// clients may share one.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Makes requests wait here instead of being refused there; off by default. Several clients may
    /// share one.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// HTTP.
impl ClientBuilder {
    /// The largest response that is read, in bytes; 64 MiB by default.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }

    /// The `user-agent` header; the crate's name and version by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sends through this proxy, an `http`, `https` or `socks5` URL, instead of the one that the
    /// system names. Not with [`http_client`](Self::http_client) or [`transport`](Self::transport).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.http_options.proxy = Some(url.into());
        self
    }

    /// Sends through no proxy, whatever the system says. Not with [`http_client`](Self::http_client)
    /// or [`transport`](Self::transport).
    pub fn no_proxy(mut self) -> Self {
        self.http_options.no_proxy = true;
        self
    }

    /// Shows the JSON bodies of requests and responses to `tracing`, at the level DEBUG, bounded, and
    /// without the values of properties that look like secrets: for finding a fault. They may hold
    /// personal data. Needs the feature `tracing`.
    pub fn log_bodies(mut self, log: bool) -> Self {
        self.log_bodies = log;
        self
    }

    /// Names the path with its ids in the text of errors, instead of the path template: to see which of many calls has
    /// failed. Off by default, because keys and ids can be personal data. `Debug` of an error, and
    /// [`Error::path`], have the path in any case.
    pub fn paths_in_errors(mut self, show: bool) -> Self {
        self.paths_in_errors = show;
        self
    }

    /// Sends with your own `reqwest` client: its TLS, proxy, pool and timeouts. Switch its
    /// redirects off, so that no credential follows one.
    ///
    /// Uploads share its pool, unless there is an [`upload_http_client`](Self::upload_http_client): what
    /// is said above of [connections](Self#connections) then does not hold.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Sends uploads with another `reqwest` client than [`http_client`](Self::http_client), which it goes
    /// with. To have what the client's own gives uploads, build it with
    /// `.http1_only().pool_max_idle_per_host(0)`, and without redirects.
    pub fn upload_http_client(mut self, client: reqwest::Client) -> Self {
        self.upload_http_client = Some(client);
        self
    }

    /// Sends through something else than HTTP, such as a test double.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Puts something around the transport, such as a recorder: it is given what would send, and
    /// every attempt goes through it.
    pub fn wrap_transport<T: Transport>(
        mut self,
        wrap: impl FnOnce(Arc<dyn Transport>) -> T + Send + 'static,
    ) -> Self {
        self.wrap = Some(Box::new(|inner| Arc::new(wrap(inner))));
        self
    }
}

type Wrap = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send>;

impl ClientBuilder {
    /// Builds the client.
    ///
    /// # Errors
    ///
    /// If there is no credential or it cannot be sent in a header, if a URL is not a `http` or `https`
    /// URL, if it is plain `http` to another machine and that was not allowed, if a timeout is zero,
    /// if a setting of the rate limit cannot be, if settings contradict each other, or if TLS cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let credentials = match (self.credentials, self.api_key) {
            (Some(credentials), None) => credentials,
            (None, Some(key)) => Credentials::api_key(key)?,
            (Some(_), Some(_)) => {
                return Err(Error::configuration("give either an API key or credentials, not both"));
            }
            (None, None) => {
                return Err(Error::configuration("no credential: call api_key or credentials"));
            }
        };
        self.limit.as_ref().map_or(Ok(()), RateLimit::check)?;
        let names = crate::operations::ALL
            .iter()
            // An operation may be followed at a route of an area that is not enabled.
            .flat_map(|operation| [Some(*operation), operation.long_running.and_then(|facts| facts.poll)])
            .flatten()
            .map(|operation| (operation.host, !operation.is_public()));
        let hosts = Hosts::new(names, self.base_url.as_deref(), &self.hosts, self.allow_plain_http)?;
        let user_agent = self
            .user_agent
            .unwrap_or_else(|| concat!("opencloud-rust/", env!("CARGO_PKG_VERSION")).to_owned());
        let user_agent = http::HeaderValue::try_from(user_agent)
            .map_err(|_| Error::configuration("the user agent holds what a header cannot carry"))?;
        let call_times = times((self.attempt_timeout, ATTEMPT_TIMEOUT), (self.timeout, TIMEOUT))?;
        let upload_times = times(
            (self.upload_attempt_timeout, UPLOAD_ATTEMPT_TIMEOUT),
            (self.upload_timeout, UPLOAD_TIMEOUT),
        )?;
        let longest_connect = [call_times, upload_times].map(|times| times.times(None).longest_connect());
        let sender = transport(
            self.transport,
            (self.http_client, self.upload_http_client),
            self.http_options,
            &hosts,
            longest_connect[0].min(longest_connect[1]),
        )?;
        let sender = match self.wrap {
            Some(wrap) => wrap(sender),
            None => sender,
        };
        Ok(Client(Arc::new(Inner {
            credentials,
            times: call_times,
            upload_times,
            retry: self.retry.unwrap_or_else(|| Arc::new(Retry::standard())),
            budget: self.budget.unwrap_or_default(),
            limit: self.limit,
            max_response_bytes: self.max_response_bytes.unwrap_or(MAX_RESPONSE_BYTES),
            log_bodies: self.log_bodies,
            paths_in_errors: self.paths_in_errors,
            user_agent,
            transport: sender,
            hosts,
        })))
    }
}

/// The text of an environment variable, if it is set.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::configuration(format!("the environment variable {name} is not Unicode text")))
        }
    }
}

/// Each as set, or else its default.
fn times(
    attempt: (Option<Duration>, Duration),
    total: (Option<Duration>, Duration),
) -> Result<Timeouts, Error> {
    if [attempt.0, total.0].into_iter().flatten().any(|time| time.is_zero()) {
        return Err(Error::configuration("a timeout of zero leaves no time for anything"));
    }
    let default = Times { attempt: attempt.1, total: total.1 };
    Ok(Timeouts { attempt: attempt.0, total: total.0, default })
}

fn transport(
    transport: Option<Arc<dyn Transport>>,
    (client, uploads): (Option<reqwest::Client>, Option<reqwest::Client>),
    mut options: HttpOptions,
    hosts: &Hosts,
    longest_connect: Duration,
) -> Result<Arc<dyn Transport>, Error> {
    if client.is_none() && uploads.is_some() {
        return Err(Error::configuration("upload_http_client goes with http_client; give both"));
    }
    let has_tls = cfg!(any(feature = "rustls", feature = "native-tls"));
    match (transport, client) {
        (Some(_), Some(_)) => {
            Err(Error::configuration("give either a transport or an HTTP client, not both"))
        }
        (Some(_), _) | (_, Some(_)) if !options.is_empty() => Err(Error::configuration(
            "connect_timeout, proxy and no_proxy belong to the client's own HTTP client; set them on yours",
        )),
        (Some(transport), None) => Ok(transport),
        (None, Some(client)) => Ok(Arc::new(Reqwest::new(client, uploads, hosts.bases()))),
        (None, None) if hosts.needs_tls() && !has_tls => Err(Error::configuration(
            "there is no TLS: enable the feature `rustls` or `native-tls`, or give an http_client",
        )),
        (None, None) => {
            options.connect_timeout =
                Some(options.connect_timeout.unwrap_or(CONNECT_TIMEOUT).min(longest_connect));
            // A proxy that the system names would be shown what is meant for this machine only.
            if options.proxy.is_none() {
                match hosts.on_this_machine() {
                    OnThisMachine::All => options.no_proxy = true,
                    OnThisMachine::Some => options.skip_proxy_here = true,
                    OnThisMachine::None => {}
                }
            }
            Ok(Arc::new(Reqwest::build(&options, hosts.bases())?))
        }
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("base_url", &self.base_url.as_deref().map(shown))
            .field(
                "hosts",
                &self.hosts.iter().map(|(host, url)| (shown(host), shown(url))).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
