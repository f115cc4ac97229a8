//! `/oauth/v1/authorize`: an app asks, a person (or a setting) decides, and the browser is sent back with a code.

use http::header::COOKIE;
use url::Url;

use crate::api::Response;
use crate::control::visitor;
use crate::document::{essence, query_pairs};
use crate::identity::oauth::apps::OAuthApp;
use crate::identity::oauth::client::Form;
use crate::identity::oauth::consent;
use crate::identity::oauth::model::Decision;
use crate::identity::oauth::sessions::{Grant, Universes};
use crate::identity::scopes;
use crate::incoming::Incoming;
use crate::inner::Inner;

/// Remembers in a browser who decided last. It says who is "logged in" when nothing may be shown.
const USER_COOKIE: &str = "emulator_user";
/// A SHA-256 digest in Base64.
const CHALLENGE_LENGTH: usize = 43;
const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// A request of an app that may be shown to a person.
struct Ask {
    app: OAuthApp,
    scopes: Vec<String>,
    redirect_uri: Url,
    /// As the app wrote it, which is what it must repeat.
    written_redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    challenge: Option<String>,
    wants_code: bool,
    /// Nothing may be shown.
    silent: bool,
}

/// Why a request cannot be shown to a person.
enum Problem {
    /// Nobody knows where to send the browser back to: the person must be told.
    Told(String),
    /// The app is told: this is where the browser is sent.
    Returned(String),
}

impl Problem {
    fn response(self, status: u16) -> Response {
        match self {
            Problem::Told(what) => consent::refusal(&what),
            Problem::Returned(location) => redirect(&location, status),
        }
    }
}

/// `GET`: shows the consent page, unless it is already known what will be decided.
pub(crate) fn ask(inner: &Inner, request: &Incoming) -> Response {
    let pairs = query_pairs(request.query().unwrap_or_default());
    let ask = match read(inner, &pairs) {
        Ok(ask) => ask,
        Err(problem) => return problem.response(302),
    };
    let decision = inner.state().identity.oauth.settings.decision.clone();
    match decision {
        Some(Decision::Approve { user }) => approve(inner, ask, user, Universes::Owned, 302),
        Some(Decision::Deny) => deny(ask, 302),
        None if ask.silent => silently(inner, ask, request),
        None => consent::page(inner, &ask.app, &ask.scopes, &pairs, None),
    }
}

/// `POST`: what the person decided on the page.
pub(crate) fn decide(inner: &Inner, request: &Incoming) -> Response {
    // Another site must not decide in the person's place.
    if visitor::is_from_another_site(request) {
        return consent::refusal("The decision does not come from the page of the emulator.");
    }
    if request.header("content-type").map(essence).as_deref() != Some("application/x-www-form-urlencoded") {
        return consent::refusal("The decision must be a form: application/x-www-form-urlencoded.");
    }
    let body = String::from_utf8_lossy(&request.body);
    let (own, pairs): (Vec<_>, Vec<_>) =
        query_pairs(&body).into_iter().partition(|(name, _)| name.starts_with(consent::OWN));
    let own = match Form::of(own) {
        Ok(own) => own,
        Err(what) => return consent::refusal(&what),
    };
    let ask = match read(inner, &pairs) {
        Ok(ask) => ask,
        Err(problem) => return problem.response(303),
    };
    if own.get("emulator_decision") != Some("approve") {
        return deny(ask, 303);
    }
    let refuse = |error: &str| consent::page(inner, &ask.app, &ask.scopes, &pairs, Some(error));
    let user = match own.get("emulator_user") {
        Some("other") => own.get("emulator_other_user"),
        user => user,
    };
    let user = user.and_then(|user| user.parse::<u64>().ok()).filter(|user| inner.user(*user).is_some());
    let Some(user) = user else { return refuse("There is no such user.") };
    let listed = own.get("emulator_universes").unwrap_or_default().split([',', ' ']);
    let listed: Vec<_> = listed.filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if !listed.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_digit())) {
        return refuse("Universes are numbers, such as 2001, 2002.");
    }
    let universes = if listed.is_empty() { Universes::Owned } else { Universes::Listed(listed) };
    approve(inner, ask, user, universes, 303)
}

/// Without a page: only for somebody who decided before, and for nothing new.
fn silently(inner: &Inner, ask: Ask, request: &Incoming) -> Response {
    let cookies = request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let user = |pair: &str| pair.trim().strip_prefix(USER_COOKIE)?.strip_prefix('=')?.parse::<u64>().ok();
    let Some(user) = cookies.flat_map(|value| value.split(';')).find_map(user) else {
        return refuse(ask, "login_required", "Nobody is logged in.", 302);
    };
    let known = inner.state().identity.oauth.sessions.has_consented(&ask.app.client_id, user, &ask.scopes);
    if !known {
        return refuse(ask, "consent_required", "The user did not allow all of this before.", 302);
    }
    approve(inner, ask, user, Universes::Owned, 302)
}

fn approve(inner: &Inner, ask: Ask, user: u64, universes: Universes, status: u16) -> Response {
    let mut state = inner.state();
    let now = state.clock.now();
    let identity = &mut state.identity;
    let (client_id, scopes, given_at) = (ask.app.client_id, ask.scopes, now.as_second());
    let grant = Grant { client_id, user, scopes, universes, given_at };
    let code = ask.wants_code.then(|| {
        identity.oauth.sessions.authorize(
            &mut identity.secrets,
            grant,
            &ask.written_redirect_uri,
            ask.challenge.as_deref(),
            ask.nonce.as_deref(),
            now,
        )
    });
    let code = code.as_deref().map(|code| ("code", code));
    send_back(ask.redirect_uri, ask.state.as_deref(), code.as_slice(), status)
        .with_header("set-cookie", format!("{USER_COOKIE}={user}; Path=/oauth/; HttpOnly; SameSite=Lax"))
}

fn deny(ask: Ask, status: u16) -> Response {
    refuse(ask, "access_denied", "The user did not allow it.", status)
}

fn refuse(ask: Ask, error: &str, description: &str, status: u16) -> Response {
    let pairs = [("error", error), ("error_description", description)];
    send_back(ask.redirect_uri, ask.state.as_deref(), &pairs, status)
}

fn send_back(to: Url, state: Option<&str>, pairs: &[(&str, &str)], status: u16) -> Response {
    redirect(&with_parameters(to, state, pairs), status)
}

/// The app's address with what it is told, and with the state that it gave.
fn with_parameters(mut to: Url, state: Option<&str>, pairs: &[(&str, &str)]) -> String {
    to.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    to.into()
}

fn redirect(location: &str, status: u16) -> Response {
    Response::empty(status)
        .with_header("location", location)
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "no-referrer")
}

fn read(inner: &Inner, pairs: &[(String, String)]) -> Result<Ask, Problem> {
    let form = Form::of(pairs.to_vec()).map_err(Problem::Told)?;
    let told = |what: &str| Problem::Told(what.to_owned());
    let app = form.get("client_id").and_then(|id| inner.state().identity.oauth.apps.get(id).cloned());
    let app = app.ok_or_else(|| told("There is no app with this client_id."))?;
    let written_redirect_uri = form.get("redirect_uri").unwrap_or_default().to_owned();
    let parsed = Url::parse(&written_redirect_uri).ok();
    let redirect_uri = parsed
        .filter(|_| app.may_return_to(&written_redirect_uri))
        .ok_or_else(|| told("The redirect_uri is not one that the app registered."))?;
    let state = form.get("state").map(str::to_owned);
    let problem = |code: &str, description: String| {
        let pairs = [("error", code), ("error_description", &description)];
        Problem::Returned(with_parameters(redirect_uri.clone(), state.as_deref(), &pairs))
    };
    // Two of Roblox's guides write `Code`.
    let response_type = form.get("response_type").map(str::to_ascii_lowercase);
    let wants_code = match response_type.as_deref() {
        Some("code") => true,
        Some("none") => false,
        Some(other) => {
            let message = format!("The response_type '{other}' is neither code nor none.");
            return Err(problem("unsupported_response_type", message));
        }
        None => return Err(problem("invalid_request", "The response_type is missing.".to_owned())),
    };
    let scopes = wanted_scopes(inner, &app, &form).map_err(|(code, what)| problem(code, what))?;
    let challenge = challenge(&app, &form, wants_code).map_err(|what| problem("invalid_request", what))?;
    let silent = is_silent(&form).map_err(|what| problem("invalid_request", what))?;
    Ok(Ask {
        scopes,
        written_redirect_uri,
        nonce: form.get("nonce").map(str::to_owned),
        challenge,
        wants_code,
        silent,
        app,
        redirect_uri,
        state,
    })
}

fn wanted_scopes(inner: &Inner, app: &OAuthApp, form: &Form) -> Result<Vec<String>, (&'static str, String)> {
    let known = scopes::all(inner.document);
    let mut wanted: Vec<String> = Vec::new();
    for scope in form.get("scope").unwrap_or_default().split_whitespace() {
        if !known.contains(scope) && !scopes::IDENTITY.contains(&scope) {
            return Err(("invalid_scope", format!("The scope '{scope}' does not exist.")));
        }
        if !app.may_ask_for(scope) {
            return Err(("invalid_scope", format!("The scope '{scope}' is not one of the app's.")));
        }
        if !wanted.iter().any(|one| one == scope) {
            wanted.push(scope.to_owned());
        }
    }
    if wanted.is_empty() {
        return Err(("invalid_request", "The scope is missing.".to_owned()));
    }
    Ok(wanted)
}

/// The PKCE challenge, which an app without a secret cannot do without.
fn challenge(app: &OAuthApp, form: &Form, wants_code: bool) -> Result<Option<String>, String> {
    let method = form.get("code_challenge_method");
    let Some(challenge) = form.get("code_challenge") else {
        refuse_if!(method.is_some(), "There is a code_challenge_method, but no code_challenge.");
        if app.client_secret.is_none() && wants_code {
            return Err("A public app must use PKCE: the code_challenge is missing.".to_owned());
        }
        return Ok(None);
    };
    refuse_if!(method != Some("S256"), "The code_challenge_method must be S256.");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(allowed) {
        let message = "The code_challenge must be a SHA-256 digest in Base64 for URLs, without padding.";
        return Err(message.to_owned());
    }
    Ok(Some(challenge.to_owned()))
}

fn is_silent(form: &Form) -> Result<bool, String> {
    let prompts: Vec<_> = form.get("prompt").unwrap_or_default().split_whitespace().collect();
    if let Some(unknown) = prompts.iter().find(|prompt| !PROMPTS.contains(prompt)) {
        return Err(format!("The prompt '{unknown}' is not one of {}.", PROMPTS.join(", ")));
    }
    let silent = prompts.contains(&"none");
    refuse_if!(silent && prompts.len() > 1, "The prompt 'none' goes with no other.");
    Ok(silent)
}
