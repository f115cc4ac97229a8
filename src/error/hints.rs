//! What to do, for the failures whose cause is known.

use super::{Error, ErrorKind};

/// What a rule looks at.
struct Facts<'a> {
    kind: ErrorKind,
    status: u16,
    code: &'a str,
    method: &'a str,
    path: &'a str,
    may_have_been_applied: bool,
}

impl Facts<'_> {
    fn writes_to(&self, part: &str) -> bool {
        self.method != "GET" && self.path.contains(part)
    }
}

/// When a hint is given, and the hint. The first rule that holds speaks.
type Rule = (fn(&Facts<'_>) -> bool, &'static str);

const RULES: &[Rule] = &[
    (
        |facts| facts.kind == ErrorKind::ModeratedAccount,
        "the account that owns the credential is moderated; nothing will work until that is resolved on roblox.com",
    ),
    (
        |facts| facts.kind == ErrorKind::ModeratedText,
        "choose another text; sending the same again will not help",
    ),
    (|facts| facts.kind == ErrorKind::InvalidFile, "the file is damaged, or not of the type that was stated"),
    // https://create.roblox.com/docs/cloud/auth/oauth2-reference
    (
        |facts| facts.kind == ErrorKind::AuthorizationRequired,
        "the user must authorize the app again: send them through the login",
    ),
    (
        |facts| facts.method == "GET" && facts.path.ends_with("/oauth/v1/certs"),
        "the keys of ID tokens cannot be had now; nothing is wrong with the login: it can be tried again",
    ),
    (
        |facts| matches!(facts.code, "invalid_client" | "unauthorized_client"),
        "check the app's client id, its secret (a public app has none) and its settings in the Creator Dashboard",
    ),
    // https://create.roblox.com/docs/cloud/auth/api-keys
    (
        |facts| facts.status == 401,
        "the API key may be wrong, disabled, expired (also after 60 days without use) or not allowed from this IP address; \
         an access token expires after 15 minutes",
    ),
    (
        |facts| facts.status == 409 && facts.writes_to("/places/") && is_place(facts.path),
        "the place may be open in Team Create: close that session and try again; or the place is not in this universe",
    ),
    // https://create.roblox.com/docs/cloud/reference/features/luau-execution
    (
        |facts| facts.status == 429 && facts.writes_to("/luau-execution-session-tasks"),
        "a place takes ten unfinished tasks at a time: wait for some to finish",
    ),
    // https://create.roblox.com/docs/cloud/guides/analytics
    (
        |facts| is_analytics(facts) && facts.code == "3000",
        "the query is too large, which no waiting changes: ask for a shorter time, fewer dimensions or a coarser granularity",
    ),
    (
        |facts| is_analytics(facts) && facts.code == "1000",
        "the query took too long: ask for a shorter time, fewer dimensions or a coarser granularity",
    ),
    // https://create.roblox.com/docs/cloud-services/data-stores/error-codes-and-limits
    (
        |facts| {
            facts.may_have_been_applied
                && (facts.writes_to("data-stores/")
                    || facts.writes_to("-datastores/")
                    || facts.writes_to("/orderedDataStores/"))
        },
        "the write may have been applied: read the entry before sending it again",
    ),
    (
        |facts| facts.may_have_been_applied,
        "it may have been applied all the same: look before you send it again",
    ),
    (
        |facts| facts.kind == ErrorKind::Redirect,
        "redirects are not followed, because the credential would go along; check the base URL",
    ),
];

/// A place itself, or its versions: what publishing and updating write to.
fn is_place(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last == "versions" || (last.starts_with('{') && path.trim_end_matches(last).ends_with("/places/"))
}

fn is_analytics(facts: &Facts<'_>) -> bool {
    facts.path.contains("analytics-query")
}

pub(super) fn hint(error: &Error) -> Option<String> {
    let scopes = error.required_scopes();
    if error.kind() == ErrorKind::PermissionDenied && !scopes.is_empty() {
        // https://create.roblox.com/docs/cloud/guides/inventory
        let is_inventory = error.path().is_some_and(|path| path.ends_with("/inventory-items"));
        return Some(format!(
            "{}the credential may lack a scope or access to this resource; the scopes of this operation: {}",
            if is_inventory { "the user may keep the inventory private; or " } else { "" },
            scopes.join(", ")
        ));
    }
    let facts = Facts {
        kind: error.kind(),
        status: error.status().map_or(0, |status| status.as_u16()),
        code: error.code().unwrap_or_default(),
        method: error.method().map_or("", |method| method.as_str()),
        path: error.path().unwrap_or_default(),
        may_have_been_applied: error.may_have_been_applied(),
    };
    let rule = RULES.iter().find(|(holds, _)| holds(&facts)).map(|(_, hint)| (*hint).to_owned());
    rule.or_else(|| wait(error))
}

fn wait(error: &Error) -> Option<String> {
    let wait = error.retry_after().filter(|_| error.is_rate_limited())?;
    Some(format!("the service asks to wait {} s", wait.as_secs_f64().ceil()))
}
