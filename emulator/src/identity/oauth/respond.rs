//! What responses of the OAuth endpoints have in common.

use crate::api::Response;
use crate::identity::oauth::client::OAuthError;
use crate::identity::oauth::model::Settings;
use crate::inner::Inner;

/// The issuer, with the slash at its end that Roblox's has.
pub(super) fn issuer(inner: &Inner, settings: &Settings) -> String {
    settings.issuer.clone().unwrap_or_else(|| format!("{}/oauth/", inner.base_url))
}

pub(in crate::identity) fn respond(outcome: Result<Response, OAuthError>) -> Response {
    // Tokens must not be kept by anybody on their way.
    let response = outcome
        .unwrap_or_else(|error| error.response())
        .with_header("cache-control", "no-store")
        .with_header("pragma", "no-cache");
    open_to_pages(response)
}

/// Lets the script of any page read a response: an app that runs in a browser could not log in without it. What it needs
/// for that, a code or a token, no browser adds by itself.
pub(in crate::identity) fn open_to_pages(response: Response) -> Response {
    response.with_header("access-control-allow-origin", "*")
}

/// What a browser asks before it sends a page's request with a token.
pub(in crate::identity) fn preflight() -> Response {
    open_to_pages(Response::empty(204))
        .with_header("access-control-allow-methods", "GET, POST")
        .with_header("access-control-allow-headers", "authorization, content-type")
        .with_header("access-control-max-age", "600")
}
