//! `POST /api-keys/v1/introspect`: what a key may do. The key that is asked for is also the credential.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{Failure, Response, rfc3339};
use crate::identity::keys::{ApiKey, Found, KeyScope};
use crate::identity::scopes;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

fn has_lapsed(inner: &Inner, key: &ApiKey, now: Timestamp) -> bool {
    inner.config.introspection_lifetime.is_some_and(|lifetime| key.is_older_than(lifetime, now))
}

pub(super) fn introspect(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let refused = |error| Failure::invalid(format!("The request body is not JSON: {error}."));
    let body: Value = serde_json::from_slice(&request.body).map_err(refused)?;
    let key = body["apiKey"].as_str().filter(|key| !key.is_empty());
    let form = "The request body must be of the form {\"apiKey\":\"...\"}.";
    let key = key.ok_or_else(|| Failure::invalid(form))?;
    let state = inner.state();
    let keys = &state.identity.keys;
    let everything = || -> Vec<KeyScope> {
        let names = scopes::by_name(inner.document).into_iter();
        names.map(|(name, operations)| KeyScope::everything(name, operations)).collect()
    };
    let facts = match keys.find(key) {
        Err(_) => return Err(Failure::unauthorized()),
        // AU-01: the key is good for everything else.
        Ok(Found::Described(key)) if has_lapsed(inner, key, state.clock.now()) => {
            return Err(Failure::unauthorized().noting("header.x-api-key", "is too old to be introspected"));
        }
        Ok(Found::Any) => json!({
            "name": "any key",
            "authorizedUserId": "1001",
            "scopes": everything(),
            "enabled": true,
            "expired": false,
            "expirationTimeUtc": null,
        }),
        Ok(Found::Described(key)) => json!({
            "name": key.name,
            "authorizedUserId": key.authorized_user_id.to_string(),
            "scopes": key.granted().map_or_else(everything, <[KeyScope]>::to_vec),
            "enabled": key.enabled,
            "expired": key.is_over(state.clock.now()),
            "expirationTimeUtc": key.expiration_time_utc.map(rfc3339),
        }),
    };
    Ok(Response::json(facts).into())
}
