//! `/__emulator/keys` and `/__emulator/oauth`: a tester sets up who may do what.

use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::ApiKey;
use super::oauth::OAuthApp;
use super::oauth::Settings;
use super::oauth::sessions::{Grant, Universes};
use crate::call::Reply;
use crate::failure::Failure;
use crate::server::{Incoming, Inner};

/// None, if the path is not about keys or OAuth.
pub(crate) fn answer(inner: &Inner, path: &str, request: &Incoming) -> Option<Reply> {
    let outcome = match (request.method.as_str(), path) {
        ("GET", "keys") => Ok(keys(inner)),
        ("POST", "keys") => read(request).map(|key: ApiKey| {
            let mut state = inner.state();
            let now = state.clock.now();
            state.identity.keys.add(key, now);
            Reply::empty(204)
        }),
        ("DELETE", _) if path.starts_with("keys/") => forget(inner, path.trim_start_matches("keys/")),
        ("GET", "oauth") => Ok(oauth(inner)),
        ("POST", "oauth/apps") => read(request).map(|app: OAuthApp| {
            inner.state().identity.oauth.apps.add(app);
            Reply::empty(204)
        }),
        ("PUT", "oauth/settings") => read(request).map(|settings: Settings| {
            inner.state().identity.oauth.settings = settings;
            Reply::empty(204)
        }),
        ("POST", "oauth/tokens") => read(request).and_then(|wanted: Wanted| give_token(inner, wanted)),
        ("POST", "oauth/revoke") => read(request).map(|who: Revoked| {
            let sessions = &mut inner.state().identity.oauth.sessions;
            let ended = sessions.revoke_user(who.user, who.client_id.as_deref());
            Reply::json(json!({ "ended": ended }))
        }),
        ("POST", "oauth/rotate-keys") => {
            inner.state().identity.oauth.keys.rotate();
            Ok(Reply::empty(204))
        }
        _ => return None,
    };
    Some(outcome.unwrap_or_else(|failure| failure.reply(&request.path)))
}

fn read<T: for<'de> Deserialize<'de>>(request: &Incoming) -> Result<T, Failure> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Failure::invalid(format!("The request body does not fit: {error}.")))
}

fn keys(inner: &Inner) -> Reply {
    let state = inner.state();
    let keys: Vec<Value> = state.identity.keys.all().map(ApiKey::described).collect();
    Reply::json(json!({ "anyKey": keys.is_empty(), "keys": keys }))
}

fn forget(inner: &Inner, name: &str) -> Result<Reply, Failure> {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    match inner.state().identity.keys.remove(&name) {
        0 => Err(Failure::not_found(format!("There is no key with the name '{name}'."))),
        _ => Ok(Reply::empty(204)),
    }
}

fn oauth(inner: &Inner) -> Reply {
    let state = inner.state();
    let oauth = &state.identity.oauth;
    let apps: Vec<_> = oauth
        .apps
        .all()
        .map(|app| {
            let mut json = serde_json::to_value(app).unwrap_or_default();
            if let Some(object) = json.as_object_mut() {
                let secret = object.remove("clientSecret");
                object.insert("confidential".to_owned(), json!(secret.is_some()));
            }
            json
        })
        .collect();
    let sessions: Vec<_> = oauth
        .sessions
        .all()
        .map(|(number, session)| {
            json!({
                "session": number,
                "clientId": session.client_id,
                "user": session.user,
                "scopes": session.scopes,
                "universes": session.universes.ids(),
                "ended": session.ended,
            })
        })
        .collect();
    Reply::json(json!({ "apps": apps, "sessions": sessions, "settings": oauth.settings }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Revoked {
    user: u64,
    client_id: Option<String>,
}

/// A session that is made without a browser.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    client_id: Option<String>,
    user: u64,
    scopes: Vec<String>,
    universes: Option<Vec<String>>,
}

fn give_token(inner: &Inner, wanted: Wanted) -> Result<Reply, Failure> {
    if inner.user(wanted.user).is_none() {
        return Err(Failure::not_found(format!("The user {} does not exist.", wanted.user)));
    }
    let mut state = inner.state();
    let now = state.clock.now();
    let identity = &mut state.identity;
    let client_id = match wanted.client_id {
        Some(id) if identity.oauth.apps.get(&id).is_none() => {
            return Err(Failure::not_found(format!("There is no app with the client_id '{id}'.")));
        }
        Some(id) => id,
        None => super::oauth::DEFAULT_ID.to_owned(),
    };
    let grant = Grant {
        client_id,
        user: wanted.user,
        scopes: wanted.scopes,
        universes: wanted.universes.map_or(Universes::Owned, Universes::Listed),
        given_at: now.as_second(),
    };
    let issued = identity.oauth.sessions.grant(&mut identity.secrets, grant, now);
    Ok(Reply::json(json!({ "access_token": issued.access, "refresh_token": issued.refresh })))
}
