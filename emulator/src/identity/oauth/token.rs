//! `POST /oauth/v1/token`: codes and refresh tokens become tokens.

use serde_json::json;

use crate::api::{Response, object};
use crate::identity::oauth::client::{Form, OAuthError, authenticate};
use crate::identity::oauth::respond::issuer;
use crate::identity::oauth::sessions::{ACCESS_EXPIRES_IN, Code, Issued};
use crate::identity::oauth::userinfo;
use crate::identity::secrets::{base64_url, same_secret};
use crate::incoming::Incoming;
use crate::inner::Inner;

const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

pub(crate) fn exchange(inner: &Inner, request: &Incoming) -> Result<Response, OAuthError> {
    let form = Form::read(request)?;
    let mut state = inner.state();
    let now = state.clock.now();
    let identity = &mut state.identity;
    let app = authenticate(&identity.oauth.apps, request, &form)?.clone();
    let (sessions, secrets) = (&mut identity.oauth.sessions, &mut identity.secrets);
    let issued = match form.required("grant_type")? {
        "authorization_code" => {
            let code = form.required("code")?;
            let check = |code: &Code| fits(code, &form);
            sessions.exchange(secrets, code, &app.client_id, &check, now)
        }
        "refresh_token" => {
            let token = form.required("refresh_token")?;
            let narrower =
                form.get("scope").map(|scopes| scopes.split_whitespace().map(str::to_owned).collect());
            let strict = identity.oauth.settings.reuse_ends_session;
            sessions.refresh(secrets, token, &app.client_id, narrower, strict, now)
        }
        other => {
            let message =
                format!("The grant_type '{other}' is neither authorization_code nor refresh_token.");
            return Err(OAuthError::new("unsupported_grant_type", message));
        }
    };
    let issued = issued.map_err(OAuthError::invalid_grant)?;
    let mut response = json!({
        "access_token": issued.access,
        "refresh_token": issued.refresh,
        "token_type": "Bearer",
        "expires_in": ACCESS_EXPIRES_IN,
        "scope": issued.scopes.join(" "),
    });
    drop(state);
    if issued.scopes.iter().any(|scope| scope == "openid") {
        response["id_token"] = json!(id_token(inner, &issued, now.as_second()));
    }
    Ok(Response::json(response))
}

/// Whether the one who brings a code is the one who asked for it.
fn fits(code: &Code, form: &Form) -> Result<(), String> {
    if form.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return Err("The redirect_uri is not the one that the code was sent to.".to_owned());
    }
    let verifier = form.get("code_verifier");
    let (challenge, verifier) = match (&code.challenge, verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) => {
            return Err("There is a code_verifier, but the authorization had no code_challenge.".to_owned());
        }
        (Some(_), None) => return Err("The code_verifier is missing.".to_owned()),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !VERIFIER_LENGTHS.contains(&verifier.len()) || !verifier.bytes().all(allowed) {
        return Err("The code_verifier must be 43 to 128 of A-Z, a-z, 0-9, '-', '.', '_' and '~'.".to_owned());
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    if !same_secret(&base64_url(digest.as_ref()), challenge) {
        return Err("The code_verifier does not belong to the code_challenge.".to_owned());
    }
    Ok(())
}

/// The identity of the user, signed. It is good for as long as the access token.
fn id_token(inner: &Inner, issued: &Issued, now: i64) -> Option<String> {
    let mut claims = userinfo::claims(inner, issued.grant.user, &issued.scopes);
    let state = inner.state();
    let oauth = &state.identity.oauth;
    claims.extend(object(json!({
        "iss": issuer(inner, &oauth.settings),
        "aud": issued.grant.client_id,
        "iat": now,
        "exp": now + ACCESS_EXPIRES_IN + 1,
        "auth_time": issued.grant.given_at,
    })));
    claims.extend(issued.nonce.clone().map(|nonce| ("nonce".to_owned(), json!(nonce))));
    claims.extend(oauth.settings.claims.clone());
    oauth.keys.sign(&claims.into())
}
