//! The page on which a person allows or refuses what an app asks for. It needs no script.

use crate::api::Response;
use crate::html::{content_security_policy, escape};
use crate::identity::oauth::apps::OAuthApp;
use crate::inner::Inner;

/// The fields of the page itself; all others are the app's and come back as they were.
pub(crate) const OWN: &str = "emulator_";

const PAGE: &str = include_str!("consent.html");
const STYLE: &str = include_str!("consent.css");
/// Who is offered to be.
const USERS: [u64; 3] = [1001, 1002, 1003];

pub(crate) fn page(
    inner: &Inner,
    app: &OAuthApp,
    scopes: &[String],
    pairs: &[(String, String)],
    error: Option<&str>,
) -> Response {
    let mut fields = String::new();
    for (name, value) in pairs {
        let (name, value) = (escape(name), escape(value));
        fields.push_str(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n"));
    }
    let mut users = String::new();
    for (index, user) in USERS.iter().enumerate() {
        let profile = inner.user(*user).unwrap_or_default();
        let name = |field: &str| escape(profile[field].as_str().unwrap_or_default());
        users.push_str(&format!(
            "<label><input type=\"radio\" name=\"emulator_user\" value=\"{user}\"{}> {} \
             <small>@{} · {user}</small></label>\n",
            if index == 0 { " checked" } else { "" },
            name("displayName"),
            name("name"),
        ));
    }
    let scopes: String = scopes.iter().map(|scope| format!("<li>{}</li>\n", escape(scope))).collect();
    let error = error.map(|error| format!("<p role=\"alert\">{}</p>", escape(error)));
    let content = format!(
        "<h1>{name} wants to act for you</h1>\n{error}\n\
         <form method=\"post\" action=\"/oauth/v1/authorize\">\n{fields}\
         <h2>It asks for</h2>\n<ul>\n{scopes}</ul>\n\
         <fieldset><legend>You are</legend>\n{users}\
         <label><input type=\"radio\" name=\"emulator_user\" value=\"other\"> User number \
         <input type=\"number\" name=\"emulator_other_user\" min=\"1\" aria-label=\"Number of another user\"></label>\n\
         </fieldset>\n\
         <label class=\"line\">Only for these universes <small>none: for all</small>\n\
         <input name=\"emulator_universes\" placeholder=\"2001, 2002\" inputmode=\"numeric\"></label>\n\
         <p class=\"buttons\"><button name=\"emulator_decision\" value=\"approve\">Allow</button>\n\
         <button name=\"emulator_decision\" value=\"deny\" class=\"quiet\">Refuse</button></p>\n</form>",
        name = escape(&app.name),
        error = error.unwrap_or_default(),
    );
    html(&content)
}

/// Tells a person what the app did wrong, as the app cannot be told.
pub(crate) fn refusal(what: &str) -> Response {
    let content = format!("<h1>This does not work</h1>\n<p role=\"alert\">{}</p>", escape(what));
    html(&content).with_status(400)
}

fn html(content: &str) -> Response {
    let page = PAGE.replace("/*STYLE*/", STYLE).replace("<!--CONTENT-->", content);
    Response::content("text/html; charset=utf-8", page)
        .with_header("content-security-policy", content_security_policy(STYLE, None))
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "same-origin")
        .with_header("x-content-type-options", "nosniff")
}
