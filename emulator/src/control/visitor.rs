//! Keeps web pages of other sites out: a browser on this machine reaches the emulator as any program does.
//!
//! Programs say neither where they come from nor call the emulator by a name that everybody can register, so that they
//! notice nothing of this.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::{HOST, ORIGIN};
use http::{HeaderName, Method};

use crate::incoming::Incoming;

/// The ends of names that no public name server knows.
const PRIVATE: [&str; 3] = ["localhost", "internal", "test"];
/// Whose API this is: a client that is led here may go on calling it by its name.
const ROBLOX: &str = "roblox.com";

/// The name that a request calls the emulator by, if it may be one that a foreign page has pointed at this machine
/// (DNS rebinding): for a browser, such a page and the emulator are the same site.
pub(crate) fn strange_name(request: &Incoming) -> Option<&str> {
    // What is sent as to a proxy has a whole address, which no page makes a browser do.
    let is_direct = request.uri.authority().is_none();
    header(request, &HOST).filter(|host| is_direct && !is_ours(name(host)))
}

/// Whether a page of another site sends this. It may look at what browsers let it, but not change anything.
pub(crate) fn is_from_another_site(request: &Incoming) -> bool {
    if matches!(request.method, Method::GET | Method::HEAD) {
        return false;
    }
    match header(request, &HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site != "same-origin",
        // An older browser says no more than where its page is from.
        None => header(request, &ORIGIN).is_some_and(|origin| {
            let own = header(request, &HOST).map(|host| format!("http://{host}"));
            Some(origin) != own.as_deref()
        }),
    }
}

/// A header as text. What is no text is nothing that a browser sends, and fits nothing.
fn header<'a>(request: &'a Incoming, name: &HeaderName) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// `emulator:8080` without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether nobody else can have this name lead here.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let within =
        |end: &str| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    !name.contains('.') && address.is_none()
        || name.parse::<Ipv4Addr>().is_ok()
        || address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
        || PRIVATE.iter().any(|end| within(end))
        || within(ROBLOX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_anybody_can_register_is_not_ours() {
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:8080",
            "app.localhost:1",
            "[::1]:8080",
            "emulator:8080",
            "host.docker.internal:8080",
            "apis.roblox.com",
        ] {
            assert!(is_ours(name(host)), "{host}");
        }
        for host in [
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notroblox.com",
            "[x]",
            "a.",
        ] {
            assert!(!is_ours(name(host)), "{host}");
        }
    }
}
