//! What clients read before they begin: the endpoints, and the keys that ID tokens are checked with.

use serde_json::json;

use crate::api::Response;
use crate::identity::oauth::respond::issuer;
use crate::identity::scopes;
use crate::inner::Inner;

pub(crate) fn configuration(inner: &Inner) -> Response {
    let at = |path: &str| format!("{}/oauth/v1/{path}", inner.base_url);
    let mut scopes: Vec<_> = scopes::IDENTITY.to_vec();
    scopes.extend(scopes::all(inner.document));
    Response::json(json!({
        "issuer": issuer(inner, &inner.state().identity.oauth.settings),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("token/introspect"),
        "revocation_endpoint": at("token/revoke"),
        "resources_endpoint": at("token/resources"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("certs"),
        "scopes_supported": scopes,
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "name", "nickname", "preferred_username",
            "created_at", "profile", "picture",
        ],
        "response_types_supported": ["none", "code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

pub(crate) fn certificates(inner: &Inner) -> Response {
    Response::json(inner.state().identity.oauth.keys.published())
}
