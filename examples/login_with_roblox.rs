//! A page with "Log in with Roblox" that shows who has logged in.
//!
//! ```sh
//! ROBLOX_CLIENT_ID=... ROBLOX_CLIENT_SECRET=... cargo run --example login_with_roblox
//! ```
//!
//! Register `http://localhost:8917/callback` as a redirect URL of the app, with the scopes `openid` and
//! `profile`. A public app has no secret: leave the variable out.
//!
//! With `--local` no app is needed: the login is one of a throw-away emulator, which has a public app.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use opencloud::oauth::{App, Callback, PendingLogin};
use opencloud::{Client, Scope};
use opencloud_emulator::Emulator;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const USAGE: &str = "\
usage: login_with_roblox [--local]

Serves a page with a login at http://localhost:8917/, for the app ROBLOX_CLIENT_ID (and ROBLOX_CLIENT_SECRET, if it
is confidential). With --local it is an app of a throw-away emulator, and nobody logs in at Roblox.";

/// The public app that the emulator has from the beginning.
const LOCAL_APP: &str = "1000000000000000002";

/// More logins are not waited for at once: anyone can begin one.
const MOST_PENDING: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let emulator = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => None,
        ["--local"] => Some(Emulator::start().await?),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        _ => return Err(USAGE.into()),
    };
    let app = match &emulator {
        Some(emulator) => {
            let url = emulator.base_url();
            eprintln!("Logins are those of a throw-away emulator at {url}.");
            App::builder(LOCAL_APP).issuer(format!("{url}/oauth/")).client(Client::builder().base_url(url))
        }
        None => {
            let app = App::builder(std::env::var("ROBLOX_CLIENT_ID").map_err(|_| "set ROBLOX_CLIENT_ID")?);
            match std::env::var("ROBLOX_CLIENT_SECRET") {
                Ok(secret) => app.client_secret(secret),
                Err(_) => app,
            }
        }
    };
    let app = app.redirect_uri("http://localhost:8917/callback");
    let app = app.build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8917").await?;
    println!("open http://localhost:8917/");
    Ok(axum::serve(listener, service(app)).await?)
}

struct Site {
    app: App,
    /// By session. A real site keeps this where its sessions are, and lets it expire.
    pending: Mutex<HashMap<String, PendingLogin>>,
}

/// The service, which a test can call as well.
pub(crate) fn service(app: App) -> Router {
    Router::new()
        .route("/", get(|| async { Html("<a href=\"/login\">Log in with Roblox</a>") }))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .with_state(Arc::new(Site { app, pending: Mutex::default() }))
}

/// Sends the browser to Roblox, and marks it with a session of its own.
async fn login(State(site): State<Arc<Site>>) -> Response {
    let login = match site.app.authorize([Scope::Openid, Scope::Profile]).begin() {
        Ok(login) => login,
        Err(error) => return failed(&error.to_string()),
    };
    let session = uuid::Uuid::new_v4().to_string();
    let cookie = format!("session={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
    let redirect = Redirect::to(login.url());
    let mut pending = site.pending.lock().unwrap_or_else(PoisonError::into_inner);
    if pending.len() >= MOST_PENDING {
        pending.clear();
    }
    pending.insert(session, login.into_pending());
    ([(header::SET_COOKIE, cookie)], redirect).into_response()
}

/// The browser is back.
async fn callback(State(site): State<Arc<Site>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    // Only the browser that was sent away has the session, and a login is used once.
    let pending = session(&headers)
        .and_then(|session| site.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(session));
    let Some(pending) = pending else { return failed("no login was begun in this browser") };
    match site.app.finish(pending, &Callback::from_query(&query.unwrap_or_default())).await {
        Ok(login) => {
            // A real site keeps `login.tokens` in a `TokenStore` if it wants to call in the user's name.
            let user = login.identity.map(|identity| identity.user).unwrap_or_default();
            let name = escaped(&user.display_name.or(user.username).unwrap_or_default());
            let picture = user
                .picture
                // The emulator's pictures are plain http of this machine.
                .filter(|url| url.starts_with("https://") || url.starts_with("http://127.0.0.1:"))
                .map_or_else(String::new, |url| format!("<img alt=\"\" src=\"{}\">", escaped(&url)));
            Html(format!("<!doctype html><meta charset=\"utf-8\"><h1>Hello, {name}</h1>{picture}"))
                .into_response()
        }
        Err(error) => failed(&error.to_string()),
    }
}

fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("session="))
}

fn failed(why: &str) -> Response {
    let page = format!("<p>{}</p><a href=\"/login\">Try again</a>", escaped(why));
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// Names and messages come from elsewhere.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
