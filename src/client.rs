//! The client: where calls go, for whom, and how.

use crate::call::{Body, Options, info::OperationInfo};
use crate::transport::{self, Transport};
use crate::{Credentials, Error};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The environment variable of [`Client::from_env`].
const API_KEY_VARIABLE: &str = "ROBLOX_API_KEY";

/// A client of Open Cloud. Cloning it is cheap and shares connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    credentials: Credentials,
    /// The URL that every host is reached at instead, if there is one.
    base_url: Option<String>,
    /// The URL of each host that is reached elsewhere.
    hosts: BTreeMap<String, String>,
    origins: BTreeMap<&'static str, String>,
    timeout: Duration,
    max_response_bytes: usize,
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
        match std::env::var(API_KEY_VARIABLE) {
            Ok(key) => Self::new(key),
            Err(_) => Err(Error::configuration(format!(
                "the environment variable {API_KEY_VARIABLE} is not set; it holds the API key"
            ))),
        }
    }

    /// Sets up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The scheme and authority at which a host is reached.
    pub(crate) fn origin(&self, host: &'static str) -> &str {
        self.0.origins.get(host).map_or("", String::as_str)
    }

    /// Whether a call is made with an OAuth 2.0 token, whose limits are its own.
    pub(crate) fn is_bearer(&self, options: &Options) -> bool {
        options.credentials.as_ref().unwrap_or(&self.0.credentials).is_bearer()
    }

    pub(crate) async fn execute(
        &self,
        operation: &'static OperationInfo,
        mut request: http::Request<Body>,
        options: &Options,
    ) -> Result<http::Response<Bytes>, Error> {
        let credentials = options.credentials.as_ref().unwrap_or(&self.0.credentials);
        if credentials.is_bearer() && !operation.oauth {
            return Err(Error::invalid_request(
                "this operation takes an API key only, and the call was given an OAuth 2.0 access token",
            )
            .of(operation));
        }
        credentials.apply(request.headers_mut());
        request.headers_mut().insert(http::header::USER_AGENT, self.0.user_agent.clone());
        transport::send(
            &*self.0.transport,
            operation,
            request,
            transport::Bounds {
                timeout: options.timeout.unwrap_or(self.0.timeout),
                max_response_bytes: self.0.max_response_bytes,
            },
        )
        .await
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("credentials", &self.0.credentials)
            .field("base_url", &self.0.base_url)
            .field("hosts", &self.0.hosts)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Client`].
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    credentials: Option<Credentials>,
    api_key: Option<String>,
    base_url: Option<String>,
    hosts: BTreeMap<String, String>,
    allow_plain_http: bool,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_response_bytes: Option<usize>,
    user_agent: Option<String>,
    transport: Option<Arc<dyn Transport>>,
    http_client: Option<reqwest::Client>,
}

impl ClientBuilder {
    /// Makes calls with this API key.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Makes calls with these credentials.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Reaches every host of Open Cloud at this URL: a proxy, an emulator, a test server.
    ///
    /// The default is each host's own: `https://apis.roblox.com`, `https://thumbnails.roblox.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Reaches one host (such as `thumbnails.roblox.com`) at this URL.
    pub fn host_url(mut self, host: impl Into<String>, url: impl Into<String>) -> Self {
        self.hosts.insert(host.into(), url.into());
        self
    }

    /// Allows `http://` to a host that is not this machine. The credential then travels in clear.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Bounds each call, 60 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds the making of a connection, 10 seconds by default. Not used with
    /// [`ClientBuilder::http_client`] and [`ClientBuilder::transport`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The largest answer that is read, in bytes; 64 MiB by default.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }

    /// The `user-agent` header; the crate's name and version by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sends with your own `reqwest` client: its TLS, proxy, pool and timeouts. Switch its
    /// redirects off, so that no credential follows one.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Sends through something else than HTTP, such as a test double.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// If there is no credential or it cannot be sent in a header, if a URL is no `http` or `https`
    /// URL, if it is plain `http` to another machine and that was not allowed, or if TLS cannot be
    /// set up.
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
        let check = |url: &String| transport::url::origin(url, self.allow_plain_http);
        let base_url = self.base_url.as_ref().map(check).transpose()?;
        let hosts = self
            .hosts
            .iter()
            .map(|(host, url)| Ok((host.clone(), check(url)?)))
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        let origins = crate::operations::ALL
            .iter()
            // An operation may be followed at a route of an area that is not enabled.
            .flat_map(|operation| [Some(*operation), operation.long_running.and_then(|facts| facts.poll)])
            .flatten()
            .map(|operation| operation.host)
            .map(|host| {
                let origin = hosts.get(host).or(base_url.as_ref()).cloned();
                (host, origin.unwrap_or_else(|| format!("https://{host}")))
            })
            .collect();
        let user_agent = self
            .user_agent
            .unwrap_or_else(|| concat!("opencloud-rust/", env!("CARGO_PKG_VERSION")).to_owned());
        let user_agent = http::HeaderValue::try_from(user_agent)
            .map_err(|_| Error::configuration("the user agent holds what a header cannot carry"))?;
        let transport: Arc<dyn Transport> = match (self.transport, self.http_client) {
            (Some(transport), None) => transport,
            (None, Some(client)) => Arc::new(transport::Reqwest::new(client)),
            (None, None) => {
                Arc::new(transport::Reqwest::build(self.connect_timeout.unwrap_or(Duration::from_secs(10)))?)
            }
            (Some(_), Some(_)) => {
                return Err(Error::configuration("give either a transport or an HTTP client, not both"));
            }
        };
        Ok(Client(Arc::new(Inner {
            credentials,
            base_url,
            hosts,
            origins,
            timeout: self.timeout.unwrap_or(Duration::from_secs(60)),
            max_response_bytes: self.max_response_bytes.unwrap_or(64 * 1024 * 1024),
            user_agent,
            transport,
        })))
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("base_url", &self.base_url)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}
