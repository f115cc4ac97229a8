//! What an API key may do, and what is wrong with it.
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let report = client.api_key().check(["users.get", "messaging.publish"]).universe(42).await?;
//! if !report.is_fine() {
//!     println!("{report}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Roblox looks at a key only for about an hour after it was made or regenerated; one public client found
//! so, others did not (`AU-01`). It refuses to look at an older key, which says nothing of whether that key
//! works: [`Report::key`] is `None` then, and a harmless read proves it:
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let report = client.api_key().check(["messaging.publish"]).await?;
//! let report = report.proven_by(client.request(http::Method::GET, "/cloud/v2/users/1").await);
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! A report tells three things apart:
//!
//! * [`Problem`]s of the key itself: it is disabled, its time is over, or will be within so many days
//!   ([`Check::warn_before`]). Roblox also ends a key that was neither used nor changed for 60 days; that
//!   it has come so far is told ([`Problem::Expired`]), when it will is not.
//! * [What is missing](OperationReport::missing): every call of the operation is refused without it.
//! * [What is missing perhaps](OperationReport::perhaps_missing): Roblox lists it, but only some requests
//!   or some fields of the response need it. A public profile needs no scope at all, for example.
//!
//! Of most operations Roblox lists the scopes without saying whether all are needed. Where it does not
//! say otherwise we take it that they are; each [`OperationInfo`](crate::OperationInfo::needed_scopes)
//! tells. A key may be restricted to some users, groups, universes or data stores: name what the calls
//! are about, as [`Check::universe`] does, and the report tells whether the scopes reach it. Which IP
//! addresses may use a key is not told.
//!
//! Roblox's cookbook warns that a write without its scope may report success and change nothing (`UN-09`;
//! nobody has recorded one): read back what the first write with a new key has changed.
//!
//! Source: Roblox's [guide](https://create.roblox.com/docs/cloud/auth/api-keys). The endpoint is not in
//! Roblox's OpenAPI document.

mod check;
mod info;
mod report;

pub use check::Check;
pub use info::{ApiKeyInfo, DataStoreAccess, KeyScope};
pub use report::{Missing, OperationReport, Problem, Proof, Report, Target};

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

    /// Checks whether the key may make these calls, by their ids (`users.get`): which scopes it lacks
    /// certainly and which perhaps, and whether it is disabled, expired or about to expire.
    pub fn check(&self, operations: impl IntoIterator<Item = impl Into<String>>) -> Check {
        Check::new(self.clone(), operations.into_iter().map(Into::into).collect())
    }
}

/// Whether Roblox does not look at the key.
fn is_unknown(error: &Error) -> bool {
    error.status_of_service() == Some(http::StatusCode::UNAUTHORIZED)
}
