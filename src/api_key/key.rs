use super::ApiKeyInfo;
use crate::{Client, Credentials, Error};
use http::Method;
use serde_json::json;

const INTROSPECT: &str = "/api-keys/v1/introspect";

/// `AU-01`
const UNKNOWN: &str = "Roblox was seen to look at a key only for about an hour after it was made or regenerated, \
     so this does not say that the key is bad: make a harmless read with it to find out";

/// The API key of a client. Made by [`Client::api_key`].
#[derive(Clone, Debug)]
pub struct ApiKey {
    client: Client,
    credentials: Credentials,
}

impl Client {
    /// What this client's API key may do, and what is wrong with it.
    pub fn api_key(&self) -> ApiKey {
        ApiKey { credentials: self.credentials().clone(), client: self.clone() }
    }
}

impl ApiKey {
    /// Looks at another key than the client's own.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// What Roblox knows of the key. The key is sent to Roblox in the body, as this endpoint wants it.
    ///
    /// # Errors
    ///
    /// If the credential is not an API key, or as every call. If Roblox does not look at the key the error has the
    /// status 401 and is of kind [`Refused`](crate::ErrorKind::Refused), not `Unauthenticated`: the key may
    /// work all the same.
    pub async fn introspect(&self) -> Result<ApiKeyInfo, Error> {
        let credentials = self.credentials.resolve().await?;
        let Some(key) = credentials.api_key_text() else {
            return Err(Error::invalid_request(
                "only an API key can be looked at here; for a token there is `oauth::App::introspect`",
            ));
        };
        let request = self.client.request(Method::POST, INTROSPECT).without_credentials();
        // It changes nothing.
        let response = request.json(&json!({ "apiKey": key })).with_idempotent(true).send_as().await;
        response.map(crate::Response::into_inner).map_err(|error| {
            let error = match is_unknown(&error) {
                true => error.into_refused().with_hint(UNKNOWN),
                false => error,
            };
            error.redacted(|text| credentials.hide(text))
        })
    }
}

/// Whether Roblox does not look at the key.
pub(super) fn is_unknown(error: &Error) -> bool {
    error.status_of_service() == Some(http::StatusCode::UNAUTHORIZED)
}
