//! What is beside the operations of the document: the introspection of keys, and OAuth 2.0.

use crate::control::route::{Route, Routes};
use crate::identity::introspect;
use crate::identity::oauth::respond::{open_to_pages, preflight, respond};
use crate::identity::oauth::{authorize, discovery, inspect, token, userinfo};

pub(crate) const ROUTES: Routes = &[
    Route::reads("POST", "/api-keys/v1/introspect", introspect::introspect),
    Route::reads("GET", "/oauth/.well-known/openid-configuration", |inner, _, _| {
        Ok(open_to_pages(discovery::configuration(inner)).into())
    }),
    Route::reads("GET", "/oauth/v1/certs", |inner, _, _| {
        Ok(open_to_pages(discovery::certificates(inner)).into())
    }),
    // Redirects are no successes, and a token that is used twice ends its session.
    Route::always_changes("GET", "/oauth/v1/authorize", |inner, request, _| {
        Ok(authorize::ask(inner, request).into())
    }),
    Route::always_changes("POST", "/oauth/v1/authorize", |inner, request, _| {
        Ok(authorize::decide(inner, request).into())
    }),
    Route::always_changes("POST", "/oauth/v1/token", |inner, request, _| {
        Ok(respond(token::exchange(inner, request)).into())
    }),
    Route::reads("POST", "/oauth/v1/token/introspect", |inner, request, _| {
        Ok(respond(inspect::introspect(inner, request)).into())
    }),
    Route::reads("POST", "/oauth/v1/token/resources", |inner, request, _| {
        Ok(respond(inspect::resources(inner, request)).into())
    }),
    Route::always_changes("POST", "/oauth/v1/token/revoke", |inner, request, _| {
        Ok(respond(inspect::revoke(inner, request)).into())
    }),
    Route::reads("GET", "/oauth/v1/userinfo", userinfo::respond),
    Route::reads("POST", "/oauth/v1/userinfo", userinfo::respond),
    Route::reads("OPTIONS", "/oauth/v1/token*", |_, _, _| Ok(preflight().into())),
    Route::reads("OPTIONS", "/oauth/v1/userinfo", |_, _, _| Ok(preflight().into())),
];
