//! Where credentials may go.

use crate::Error;

/// The scheme, authority and path prefix of a URL, without a slash at the end.
pub(crate) fn origin(url: &str, allow_plain_http: bool) -> Result<String, Error> {
    let refuse = |why: &str| Err(Error::configuration(format!("the base URL `{url}` {why}")));
    let Ok(parsed) = url.parse::<http::Uri>() else { return refuse("is no URL") };
    let Some(host) = parsed.host().filter(|host| !host.is_empty()) else { return refuse("has no host") };
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Error::configuration("the base URL must not hold a user name or password"));
    }
    if parsed.query().is_some() {
        return refuse("must not hold a query");
    }
    match parsed.scheme_str() {
        Some("https") => {}
        Some("http") if allow_plain_http || is_loopback(host) => {}
        Some("http") => {
            return refuse(
                "is plain http to another machine, which would send the credential in clear; use https, or allow_plain_http",
            );
        }
        _ => return refuse("is no http or https URL"),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_urls_pass() {
        for (url, expected) in [
            ("https://apis.roblox.com", "https://apis.roblox.com"),
            ("https://proxy.example/roblox/", "https://proxy.example/roblox"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(origin(url, false).expect(url), expected);
        }
        for url in [
            "",
            "apis.roblox.com",
            "ftp://x",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "https://",
            "https://a:b@x",
            "https://x?y",
            "http://localhost.example",
        ] {
            assert!(origin(url, false).is_err(), "{url}");
        }
        assert!(origin("http://example.com", true).is_ok());
    }
}
