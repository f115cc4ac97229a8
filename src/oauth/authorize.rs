//! Sending a user to Roblox, and what they come back with.

use super::app::App;
use super::identity::Identity;
use super::tokens::TokenSet;
use crate::wire::debug_fields;
use crate::{Error, Scope};
use oauth2::url::{Url, form_urlencoded};
use oauth2::{CsrfToken, PkceCodeChallenge};
use serde::{Deserialize, Serialize};
use std::fmt;
use subtle::ConstantTimeEq;

/// What Roblox asks a user for although it may know the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Nothing: whoever is not logged in or has not allowed it yet is sent back with an error.
    None,
    /// To log in.
    Login,
    /// To allow what the app asks for.
    Consent,
    /// To choose an account.
    SelectAccount,
}

impl Prompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

/// An authorization that is being asked for. Made by [`App::authorize`].
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until a browser is sent to the URL"]
pub struct AuthorizeRequest {
    app: App,
    scopes: Vec<Scope>,
    prompts: Vec<Prompt>,
}

impl App {
    /// Asks a user for these scopes; [`begin`](AuthorizeRequest::begin) gives the URL.
    pub fn authorize(&self, scopes: impl IntoIterator<Item = Scope>) -> AuthorizeRequest {
        AuthorizeRequest { app: self.clone(), scopes: scopes.into_iter().collect(), prompts: Vec::new() }
    }
}

impl AuthorizeRequest {
    /// Has the user do this again. May be given more than once.
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompts.push(prompt);
        self
    }

    /// Makes the URL, with a new state, nonce and PKCE verifier.
    ///
    /// # Errors
    ///
    /// If no scope is asked for, one of them cannot be, or `Prompt::None` stands beside others.
    pub fn begin(self) -> Result<Authorization, Error> {
        let refuse = |why: String| Err(Error::invalid_request(why));
        if self.scopes.is_empty() {
            return refuse("no scope is asked for; `openid` is the least".to_owned());
        }
        let no_token = |scope: &&Scope| {
            scope.as_str().is_empty() || scope.as_str().bytes().any(|byte| !byte.is_ascii_graphic())
        };
        if let Some(scope) = self.scopes.iter().find(no_token) {
            return refuse(format!("`{scope}` is not a scope: it is empty or holds a space"));
        }
        if self.prompts.contains(&Prompt::None) && self.prompts.len() > 1 {
            return refuse("`Prompt::None` asks for nothing and cannot stand beside others".to_owned());
        }
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random().into_secret();
        let prompts: Vec<&str> = self.prompts.iter().map(|prompt| prompt.as_str()).collect();
        let (url, state) = self.app.protocol().authorize_url(&self.scopes, challenge, &nonce, &prompts);
        Ok(Authorization {
            url,
            pending: PendingLogin { state, nonce, verifier: verifier.into_secret(), scopes: self.scopes },
        })
    }
}

/// Where to send the user's browser, and what to keep until it returns. `Debug` does not show the URL:
/// state and nonce are in it.
#[derive(Clone)]
pub struct Authorization {
    url: String,
    pending: PendingLogin,
}

impl Authorization {
    /// Where to send the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What is sent along to know the response again: a key under which to keep the pending login.
    pub fn state(&self) -> &str {
        &self.pending.state
    }

    /// What to keep, in the user's session, until the browser returns.
    pub fn into_pending(self) -> PendingLogin {
        self.pending
    }
}

debug_fields!(Authorization { pending });

/// A login that has begun: keep it **in the session of the browser that was sent away**, where nobody
/// else can reach it, and use it once. It can be written and read; what is written is secret. Roblox's
/// codes last one minute, so that what is older than a login takes can be thrown away.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingLogin {
    state: String,
    nonce: String,
    verifier: String,
    scopes: Vec<Scope>,
}

debug_fields!(PendingLogin { scopes });

impl PendingLogin {
    /// Whether a response is the response to this login.
    pub(super) fn accepts(&self, callback: &Callback) -> bool {
        let state = callback.state.as_deref().unwrap_or_default();
        // In constant time: who tries states learns nothing.
        !self.state.is_empty() && bool::from(state.as_bytes().ct_eq(self.state.as_bytes()))
    }
}

/// What a browser brings back to the redirect URI.
#[derive(Clone, Default)]
pub struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Callback {
    /// Reads the query of the URL that was called, or the whole URL.
    pub fn from_query(query: &str) -> Self {
        let query = bare(query);
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "code" => &mut callback.code,
                "state" => &mut callback.state,
                "error" => &mut callback.error,
                "error_description" => &mut callback.error_description,
                _ => continue,
            };
            // The first one counts.
            place.get_or_insert_with(|| value.into_owned());
        }
        callback
    }

    /// Whether the user, or Roblox, said no.
    pub(super) fn is_refusal(&self) -> bool {
        self.error.is_some()
    }

    /// The state: the key under which the pending login may have been kept.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// What stands after the `?` of a URL or path. A query that comes without them may hold a `?` of its own,
/// in the text of an error for instance.
fn bare(query: &str) -> &str {
    let query = query.split('#').next().unwrap_or_default();
    let is_whole = query.starts_with('/') || Url::parse(query).is_ok();
    match query.split_once('?') {
        Some((before, after)) if is_whole || !before.contains(['=', '&']) => after,
        _ => query,
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("code", &self.code.as_ref().map(|_| "[hidden]"))
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A user who has logged in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Login {
    /// What to call with in the user's name.
    pub tokens: TokenSet,
    /// Who the user is, from the verified ID token; `None` if the scope `openid` was not asked for.
    pub identity: Option<Identity>,
}

impl App {
    /// Checks what the browser brought back, gives its code for tokens, and verifies the ID token. A
    /// session whose ID token does not hold is ended again.
    ///
    /// # Errors
    ///
    /// Of kind [`AuthorizationRequired`](crate::ErrorKind::AuthorizationRequired) if the state is not
    /// the one that was sent, if the user refused (the [code](Error::code) is then `access_denied`),
    /// if the code is not good any more, or if the ID token does not hold. Otherwise as every call. If
    /// Roblox's keys cannot be fetched, the code is not used up: while it lasts (a minute), the same
    /// login can be finished with it.
    pub async fn finish(&self, pending: PendingLogin, callback: &Callback) -> Result<Login, Error> {
        let refuse = |why: &str| Err(Error::authorization_required(None, why));
        if !pending.accepts(callback) {
            return refuse("the response's state is not that of this login: it may be someone else's");
        }
        if let Some(error) = &callback.error {
            let said = callback.error_description.as_deref().unwrap_or("Roblox did not authorize the app");
            return Err(Error::authorization_required(Some(error), said));
        }
        let Some(code) = callback.code.as_deref().filter(|code| !code.is_empty()) else {
            return refuse("the response has neither a code nor an error");
        };
        if pending.scopes.contains(&Scope::Openid) {
            // Before the code, which works once, is used.
            self.prepare_keys().await?;
        }
        let given = self
            .protocol()
            .exchange(code, &pending.verifier, &pending.scopes, self.clock())
            .await
            .map_err(Error::into_refusal)?;
        match self.identity(given.id_token.as_deref(), &pending).await {
            Ok(identity) => Ok(Login { tokens: given.tokens, identity }),
            Err(error) => {
                // Nobody gets these tokens. Where they cannot be revoked, they end by themselves.
                if let Some(refresh_token) = given.tokens.refresh_token() {
                    let _ = self.revoke(refresh_token).await;
                }
                Err(error)
            }
        }
    }

    async fn identity(
        &self,
        id_token: Option<&str>,
        pending: &PendingLogin,
    ) -> Result<Option<Identity>, Error> {
        match id_token {
            Some(token) => self.verify_id_token(token, Some(&pending.nonce)).await.map(Some),
            None if pending.scopes.contains(&Scope::Openid) => {
                let why = "the service gave no ID token, although `openid` was asked for";
                Err(Error::authorization_required(None, why))
            }
            None => Ok(None),
        }
    }
}
