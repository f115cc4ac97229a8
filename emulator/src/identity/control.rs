//! `/__emulator/keys` and `/__emulator/oauth`: a tester sets up who may do what.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Failure, Response, object};
use crate::control::route::{Route, Routes};
use crate::identity::keys::ApiKey;
use crate::identity::oauth::sessions::{Grant, Session, Universes};
use crate::identity::oauth::{DEFAULT_ID, OAuthApp};
use crate::identity::scopes;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator/keys", |inner, _, _| Ok(Response::json(known_keys(inner)).into())),
    Route::changes("POST", "/__emulator/keys", add_key),
    Route::changes("DELETE", "/__emulator/keys/*", forget_key),
    Route::reads("GET", "/__emulator/oauth", |inner, _, _| Ok(Response::json(known_oauth(inner)).into())),
    Route::changes("POST", "/__emulator/oauth/apps", add_app),
    Route::changes("PUT", "/__emulator/oauth/settings", set),
    Route::changes("POST", "/__emulator/oauth/tokens", give_token),
    Route::changes("POST", "/__emulator/oauth/revoke", revoke),
    Route::changes("POST", "/__emulator/oauth/rotate-keys", rotate_keys),
];

fn read<T: for<'de> Deserialize<'de>>(request: &Incoming) -> Result<T, Failure> {
    let refused = |error| Failure::invalid(format!("The request body does not fit: {error}."));
    serde_json::from_slice(&request.body).map_err(refused)
}

/// Everything about keys and OAuth but the secrets.
pub(crate) fn overview(inner: &Inner) -> Value {
    json!({ "keys": known_keys(inner), "oauth": known_oauth(inner) })
}

fn known_keys(inner: &Inner) -> Value {
    let state = inner.state();
    let keys: Vec<Value> = state.identity.keys.all().map(ApiKey::described).collect();
    json!({ "anyKey": keys.is_empty(), "keys": keys })
}

fn add_key(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let key: ApiKey = read(request)?;
    let mut state = inner.state();
    let now = state.clock.now();
    state.identity.keys.add(key, now);
    Ok(Response::empty(204).into())
}

fn forget_key(inner: &Inner, _: &Incoming, name: &str) -> Result<WireResponse, Failure> {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    match inner.state().identity.keys.remove(&name) {
        0 => Err(Failure::not_found(format!("There is no key with the name '{name}'."))),
        _ => Ok(Response::empty(204).into()),
    }
}

fn known_oauth(inner: &Inner) -> Value {
    let state = inner.state();
    let oauth = &state.identity.oauth;
    let app = |app: &OAuthApp| {
        let mut json = object(serde_json::to_value(app).unwrap_or_default());
        let secret = json.remove("clientSecret");
        json.insert("confidential".to_owned(), json!(secret.is_some()));
        json
    };
    let session = |(number, session): (u64, &Session)| {
        json!({
            "session": number,
            "clientId": session.client_id,
            "user": session.user,
            "scopes": session.scopes,
            "universes": session.universes.ids(),
            "ended": session.ended,
        })
    };
    let apps: Vec<_> = oauth.apps.all().map(app).collect();
    let sessions: Vec<_> = oauth.sessions.all().map(session).collect();
    json!({ "apps": apps, "sessions": sessions, "settings": oauth.settings })
}

fn add_app(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.state().identity.oauth.apps.add(read(request)?);
    Ok(Response::empty(204).into())
}

fn set(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.state().identity.oauth.settings = read(request)?;
    Ok(Response::empty(204).into())
}

fn rotate_keys(inner: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    inner.state().identity.oauth.keys.rotate();
    Ok(Response::empty(204).into())
}

/// A user takes back what was given to an app, or to all apps.
fn revoke(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let who: Revoked = read(request)?;
    let sessions = &mut inner.state().identity.oauth.sessions;
    let ended = sessions.revoke_user(who.user, who.client_id.as_deref());
    Ok(Response::json(json!({ "ended": ended })).into())
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

fn give_token(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let wanted: Wanted = read(request)?;
    if inner.user(wanted.user).is_none() {
        return Err(Failure::not_found(format!("The user {} does not exist.", wanted.user)));
    }
    let known = scopes::all(inner.document);
    let is_known = |scope: &str| known.contains(scope) || scopes::IDENTITY.contains(&scope);
    if let Some(unknown) = wanted.scopes.iter().find(|scope| !is_known(scope)) {
        return Err(Failure::invalid(format!("The scope '{unknown}' does not exist.")));
    }
    let mut state = inner.state();
    let now = state.clock.now();
    let identity = &mut state.identity;
    let client_id = match wanted.client_id {
        Some(id) if identity.oauth.apps.get(&id).is_none() => {
            return Err(Failure::not_found(format!("There is no app with the client_id '{id}'.")));
        }
        Some(id) => id,
        None => DEFAULT_ID.to_owned(),
    };
    let grant = Grant {
        client_id,
        user: wanted.user,
        scopes: wanted.scopes,
        universes: wanted.universes.map_or(Universes::Owned, Universes::Listed),
        given_at: now.as_second(),
    };
    let issued = identity.oauth.sessions.grant(&mut identity.secrets, grant, now);
    Ok(Response::json(json!({ "access_token": issued.access, "refresh_token": issued.refresh })).into())
}
