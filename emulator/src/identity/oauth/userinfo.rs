//! Who the user is: the claims of ID tokens and of `GET /oauth/v1/userinfo`.

use http::header::AUTHORIZATION;
use serde_json::{Map, Value, json};

use crate::api::{Failure, Response, object};
use crate::identity::access::bearer;
use crate::identity::oauth::respond::open_to_pages;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(in crate::identity) fn respond(
    inner: &Inner,
    request: &Incoming,
    _: &str,
) -> Result<WireResponse, Failure> {
    Ok(open_to_pages(userinfo(inner, request)).into())
}

fn userinfo(inner: &Inner, request: &Incoming) -> Response {
    let token = request.header(AUTHORIZATION).and_then(bearer);
    let Some(token) = token else {
        return refused(401, "Bearer".to_owned(), "invalid_request", "There is no access token.");
    };
    let found = {
        let state = inner.state();
        let now = state.clock.now();
        let access = state.identity.oauth.sessions.access(token, now);
        access.map(|access| (access.session.user, access.scopes.to_vec()))
    };
    match found {
        Err(why) => {
            let description = format!("The access token {why}.");
            let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{description}\"");
            refused(401, challenge, "invalid_token", &description)
        }
        Ok((_, scopes)) if !scopes.iter().any(|scope| scope == "openid") => {
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"openid\"".to_owned();
            let description = "The access token does not have the scope openid.";
            refused(403, challenge, "insufficient_scope", description)
        }
        Ok((user, scopes)) => Response::json(Value::Object(claims(inner, user, &scopes))),
    }
}

fn refused(status: u16, challenge: String, code: &str, description: &str) -> Response {
    Response::json(json!({ "error": code, "error_description": description }))
        .with_status(status)
        .with_header("www-authenticate", challenge)
}

/// `sub`, and with the scope `profile` what is known of the user.
pub(crate) fn claims(inner: &Inner, user: u64, scopes: &[String]) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(user.to_string()));
    if !scopes.iter().any(|scope| scope == "profile") {
        return claims;
    }
    let profile = inner.user(user).unwrap_or_default();
    let created = profile["createTime"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let picture = format!("{}/__emulator/content/users/{user}/avatar/150x150/round.png", inner.base_url);
    let more = json!({
        // Roblox calls the display name the name as well as the nickname.
        "name": profile["displayName"],
        "nickname": profile["displayName"],
        "preferred_username": profile["name"],
        "created_at": created.map(jiff::Timestamp::as_second),
        "profile": format!("https://www.roblox.com/users/{user}/profile"),
        "picture": picture,
    });
    claims.extend(object(more));
    claims
}
