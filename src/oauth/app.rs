//! An app that is registered with Roblox.

use super::clock::Clock;
use super::identity::{self, Identity};
use super::keys::Keys;
use super::protocol::{Protocol, USER_INFO};
use super::responses::{GrantedResources, TokenInfo, UserInfo};
use super::tokens::TokenSet;
use crate::{ClientBuilder, Credentials, CredentialsProvider, Error, Provided, Response};
use http::Method;
use jiff::Timestamp;
use oauth2::url::{Host, ParseError, Url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Who signs ID tokens. The slash at its end belongs to it.
const ISSUER: &str = "https://apis.roblox.com/oauth/";

/// How far the clocks may differ, unless told otherwise.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The longest redirect URI that Roblox takes, in characters.
const LONGEST_REDIRECT_URI: usize = 256;

/// An app that is registered with Roblox. Cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    protocol: Protocol,
    redirect_uri: String,
    keys: Keys,
    rules: identity::Rules,
    clock: Clock,
}

impl App {
    /// Sets up an app by its client id.
    pub fn builder(client_id: impl Into<String>) -> AppBuilder {
        AppBuilder {
            client_id: client_id.into(),
            client_secret: None,
            redirect_uri: None,
            client: ClientBuilder::default(),
            issuer: ISSUER.to_owned(),
            clock_skew: CLOCK_SKEW,
            clock: Clock::default(),
        }
    }

    /// Gives a refresh token for other tokens. The old one is then used up: keep the new one before
    /// you do anything else. [`TokenProvider`](super::TokenProvider) does that.
    ///
    /// # Errors
    ///
    /// Of kind [`AuthorizationRequired`](crate::ErrorKind::AuthorizationRequired) if there is no
    /// refresh token or Roblox refuses it: the user must log in again. Otherwise as every call; it is
    /// sent again only if nothing was sent.
    pub async fn refresh(&self, tokens: &TokenSet) -> Result<TokenSet, Error> {
        self.protocol().refresh(tokens, &self.0.clock).await.map(|given| given.tokens)
    }

    /// What Roblox knows of an access, refresh or ID token. It says nothing of whether the user has
    /// withdrawn the authorization.
    ///
    /// # Errors
    ///
    /// As for every call.
    pub async fn introspect(&self, token: &str) -> Result<TokenInfo, Error> {
        Ok(TokenInfo::of(&self.protocol().introspect(token).await?))
    }

    /// What the user let the app reach with this access token.
    ///
    /// # Errors
    ///
    /// As for every call.
    pub async fn resources(&self, access_token: &str) -> Result<GrantedResources, Error> {
        self.protocol().resources(access_token).await
    }

    /// Ends a session: the refresh token and its access tokens are worth nothing afterwards.
    ///
    /// # Errors
    ///
    /// As for every call.
    pub async fn revoke(&self, refresh_token: &str) -> Result<(), Error> {
        self.protocol().revoke(refresh_token).await
    }

    /// Who the user is: with the scope `openid` the id, with `profile` the names and the picture as well. Of tokens
    /// that renew themselves, [`TokenProvider::user_info`](super::TokenProvider::user_info).
    ///
    /// # Errors
    ///
    /// As for every call; of kind [`PermissionDenied`](crate::ErrorKind::PermissionDenied) without the scope `openid`.
    pub async fn user_info(&self, access_token: &str) -> Result<UserInfo, Error> {
        self.user_info_with(Credentials::bearer(access_token)?).await
    }

    pub(super) async fn user_info_with(&self, credentials: Credentials) -> Result<UserInfo, Error> {
        let request = self.protocol().client().request(Method::GET, USER_INFO);
        let response = request.with_credentials(credentials).send_as::<UserInfo>().await;
        response.map(Response::into_inner).map_err(|error| match error.is_permission_denied() {
            true => error.with_hint(
                "the login must ask for the scope `openid`, and for `profile` to learn more than the id; \
                 send the user through it again",
            ),
            false => error,
        })
    }

    /// Who an ID token speaks of, if it is Roblox's, meant for this app, in time, and made for the
    /// login with this nonce. [`finish`](Self::finish) does this by itself.
    ///
    /// # Errors
    ///
    /// Of kind [`AuthorizationRequired`](crate::ErrorKind::AuthorizationRequired) if any of it does not
    /// hold; or as every call, if Roblox's keys cannot be fetched.
    pub async fn verify_id_token(&self, token: &str, nonce: Option<&str>) -> Result<Identity, Error> {
        identity::verify(token, nonce, &self.0.rules, &self.0.keys, self.protocol().client(), &self.0.clock)
            .await
    }

    /// So that an ID token can be verified without another fetch.
    pub(super) async fn prepare_keys(&self) -> Result<(), Error> {
        self.0.keys.prepare(self.protocol().client()).await
    }

    pub(super) fn protocol(&self) -> &Protocol {
        &self.0.protocol
    }

    pub(super) fn redirect_uri(&self) -> &str {
        &self.0.redirect_uri
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_id", &self.protocol().client_id())
            .field("redirect_uri", &self.0.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// Sets up an [`App`].
#[must_use = "a builder does nothing until it is built"]
pub struct AppBuilder {
    client_id: String,
    client_secret: Option<String>,
    redirect_uri: Option<String>,
    client: ClientBuilder,
    issuer: String,
    clock_skew: Duration,
    clock: Clock,
}

impl AppBuilder {
    /// The secret of a confidential app: one whose users cannot look inside. A public app (a game, a
    /// tool, a page) has none; PKCE protects both.
    pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }

    /// Where the browser returns to, exactly as it is registered: `https`, `http` of this machine, or
    /// a scheme of the app's own.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// How Roblox is reached: timeouts, retries, proxy, base URL, transport. It needs no credential.
    pub fn client(mut self, client: ClientBuilder) -> Self {
        self.client = client;
        self
    }

    /// Who signs ID tokens, if that is not Roblox: for tests.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = issuer.into();
        self
    }

    /// How far Roblox's clock and this one may differ; 60 seconds by default. Clocks of users' machines are
    /// off by minutes at times: Roblox's own plugin allows 180 seconds (`AU-11`).
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Another clock than the system's: for tests.
    pub fn clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// Builds the app.
    ///
    /// # Errors
    ///
    /// If client id or secret are empty, if the redirect URI is missing, too long, no URL, plain `http`
    /// of another machine, or has a fragment or a user name; or as [`ClientBuilder::build`].
    pub fn build(self) -> Result<App, Error> {
        let refuse = |why: &str| Err(Error::configuration(why));
        if self.client_id.trim().is_empty() {
            return refuse("the app's client id is empty");
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.trim().is_empty()) {
            return refuse("the app's client secret is empty; a public app has none at all");
        }
        let Some(redirect_uri) = self.redirect_uri else {
            return refuse("the app has no redirect URI; give the one that is registered");
        };
        check_redirect_uri(&redirect_uri)?;
        let client = self.client.credentials(Credentials::provider(NoCredential)).build()?;
        Ok(App(Arc::new(Inner {
            rules: identity::Rules {
                issuer: self.issuer,
                audience: self.client_id.clone(),
                skew: self.clock_skew,
            },
            protocol: Protocol::new(client, self.client_id, self.client_secret, redirect_uri.clone())?,
            redirect_uri,
            keys: Keys::default(),
            clock: self.clock,
        })))
    }
}

impl fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppBuilder")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| "[hidden]"))
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

fn check_redirect_uri(uri: &str) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::configuration(format!("the redirect URI {why}")));
    if uri.chars().count() > LONGEST_REDIRECT_URI {
        return refuse("is longer than 256 characters, which Roblox does not take");
    }
    // Parsers pass over these, each in its own way.
    if uri
        .contains(|character: char| character.is_whitespace() || character.is_control() || character == '\\')
    {
        return refuse("holds a space, a line break or a backslash; write it as it is registered");
    }
    let url = match Url::parse(uri) {
        Ok(url) => url,
        Err(ParseError::RelativeUrlWithoutBase) => {
            return refuse(
                "has no scheme; write it as it is registered, such as https://example.com/callback",
            );
        }
        Err(error) => return refuse(&format!("is not a URL: {error}")),
    };
    if url.fragment().is_some() {
        return refuse("has a fragment, which no server sees");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("holds a user name or password; what stands before the @ is not its host");
    }
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let rest = &uri[url.scheme().len()..];
    match url.scheme() {
        // A parser adds slashes that are not there; a comparison with what is registered does not.
        "http" | "https" if !rest.starts_with("://") => {
            refuse("has no // after its scheme; write it as it is registered")
        }
        // Such as `localhost:8917/callback`, where a parser takes the host for a scheme.
        _ if !rest.starts_with(":/") => {
            refuse("has no scheme; write it as it is registered, such as https://example.com/callback")
        }
        "http" if !is_local => refuse("is plain http of another machine: the code would travel in clear"),
        _ => Ok(()),
    }
}

/// An app's own requests carry the app's id, and no credential.
struct NoCredential;

impl CredentialsProvider for NoCredential {
    fn credentials(&self) -> Provided<'_> {
        Box::pin(async { Err("this client is only for OAuth 2.0".into()) })
    }
}
