//! `/__emulator/`: the page that shows state and traffic live in a browser.
//!
//! The page is one file without anything from elsewhere. What it shows at first is in it already; afterwards it listens
//! to events.

mod events;
mod state;
mod tree;

use serde_json::{Value, json};

use crate::api::{Failure, Response};
use crate::control;
use crate::control::requests::recorded;
use crate::control::route::{Route, Routes};
use crate::html::{content_security_policy, escape};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

pub(crate) const ROUTES: Routes = &[
    Route::reads("GET", "/__emulator", to_page),
    Route::reads("GET", "/__emulator/", page),
    Route::reads("GET", "/__emulator/dashboard/events", events::listen),
    Route::reads("GET", "/__emulator/dashboard/requests/*", request),
    Route::reads("GET", "/__emulator/dashboard/state", state::show),
];

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

fn to_page(_: &Inner, _: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    Ok(Response::empty(308).with_header("location", "/__emulator/").into())
}

/// `?area=groups&search=4001` shows that area first.
fn page(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    // Nothing of the data can end the element that it is in.
    let initial = initial(inner, request).to_string().replace('<', "\\u003c");
    let page = PAGE
        .replace("/*STYLE*/", STYLE)
        .replace("/*SCRIPT*/", SCRIPT)
        .replace("<!--BASE-->", &escape(&inner.base_url))
        .replace("/*INITIAL*/", &initial);
    let policy = content_security_policy(STYLE, Some(SCRIPT));
    // Not even a mistake in the script can make HTML of a text.
    let policy =
        format!("{policy}; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
    let page = Response::content("text/html; charset=utf-8", page)
        .with_header("content-security-policy", policy)
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-content-type-options", "nosniff");
    Ok(page.into())
}

fn initial(inner: &Inner, request: &Incoming) -> Value {
    let clock = control::clock::told(&inner.state().clock);
    json!({
        "clock": clock,
        "traffic": events::since(&inner.traffic, inner.document, 0).0,
        "state": state::wanted(inner, request).or_else(|| state::view(inner, None, None)),
    })
}

/// One request with everything that is known of it.
fn request(inner: &Inner, _: &Incoming, number: &str) -> Result<WireResponse, Failure> {
    let found = number.parse::<u64>().ok().and_then(|number| {
        let before = number.checked_sub(1)?;
        inner.traffic.after(before).into_iter().next().filter(|entry| entry.number == number)
    });
    let found = found.ok_or_else(|| Failure::no_route("The request is not, or no longer, remembered."))?;
    Ok(Response::json(recorded(&found.recorded(inner.document))).into())
}
