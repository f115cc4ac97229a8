//! What a user's authorization consists of.

use crate::{Credentials, Error, Scope};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How long an access token lasts if nobody has said.
pub(super) const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// An access token and the refresh token that renews it. It can be written and read, for a
/// [`TokenStore`](super::TokenStore): as JSON it holds both tokens in clear, while `Debug` shows
/// neither.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenSet {
    access_token: String,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default)]
    scopes: Vec<Scope>,
}

impl TokenSet {
    /// Tokens that were got elsewhere.
    ///
    /// # Errors
    ///
    /// If the token is empty or holds what a header cannot carry.
    pub fn new(access_token: impl Into<String>, expires_at: Timestamp) -> Result<Self, Error> {
        let access_token = access_token.into();
        Credentials::bearer(&access_token)?;
        Ok(Self { access_token, expires_at, issued_at: None, refresh_token: None, scopes: Vec::new() })
    }

    /// Adds the refresh token.
    ///
    /// # Errors
    ///
    /// If it is empty.
    pub fn with_refresh_token(mut self, refresh_token: impl Into<String>) -> Result<Self, Error> {
        let refresh_token = refresh_token.into();
        if refresh_token.trim().is_empty() {
            return Err(Error::configuration("the refresh token is empty"));
        }
        self.refresh_token = Some(refresh_token);
        Ok(self)
    }

    /// Sets what the user allowed.
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// The access token: a secret.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// The refresh token: a secret that works once. Without one, the user must log in again.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// When the access token ends.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// What the user allowed.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    pub(super) fn issued_at(mut self, time: Timestamp) -> Self {
        self.issued_at = Some(time);
        self
    }

    /// Whether the access token has ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Whether it is time to renew it: so long before its end, but not in the first half of its life.
    pub(super) fn is_due(&self, now: Timestamp, early: Duration) -> bool {
        let lifetime = self.issued_at.map(|time| self.expires_at.duration_since(time));
        let lifetime = lifetime.and_then(|time| Duration::try_from(time).ok()).unwrap_or(LIFETIME);
        let early = SignedDuration::try_from(early.min(lifetime / 2)).unwrap_or(SignedDuration::MAX);
        self.expires_at.duration_since(now) <= early
    }

    /// As a call takes it.
    pub(super) fn credentials(&self) -> Result<Credentials, Error> {
        Credentials::bearer(&self.access_token)
    }
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("access_token", &"[hidden]")
            .field("expires_at", &self.expires_at)
            .field("refresh_token", &self.refresh_token.as_ref().map(|_| "[hidden]"))
            .field("scopes", &self.scopes)
            .finish()
    }
}
