//! The HTTP clients that requests are sent with: one for calls, one for uploads.

use crate::Error;
use std::time::Duration;

/// How long a connection is kept that nobody uses. The edge drops idle connections without a word, and
/// what is written to such a connection is lost (CN-01).
const IDLE: Duration = Duration::from_secs(10);

/// How often an HTTP/2 session with requests in flight is asked whether it lives, and how long it may
/// take to respond. Otherwise a dead session holds all of its requests until their time is over (CN-02).
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What an HTTP client is built with.
#[derive(Default)]
pub(crate) struct HttpOptions {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: bool,
    /// Whether requests to this machine go past the system's proxy.
    pub(crate) skip_proxy_here: bool,
}

impl HttpOptions {
    pub(crate) fn is_empty(&self) -> bool {
        self.connect_timeout.is_none() && self.proxy.is_none() && !self.no_proxy
    }
}

/// The client of calls and that of uploads.
pub(super) struct Clients {
    pub(super) calls: reqwest::Client,
    pub(super) uploads: reqwest::Client,
}

impl Clients {
    /// The clients that the options describe, and those for requests to this machine, if they go another
    /// way. None follows redirects, because a credential would follow them.
    pub(super) fn build(options: &HttpOptions) -> Result<(Self, Option<Self>), Error> {
        let tls = Tls::new()?;
        let proxy = match &options.proxy {
            // The URL may hold a password, so it is not repeated.
            Some(url) => Some(
                reqwest::Proxy::all(url.as_str())
                    .map_err(|_| Error::configuration("the proxy is not an http, https or socks URL"))?,
            ),
            None => None,
        };
        let new = |no_proxy: bool| {
            Self::of(
                || {
                    let mut builder = reqwest::Client::builder()
                        .redirect(reqwest::redirect::Policy::none())
                        .retry(reqwest::retry::never());
                    if let Some(timeout) = options.connect_timeout {
                        builder = builder.connect_timeout(timeout);
                    }
                    match (&proxy, no_proxy) {
                        (_, true) => builder.no_proxy(),
                        (Some(proxy), false) => builder.proxy(proxy.clone()),
                        (None, false) => builder,
                    }
                },
                &tls,
            )
        };
        let here = options.skip_proxy_here.then(|| new(true)).transpose()?;
        // A proxy that was named is used although the system's is not.
        Ok((new(options.no_proxy && proxy.is_none())?, here))
    }

    fn of(new: impl Fn() -> reqwest::ClientBuilder, tls: &Tls) -> Result<Self, Error> {
        let calls = tls
            .with(new(), &[b"h2", b"http/1.1"])
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT);
        // Each upload has a connection of its own: none is lost on one that the edge has dropped, and none
        // dies with another's session (CN-01, CN-02).
        let uploads = tls.with(new(), &[b"http/1.1"]).http1_only().pool_max_idle_per_host(0);
        Ok(Self { calls: built(calls)?, uploads: built(uploads)? })
    }
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder
        .build()
        .map_err(|error| Error::configuration(format!("the HTTP client cannot be set up: {error}")))
}

/// TLS of our own, so that nothing is installed for the whole process: which provider of cryptography an
/// application uses is its own choice. With `native-tls` it is the platform's, which needs nothing.
struct Tls {
    #[cfg(all(feature = "rustls", not(feature = "native-tls")))]
    config: rustls::ClientConfig,
}

#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
impl Tls {
    /// With the provider that the application has chosen, or else ring; the certificates are the platform's.
    fn new() -> Result<Self, Error> {
        use rustls::crypto::{CryptoProvider, ring};
        use std::sync::Arc;

        let cannot = |error: rustls::Error| Error::configuration(format!("TLS cannot be set up: {error}"));
        let chosen = CryptoProvider::get_default().cloned();
        let provider = chosen.unwrap_or_else(|| Arc::new(ring::default_provider()));
        let verifier = rustls_platform_verifier::Verifier::new(provider.clone()).map_err(cannot)?;
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(cannot)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { config })
    }

    /// `protocols` are the versions of HTTP that the server is offered.
    fn with(&self, builder: reqwest::ClientBuilder, protocols: &[&[u8]]) -> reqwest::ClientBuilder {
        let mut config = self.config.clone();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        builder.tls_backend_preconfigured(config)
    }
}

#[cfg(not(all(feature = "rustls", not(feature = "native-tls"))))]
impl Tls {
    #[allow(clippy::unnecessary_wraps, reason = "the other one can fail")]
    fn new() -> Result<Self, Error> {
        Ok(Self {})
    }

    #[allow(clippy::unused_self, reason = "the other one has a configuration")]
    fn with(&self, builder: reqwest::ClientBuilder, _: &[&[u8]]) -> reqwest::ClientBuilder {
        builder
    }
}
