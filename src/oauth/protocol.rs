//! The `oauth2` crate over this crate's transport.

use super::clock::Clock;
use super::tokens::{LIFETIME, TokenSet};
use crate::Response;
use crate::transport::Origin;
use crate::{Client, Error, Scope};
use jiff::{SignedDuration, Timestamp};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ErrorResponse, ExtraTokenFields, HttpRequest, HttpResponse, IntrospectionUrl,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl,
    StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Where the protocol's endpoints are. The client decides at which host they are reached.
const AUTHORIZE: &str = "https://apis.roblox.com/oauth/v1/authorize";
const TOKEN: &str = "https://apis.roblox.com/oauth/v1/token";
const INTROSPECT: &str = "https://apis.roblox.com/oauth/v1/token/introspect";
const RESOURCES: &str = "https://apis.roblox.com/oauth/v1/token/resources";
const REVOKE: &str = "https://apis.roblox.com/oauth/v1/token/revoke";
pub(super) const USER_INFO: &str = "https://apis.roblox.com/oauth/v1/userinfo";
pub(super) const KEYS: &str = "https://apis.roblox.com/oauth/v1/certs";

/// As errors name an endpoint.
pub(super) fn path(url: &str) -> &str {
    url.trim_start_matches("https://apis.roblox.com")
}

/// The longest that a token is believed to last: whatever is said beyond is a mistake.
const LONGEST_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What OpenID Connect adds to the response of the token endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct IdTokenField {
    #[serde(default)]
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type Tokens = StandardTokenResponse<IdTokenField, BasicTokenType>;

type Endpoints = oauth2::Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointSet,
    EndpointSet,
>;

/// Before its endpoints are known.
type Unset = oauth2::Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// An app at Roblox's endpoints. Not `Debug`: it holds the secret.
pub(super) struct Protocol {
    endpoints: Endpoints,
    client: Client,
    secret: Option<String>,
}

/// What the token endpoint gave.
pub(super) struct Given {
    pub(super) tokens: TokenSet,
    pub(super) id_token: Option<String>,
}

impl Protocol {
    pub(super) fn new(
        client: Client,
        client_id: String,
        secret: Option<String>,
        redirect_uri: String,
    ) -> Result<Self, Error> {
        let wrong = |error: oauth2::url::ParseError| Error::configuration(format!("no URL: {error}"));
        let mut endpoints = Unset::new(ClientId::new(client_id))
            .set_auth_uri(AuthUrl::new(client.locate(AUTHORIZE)?).map_err(wrong)?)
            .set_token_uri(TokenUrl::new(TOKEN.to_owned()).map_err(wrong)?)
            .set_introspection_url(IntrospectionUrl::new(INTROSPECT.to_owned()).map_err(wrong)?)
            .set_revocation_url(RevocationUrl::new(REVOKE.to_owned()).map_err(wrong)?)
            .set_redirect_uri(RedirectUrl::new(redirect_uri).map_err(|error| {
                Error::configuration(format!("the redirect URI is not an absolute URL: {error}"))
            })?)
            // As in Roblox's reference; the header would do as well.
            .set_auth_type(AuthType::RequestBody);
        if let Some(secret) = &secret {
            endpoints = endpoints.set_client_secret(ClientSecret::new(secret.clone()));
        }
        Ok(Self { endpoints, client, secret })
    }

    /// Where a browser is sent, and the state that it will bring back.
    pub(super) fn authorize_url(
        &self,
        scopes: &[Scope],
        challenge: PkceCodeChallenge,
        nonce: &str,
        prompts: &[&str],
    ) -> (String, String) {
        let scopes = scopes.iter().map(|scope| oauth2::Scope::new(scope.to_string()));
        let mut request = self
            .endpoints
            .authorize_url(CsrfToken::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", nonce.to_owned());
        if !prompts.is_empty() {
            request = request.add_extra_param("prompt", prompts.join(" "));
        }
        let (url, state) = request.url();
        (url.into(), state.into_secret())
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn client_id(&self) -> &str {
        self.endpoints.client_id()
    }

    /// Gives a code for tokens.
    pub(super) async fn exchange(
        &self,
        code: &str,
        verifier: &str,
        asked: &[Scope],
        clock: &Clock,
    ) -> Result<Given, Error> {
        let now = clock.now();
        let (sender, response) = self.sender();
        let tokens = self
            .endpoints
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&sender)
            .await
            .map_err(|error| self.explain(error, &response, TOKEN, &[code, verifier]))?;
        response.get().into_iter().for_each(|origin| clock.compare(&origin.headers));
        given(&tokens, now, None, asked)
            .map_err(|error| blamed(error, &response).with_request(&http::Method::POST, path(TOKEN)))
    }

    /// Gives a refresh token, which works once, for other tokens.
    pub(super) async fn refresh(&self, old: &TokenSet, clock: &Clock) -> Result<Given, Error> {
        let Some(refresh_token) = old.refresh_token() else {
            return Err(Error::authorization_required(
                None,
                "the access token has expired and there is no refresh token",
            ));
        };
        let now = clock.now();
        let (sender, response) = self.sender();
        let tokens = self
            .endpoints
            .exchange_refresh_token(&RefreshToken::new(refresh_token.to_owned()))
            .request_async(&sender)
            .await
            .map_err(|error| self.explain(error, &response, TOKEN, &[refresh_token]).into_refusal())?;
        response.get().into_iter().for_each(|origin| clock.compare(&origin.headers));
        given(&tokens, now, Some(refresh_token), old.scopes())
            .map_err(|error| blamed(error, &response).with_request(&http::Method::POST, path(TOKEN)))
    }

    /// What the service knows of a token.
    pub(super) async fn introspect(&self, token: &str) -> Result<BasicTokenIntrospectionResponse, Error> {
        let (sender, response) = self.sender();
        let token = AccessToken::new(token.to_owned());
        self.endpoints
            .introspect(&token)
            .request_async(&sender)
            .await
            .map_err(|error| self.explain(error, &response, INTROSPECT, &[token.secret()]))
    }

    /// Ends a session.
    pub(super) async fn revoke(&self, refresh_token: &str) -> Result<(), Error> {
        let token = StandardRevocableToken::RefreshToken(RefreshToken::new(refresh_token.to_owned()));
        let (sender, response) = self.sender();
        self.endpoints
            .revoke_token(token)
            .map_err(|error| Error::configuration(error.to_string()))?
            .request_async(&sender)
            .await
            .map_err(|error| self.explain(error, &response, REVOKE, &[refresh_token]))
    }

    /// The one endpoint that is Roblox's own.
    pub(super) async fn resources<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        access_token: &str,
    ) -> Result<T, Error> {
        let mut form = oauth2::url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", access_token).append_pair("client_id", self.client_id());
        if let Some(secret) = &self.secret {
            form.append_pair("client_secret", secret);
        }
        self.client
            .request(http::Method::POST, RESOURCES)
            .without_credentials()
            .bytes("application/x-www-form-urlencoded", form.finish())
            .send_as::<T>()
            .await
            .map(Response::into_inner)
            .map_err(|error| self.hiding(error, &[access_token]))
    }

    /// Sends what `oauth2` wants sent: without a credential of the client's, to where the client says,
    /// again only if nothing was sent. What is not a success becomes an error like everywhere else.
    fn sender(&self) -> (impl Fn(HttpRequest) -> SendFuture + use<>, Came) {
        let (client, came) = (self.client.clone(), Came::default());
        let seen = came.clone();
        let sender = move |request: HttpRequest| -> SendFuture {
            let (parts, body) = request.into_parts();
            let content_type = parts.headers.get(http::header::CONTENT_TYPE);
            let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
            let sent = client
                .request(parts.method, parts.uri.to_string())
                .without_credentials()
                .with_header("accept", "application/json")
                .bytes(content_type, body)
                .send_bytes();
            let seen = seen.clone();
            Box::pin(async move {
                let (body, origin) = sent.await?.into_parts();
                let mut response = http::Response::new(body.to_vec());
                *response.status_mut() = origin.status;
                *response.headers_mut() = origin.headers.clone();
                // Nothing is sent again after a response.
                let _ = seen.set(origin);
                Ok(response)
            })
        };
        (sender, came)
    }

    fn explain<E: ErrorResponse>(
        &self,
        error: RequestTokenError<Error, E>,
        response: &Came,
        url: &str,
        secrets: &[&str],
    ) -> Error {
        let error = match error {
            RequestTokenError::Request(error) => error,
            // Its body may hold tokens, and goes no further.
            RequestTokenError::Parse(problem, _) => {
                Error::unusable_response(format!("the response cannot be read at `{}`", problem.path()))
            }
            RequestTokenError::ServerResponse(_) => {
                Error::unusable_response("an error with a success status")
            }
            RequestTokenError::Other(what) => Error::unusable_response(what),
        };
        let error = if error.status().is_some() { error } else { blamed(error, response) };
        self.hiding(error.with_request(&http::Method::POST, path(url)), secrets)
    }

    fn hiding(&self, error: Error, secrets: &[&str]) -> Error {
        let error = match error.code() {
            Some("invalid_client" | "unauthorized_client") => error.with_hint(
                "check the app's client id, its secret (a public app has none) and its settings in the Creator Dashboard",
            ),
            _ => error,
        };
        let all = secrets.iter().copied().chain(self.secret.as_deref());
        all.filter(|secret| !secret.is_empty()).fold(error, |error, secret| {
            error.redacted(|text| text.contains(secret).then(|| text.replace(secret, "[hidden]")))
        })
    }
}

/// The response that came to a request of `oauth2`, which hands on only what it says.
type Came = Arc<OnceLock<Origin>>;

type SendFuture = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send>>;

/// An error about what a response says, if one came.
fn blamed(error: Error, response: &Came) -> Error {
    response.get().map_or_else(|| error.clone(), |origin| origin.blame(error.clone()))
}

fn given(response: &Tokens, now: Timestamp, old: Option<&str>, asked: &[Scope]) -> Result<Given, Error> {
    if *response.token_type() != BasicTokenType::Bearer {
        return Err(Error::unusable_response("the service gave a token that is not a bearer token"));
    }
    let lifetime = response.expires_in().unwrap_or(LIFETIME).min(LONGEST_LIFETIME);
    let expires_at = SignedDuration::try_from(lifetime).ok().and_then(|time| now.checked_add(time).ok());
    let scopes = response.scopes().map(|scopes| scopes.iter().map(|scope| Scope::from(&***scope)).collect());
    let refresh_token = response.refresh_token().map(|token| token.secret().as_str()).or(old);
    let mut tokens = TokenSet::new(response.access_token().secret(), expires_at.unwrap_or(Timestamp::MAX))?
        .issued_at(now)
        .with_scopes(scopes.unwrap_or_else(|| asked.to_vec()));
    if let Some(refresh_token) = refresh_token {
        tokens = tokens.with_refresh_token(refresh_token)?;
    }
    Ok(Given { tokens, id_token: response.extra_fields().id_token.clone() })
}
