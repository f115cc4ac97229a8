//! What apps ask about tokens, and how they give them back.

use serde_json::{Value, json};

use crate::api::Response;
use crate::identity::oauth::client::{Form, OAuthError, authenticate};
use crate::identity::oauth::respond::issuer;
use crate::identity::oauth::sessions::Kind;
use crate::identity::scopes;
use crate::identity::secrets::base64_url;
use crate::incoming::Incoming;
use crate::inner::Inner;

/// `POST /oauth/v1/token/introspect`, for any kind of token. Only the lifetime counts: a token stays active after
/// it was revoked, as Roblox's do.
pub(crate) fn introspect(inner: &Inner, request: &Incoming) -> Result<Response, OAuthError> {
    let form = Form::read(request)?;
    let state = inner.state();
    let oauth = &state.identity.oauth;
    let app = authenticate(&oauth.apps, request, &form)?;
    let token = form.required("token")?;
    let now = state.clock.now().as_second();
    let is_active = |client: &Value, until: &Value| {
        *client == app.client_id.as_str() && until.as_i64().is_some_and(|until| until > now)
    };
    let known = match oauth.sessions.token(token) {
        Some((session, known)) => Some(json!({
            "aud": session.client_id,
            "iss": issuer(inner, &oauth.settings),
            "token_type": if known.kind == Kind::Access { "Bearer" } else { "refresh_token" },
            "sub": session.user.to_string(),
            "scope": known.scopes.join(" "),
            "exp": known.expires_at,
            "iat": known.issued_at,
        })),
        None => oauth.keys.verified(token).map(|claims| {
            let mut token = json!({ "token_type": "id_token" });
            for name in ["aud", "iss", "sub", "exp", "iat"] {
                token[name] = claims[name].clone();
            }
            token
        }),
    };
    let Some(mut known) = known.filter(|known| is_active(&known["aud"], &known["exp"])) else {
        return Ok(Response::json(json!({ "active": false })));
    };
    known["active"] = json!(true);
    known["jti"] = json!(identifier(token));
    known["client_id"] = json!(app.client_id);
    Ok(Response::json(known))
}

/// A name for a token that does not give it away.
fn identifier(token: &str) -> String {
    base64_url(&ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref()[..16])
}

/// `POST /oauth/v1/token/resources`: what the user gave access to.
pub(crate) fn resources(inner: &Inner, request: &Incoming) -> Result<Response, OAuthError> {
    let form = Form::read(request)?;
    let state = inner.state();
    let oauth = &state.identity.oauth;
    let app = authenticate(&oauth.apps, request, &form)?;
    let access = oauth.sessions.access(form.required("token")?, state.clock.now());
    let access = access
        .ok()
        .filter(|access| access.session.client_id == app.client_id)
        .ok_or_else(|| OAuthError::new("invalid_token", "The token is no access token that is good."))?;
    let mut resources = serde_json::Map::new();
    if access.scopes.iter().any(|scope| scope.starts_with("universe") || scope.starts_with("legacy-universe"))
    {
        resources.insert("universe".to_owned(), json!({ "ids": access.session.universes.ids() }));
    }
    if access.scopes.iter().any(|scope| !scopes::IDENTITY.contains(&scope.as_str())) {
        // The app acts for the user who authorized it, and for the groups of this user (AU-10).
        let mut ids = vec!["U".to_owned()];
        if inner.config.shapes.is_live() {
            ids.extend(state.groups.owned_by(access.session.user).map(|group| format!("G{group}")));
        }
        resources.insert("creator".to_owned(), json!({ "ids": ids }));
    }
    let infos: Vec<Value> = if resources.is_empty() {
        Vec::new()
    } else {
        let owner = json!({ "id": access.session.user.to_string(), "type": "User" });
        vec![json!({ "owner": owner, "resources": resources })]
    };
    Ok(Response::json(json!({ "resource_infos": infos })))
}

/// `POST /oauth/v1/token/revoke` ends the session of a token. A token that is not known is no error (RFC 7009).
pub(crate) fn revoke(inner: &Inner, request: &Incoming) -> Result<Response, OAuthError> {
    let form = Form::read(request)?;
    let mut state = inner.state();
    let oauth = &mut state.identity.oauth;
    let app = authenticate(&oauth.apps, request, &form)?.client_id.clone();
    oauth.sessions.revoke(form.required("token")?, &app);
    Ok(Response::empty(200))
}
