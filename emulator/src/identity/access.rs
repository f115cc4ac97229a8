//! The gateway's part: is there a credential, is it good, and may it do this?

use http::header::AUTHORIZATION;

use crate::api::{Failure, Shapes};
use crate::document::{Match, Operation, query_pairs};
use crate::identity::keys::{ApiKey, Found, KeyScope, Refusal};
use crate::identity::scopes::{Creator, Grant, Target, lacking};
use crate::incoming::{API_KEY, Incoming};
use crate::inner::Inner;
use crate::state::State;

/// Lets a request pass, or says why not. If there are both a key and a token, the key counts.
pub(crate) fn authorize(inner: &Inner, found: &Match<'_>, request: &Incoming) -> Result<(), Failure> {
    if found.operation.public {
        return Ok(());
    }
    if let Some(key) = request.header(API_KEY).filter(|key| !key.is_empty()) {
        return by_key(inner, found, request, key);
    }
    match request.header(AUTHORIZATION).and_then(bearer) {
        Some(token) if found.operation.oauth => by_token(inner, found, request, token),
        _ => Err(Failure::unauthorized()),
    }
}

/// Whose API key a request has, if that was said.
pub(crate) fn owner(inner: &Inner, request: &Incoming) -> Option<u64> {
    described(&inner.state(), request).map(|key| key.authorized_user_id)
}

/// The same, unless it is who keys belong to that nothing else is said of.
pub(crate) fn named_user(state: &State, request: &Incoming) -> Option<u64> {
    described(state, request)?.named_user()
}

fn described<'a>(state: &'a State, request: &Incoming) -> Option<&'a ApiKey> {
    let found = state.identity.keys.find(request.header(API_KEY)?);
    if let Ok(Found::Described(key)) = found { Some(key) } else { None }
}

/// The token of `Bearer ...`.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn by_key(inner: &Inner, found: &Match<'_>, request: &Incoming, key: &str) -> Result<(), Failure> {
    let mut state = inner.state();
    let now = state.clock.now();
    let checked = state.identity.keys.check(key, request.peer, now);
    let (granted, is_foreign) = match checked.map_err(|refusal| refused(refusal, inner.config.shapes))? {
        Found::Any => return Ok(()),
        Found::Described(key) => (key.granted().map(<[KeyScope]>::to_vec), key.is_foreign()),
    };
    state.identity.keys.note_use(key, now);
    drop(state);
    // ER-07: the owner of the key is nobody here.
    if is_foreign && !found.operation.needed_scopes.is_empty() {
        return Err(Failure::permission_denied(FOREIGN_OWNER));
    }
    let Some(granted) = granted else { return Ok(()) };
    let grant = |scope: &str, target: &Target<'_>| {
        let mut given = granted.iter().filter(|given| given.is(scope)).peekable();
        match (given.peek().is_some(), given.any(|given| given.covers(target))) {
            (false, _) => Grant::Missing,
            (true, false) => Grant::ForOthers,
            (true, true) => Grant::Given,
        }
    };
    // AU-12: what does not say whose it is cannot be reached with a scope for some experiences only.
    let is_limited = |scope: &str| {
        granted.iter().filter(|given| given.is(scope)).all(|given| !given.is_for_every_universe())
    };
    let needs_all = inner.config.shapes.is_live() && names_no_universe(found.operation);
    let grant = |scope: &str, target: &Target<'_>| match grant(scope, target) {
        Grant::Given if needs_all && is_limited(scope) => Grant::ForSome,
        grant => grant,
    };
    let creator = Creator::of(found.operation, &request.headers, &request.body);
    check(inner, found, request, &creator, "API key", grant)
}

const FOREIGN_OWNER: &str = "The authorized user does not have sufficient permissions";

/// Operations whose path leaves open which experience they are about.
fn names_no_universe(operation: &Operation) -> bool {
    let path = operation.path.as_str();
    let is_about_one =
        path.starts_with("/place-version-history-api/") || path.starts_with("/virtual-events/");
    is_about_one && !path.contains("/universes/")
}

fn by_token(inner: &Inner, found: &Match<'_>, request: &Incoming, token: &str) -> Result<(), Failure> {
    let state = inner.state();
    let granted = state.identity.oauth.sessions.access(token, state.clock.now());
    let refused = |why| Failure::unauthorized_because(format!("Invalid access token: it {why}."));
    let granted = granted.map_err(refused)?;
    let user = granted.session.user;
    // An app makes things for the user who let it, and for groups of this user.
    let creator = Creator::of(found.operation, &request.headers, &request.body);
    let is_of_user = creator.is(|owner| owner == user, |group| state.groups.is_owner(group, user));
    let grant = |scope: &str, target: &Target<'_>| {
        if !granted.scopes.iter().any(|given| given == scope) {
            Grant::Missing
        } else if is_of_user && granted.session.universes.cover(target.universe) {
            Grant::Given
        } else {
            Grant::ForOthers
        }
    };
    check(inner, found, request, &creator, "access token", grant)
}

fn check(
    inner: &Inner,
    found: &Match<'_>,
    request: &Incoming,
    creator: &Creator,
    credential: &str,
    grant: impl Fn(&str, &Target<'_>) -> Grant,
) -> Result<(), Failure> {
    let query = query_pairs(request.query().unwrap_or_default());
    let target = Target::of(found, &query, creator);
    let needed = &found.operation.needed_scopes;
    let Some(lacking) = lacking(needed, |scope| grant(scope, &target), &target) else { return Ok(()) };
    refuse_if!(!inner.config.shapes.is_live(), forbidden(found.operation, credential, &lacking));
    let is_for_some = needed.iter().flatten().any(|scope| grant(scope, &target) == Grant::ForSome);
    Err(forbidden_live(found.operation, credential, &lacking, is_for_some))
}

/// The wordings that were seen of the live service; of services that none was seen of, the document's.
fn forbidden_live(operation: &Operation, credential: &str, lacking: &str, is_for_some: bool) -> Failure {
    let path = operation.path.as_str();
    // AU-12
    let mut unnamed = ["/place-version-history-api/", "/creator-configs-public-api/"].iter();
    let failure = if path.starts_with("/universes/v1/") && credential == "API key" {
        // ER-02: publishing.
        Failure::unauthorized_because("API Key has insufficient scopes.")
    } else if is_for_some {
        Failure::permission_denied("Scope must be configured to allow all resources")
    } else if unnamed.any(|service| path.starts_with(service)) {
        Failure::permission_denied("Scope not authorized")
    } else {
        return forbidden(operation, credential, lacking);
    };
    failure.noting("header.x-api-key", format!("does not have the scope {lacking}"))
}

fn forbidden(operation: &Operation, credential: &str, lacking: &str) -> Failure {
    let message = format!("The {credential} does not have the scope {lacking}.");
    let mut failure = Failure::permission_denied(message);
    if operation.path.starts_with("/datastores/") {
        failure.code = "INSUFFICIENT_SCOPE";
    }
    failure
}

fn refused(refusal: Refusal, shapes: Shapes) -> Failure {
    let why = match refusal {
        Refusal::Unknown => return Failure::unauthorized(),
        Refusal::Disabled => "it is disabled",
        Refusal::Expired => "it has expired",
        Refusal::Lapsed => "it lapsed after 60 days without use",
        Refusal::WrongAddress => "it is not allowed from this IP address",
    };
    if shapes.is_live() {
        // ER-01: the service does not tell why.
        return Failure::unauthorized().noting("header.x-api-key", why);
    }
    Failure::unauthorized_because(format!("Invalid API Key: {why}."))
}
