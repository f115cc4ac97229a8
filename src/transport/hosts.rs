//! Where requests go, and where credentials may go along.

use crate::Error;
use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, PathAndQuery};
use std::collections::BTreeMap;

/// The host of requests that name none.
pub(crate) const DEFAULT_HOST: &str = "apis.roblox.com";

/// How many of the hosts are reached on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnThisMachine {
    None,
    Some,
    All,
}

/// Where each host is reached.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// The hosts of Open Cloud, each with the URL that it is reached at.
    api: BTreeMap<&'static str, BaseUrl>,
    /// Those URLs, each once: they are looked at for every request.
    services: Vec<Uri>,
    /// Those of them that may be given the credential.
    trusted: Vec<Uri>,
    /// The hosts that serve public operations only.
    public: Vec<&'static str>,
    /// The URL of each other host that is reached elsewhere.
    others: BTreeMap<String, String>,
    allow_plain_http: bool,
}

/// The scheme, authority and path prefix at which a host is reached, without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    text: String,
    parsed: Uri,
}

impl BaseUrl {
    fn parse(text: String) -> Result<Self, Error> {
        let parsed = text.parse().map_err(|_| not_a_base(&text, "is not a URL"))?;
        Ok(Self { text, parsed })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What comes before the path of every operation.
    pub(crate) fn prefix(&self) -> &str {
        self.parsed.path().trim_end_matches('/')
    }

    /// The URL of a path and query that begin with the [prefix](Self::prefix). Only these are parsed; the rest is
    /// the same for all requests.
    pub(crate) fn with_target(&self, target: String) -> Result<Uri, http::Error> {
        let mut parts = self.parsed.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(target))?);
        Ok(Uri::from_parts(parts)?)
    }
}

impl Hosts {
    /// `names` are the hosts of the operations, each with whether the operation takes a credential. `base_url`
    /// replaces all of them, `overrides` replace one host each.
    pub(crate) fn new(
        names: impl Iterator<Item = (&'static str, bool)>,
        base_url: Option<&str>,
        overrides: &BTreeMap<String, String>,
        allow_plain_http: bool,
    ) -> Result<Self, Error> {
        let base_url = base_url.map(|url| origin(url, allow_plain_http)).transpose()?;
        let mut others = overrides
            .iter()
            .map(|(host, url)| Ok((host_name(host)?, origin(url, allow_plain_http)?)))
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        let mut takes_credential = BTreeMap::new();
        for (name, takes) in names.chain([(DEFAULT_HOST, true)]) {
            *takes_credential.entry(name).or_insert(false) |= takes;
        }
        let api = takes_credential
            .keys()
            .map(|&name| {
                let own = others.get(name).or_else(|| others.get(&format!("{name}:443")));
                let own = own.or(base_url.as_ref()).cloned();
                Ok((name, BaseUrl::parse(own.unwrap_or_else(|| format!("https://{name}")))?))
            })
            .collect::<Result<BTreeMap<_, _>, Error>>()?;
        others.retain(|host, _| !api.contains_key(host.strip_suffix(":443").unwrap_or(host)));
        let (private, public): (Vec<&str>, Vec<&str>) = api.keys().partition(|name| takes_credential[*name]);
        let urls = |names: &mut dyn Iterator<Item = &&str>| {
            let mut urls: Vec<Uri> = names.map(|name| api[name].parsed.clone()).collect();
            urls.dedup();
            urls
        };
        let services = urls(&mut private.iter().chain(&public));
        let trusted = urls(&mut private.iter());
        Ok(Self { api, services, trusted, public, others, allow_plain_http })
    }

    /// Where a host of Open Cloud is reached; `None` of any other.
    pub(crate) fn base(&self, host: &str) -> Option<&BaseUrl> {
        self.api.get(host)
    }

    /// The URLs at which the hosts of Open Cloud are reached, each once.
    pub(crate) fn bases(&self) -> &[Uri] {
        &self.services
    }

    /// Whether any host is reached over TLS.
    pub(crate) fn needs_tls(&self) -> bool {
        self.api.values().any(|base| base.text.starts_with("https:"))
    }

    /// Whether the hosts are reached on this machine.
    pub(crate) fn on_this_machine(&self) -> OnThisMachine {
        let mut here = self
            .api
            .values()
            .map(BaseUrl::as_str)
            .chain(self.others.values().map(String::as_str))
            .map(|url| url.parse::<Uri>().is_ok_and(|url| is_loopback(url.host().unwrap_or_default())));
        match (here.clone().all(|here| here), here.any(|here| here)) {
            (true, _) => OnThisMachine::All,
            (false, true) => OnThisMachine::Some,
            (false, false) => OnThisMachine::None,
        }
    }

    /// The URL at which an absolute URL is reached.
    pub(crate) fn locate(&self, url: &str) -> Result<String, Error> {
        let refuse = |why: &str| Err(Error::invalid_request(format!("the URL {why}")));
        let Ok(parsed) = url.parse::<Uri>() else { return refuse("is not a URL") };
        let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else {
            return refuse("must be a path that begins with `/`, or an http or https URL");
        };
        if authority.as_str().contains('@') {
            return refuse("must not hold a user name or password");
        }
        // The URL's parser drops it, and the request would be another.
        if url.contains('#') {
            return refuse("must not hold a `#`; in a path or a query it is written `%23`");
        }
        let elsewhere = self.elsewhere(scheme, authority);
        let target = parsed.path_and_query().map_or("/", |target| target.as_str());
        match (elsewhere, scheme) {
            (Some(origin), "http" | "https") => Ok(format!("{origin}{target}")),
            (None, "https") => Ok(url.to_owned()),
            (None, "http") if self.allow_plain_http || is_loopback(authority.host()) => Ok(url.to_owned()),
            (_, "http") => refuse("is plain http to another machine; use https, or allow_plain_http"),
            _ => refuse("is not an http or https URL"),
        }
    }

    /// Where a host is reached, if that was said. Its scheme's port goes without saying.
    fn elsewhere(&self, scheme: &str, authority: &Authority) -> Option<&str> {
        let host = authority.host().to_ascii_lowercase();
        let usual = usual_port(Some(scheme));
        let port = authority.port_u16().unwrap_or(usual);
        let other = |host: &str| self.others.get(host).map(String::as_str);
        let bare = (port == usual).then(|| self.base(&host).map(BaseUrl::as_str).or_else(|| other(&host)));
        bare.flatten().or_else(|| other(&format!("{host}:{port}")))
    }

    /// Whether a host serves public operations only.
    pub(crate) fn is_public(&self, host: &str) -> bool {
        self.public.contains(&host)
    }

    /// Whether a URL belongs to a host of the operations as this client reaches it.
    pub(crate) fn is_service(&self, url: &Uri) -> bool {
        self.services.iter().any(|service| is_same_origin(service, url))
    }

    /// Whether a URL belongs to Open Cloud as this client reaches it, so that it may be given the
    /// credential.
    pub(crate) fn may_have_credential(&self, url: &Uri) -> bool {
        self.trusted.iter().any(|trusted| is_same_origin(trusted, url))
    }
}

/// The port of a URL that names none.
fn usual_port(scheme: Option<&str>) -> u16 {
    if scheme == Some("http") { 80 } else { 443 }
}

/// Whether two URLs begin with the same scheme, host and port, written in the same way, as nearly all do that are
/// compared.
pub(super) fn is_same_text(one: &Uri, other: &Uri) -> bool {
    one.scheme_str() == other.scheme_str()
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
}

/// Whether two URLs have the same scheme, host and port.
fn is_same_origin(one: &Uri, other: &Uri) -> bool {
    let port = |url: &Uri| url.port_u16().unwrap_or_else(|| usual_port(url.scheme_str()));
    if is_same_text(one, other) {
        return true;
    }
    one.scheme_str() == other.scheme_str()
        && port(one) == port(other)
        && one.host().unwrap_or_default().eq_ignore_ascii_case(other.host().unwrap_or_default())
}

/// The scheme, authority and path prefix of a URL, without a slash at the end.
fn origin(url: &str, allow_plain_http: bool) -> Result<String, Error> {
    let refuse = |why: &str| Err(not_a_base(url, why));
    let Ok(parsed) = url.parse::<http::Uri>() else { return refuse("is not a URL") };
    let Some(host) = parsed.host().filter(|host| !host.is_empty()) else { return refuse("has no host") };
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Error::configuration("the base URL must not hold a user name or password"));
    }
    if parsed.query().is_some() || url.contains('#') {
        return refuse("must not hold a query or a `#`");
    }
    match parsed.scheme_str() {
        Some("https") => {}
        Some("http") if allow_plain_http || is_loopback(host) => {}
        Some("http") => {
            return refuse(
                "is plain http to another machine, which would send the credential in clear; use https, or allow_plain_http",
            );
        }
        _ => return refuse("is not an http or https URL"),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn not_a_base(url: &str, why: &str) -> Error {
    Error::configuration(format!("the base URL `{}` {why}", shown(url)))
}

/// A host, and its port if there is one, as they are looked up.
fn host_name(text: &str) -> Result<String, Error> {
    match text.parse::<Authority>() {
        Ok(host) if !text.contains('@') && !host.host().is_empty() => Ok(text.to_ascii_lowercase()),
        _ => Err(Error::configuration(format!("`{}` is not a host", shown(text)))),
    }
}

/// A URL as a message may show it: without what may be a password.
pub(crate) fn shown(url: &str) -> &str {
    match url.contains('@') {
        true => "[hidden]",
        false => url.split(['?', '#']).next().unwrap_or_default(),
    }
}

/// Whether a host is this machine, as far as its name tells.
pub(crate) fn is_loopback(host: &str) -> bool {
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
            "https://x/#y",
            "https://x#y",
            "http://localhost.example",
        ] {
            assert!(origin(url, false).is_err(), "{url}");
        }
        assert!(origin("http://example.com", true).is_ok());
    }

    fn hosts(base_url: Option<&str>, overrides: &[(&str, &str)]) -> Hosts {
        let overrides = overrides.iter().map(|(host, url)| ((*host).to_owned(), (*url).to_owned())).collect();
        let names = [
            ("thumbnails.roblox.com", true),
            ("users.roblox.com", false),
            ("mixed.roblox.com", false),
            ("mixed.roblox.com", true),
        ];
        Hosts::new(names.into_iter(), base_url, &overrides, false).expect("hosts")
    }

    #[test]
    fn each_host_is_reached_where_it_was_said() {
        let plain = hosts(None, &[]);
        let base = |hosts: &Hosts, host: &str| hosts.base(host).map(|base| base.as_str().to_owned());
        let is_at =
            |hosts: &Hosts, host: &str, url: &str| assert_eq!(base(hosts, host).as_deref(), Some(url));
        is_at(&plain, DEFAULT_HOST, "https://apis.roblox.com");
        is_at(&plain, "thumbnails.roblox.com", "https://thumbnails.roblox.com");
        assert_eq!(base(&plain, "cdn.example"), None);
        assert_eq!(
            plain.locate("https://cdn.example/a?b=%2F").expect("a URL"),
            "https://cdn.example/a?b=%2F"
        );

        let moved = hosts(
            Some("http://localhost:1/x"),
            &[
                ("thumbnails.roblox.com:443", "http://localhost:2"),
                ("CDN.example", "http://localhost:3"),
                ("ported.example:443", "http://localhost:4"),
                ("ported.example:444", "http://localhost:5"),
            ],
        );
        is_at(&moved, DEFAULT_HOST, "http://localhost:1/x");
        is_at(&moved, "thumbnails.roblox.com", "http://localhost:2");
        for (url, expected) in [
            ("https://apis.roblox.com/a?b", "http://localhost:1/x/a?b"),
            ("https://thumbnails.roblox.com/a", "http://localhost:2/a"),
            ("https://cdn.example/a?b", "http://localhost:3/a?b"),
            ("https://other.example/a", "https://other.example/a"),
            ("https://APIS.roblox.com:443/a", "http://localhost:1/x/a"),
            ("http://cdn.example:80/a", "http://localhost:3/a"),
            ("https://cdn.example:80/a", "https://cdn.example:80/a"),
            ("https://ported.example/a", "http://localhost:4/a"),
            ("https://ported.example:443/a", "http://localhost:4/a"),
            ("https://ported.example:444/a", "http://localhost:5/a"),
        ] {
            assert_eq!(moved.locate(url).expect(url), expected);
        }
        for url in [
            "ftp://cdn.example/a",
            "http://other.example/a",
            "https://a:b@other.example/",
            "https://other.example/a#b",
            "https://apis.roblox.com#b",
            "a",
            "/a",
            "https:///a",
            "",
        ] {
            assert!(moved.locate(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_target_goes_behind_the_base_url() {
        for (url, target, expected) in [
            ("https://proxy.example", "/a%2Fb?c=d", "https://proxy.example/a%2Fb?c=d"),
            ("http://localhost:1/x/y", "/x/y/a", "http://localhost:1/x/y/a"),
        ] {
            let base = BaseUrl::parse(url.to_owned()).expect(url);
            assert!(target.starts_with(base.prefix()));
            let made = base.with_target(target.to_owned()).expect(target);
            assert_eq!(
                (made.to_string().as_str(), &made),
                (expected, &expected.parse::<Uri>().expect(expected))
            );
        }
        let base = BaseUrl::parse("https://proxy.example".to_owned()).expect("a URL");
        base.with_target("/a b".to_owned()).expect_err("a blank");
    }

    #[test]
    fn no_password_is_shown() {
        for url in [
            "https://user:sesame@x",
            "https://user:sesame@x?y",
            "http://user:sesame@example.com",
            "ftp://user:sesame@x",
            "user:sesame@x",
            "https://user:ses#ame@x",
            "https://user:12#sesame@x",
            "https://user:se same@x",
            "https://x?key=sesame",
            "https://x/#sesame",
            "//user:sesame@",
        ] {
            let error = origin(url, false).expect_err(url);
            assert!(!format!("{error} {error:?}").contains("same"), "{url}: {error}");
            let host = url.trim_start_matches("https://");
            let error = host_name(host).expect_err(host);
            assert!(!format!("{error} {error:?}").contains("same"), "{host}: {error}");
        }
    }

    #[test]
    fn it_is_known_what_is_on_this_machine() {
        let here = |base_url, overrides: &[_]| hosts(base_url, overrides).on_this_machine();
        assert_eq!(here(None, &[]), OnThisMachine::None);
        assert_eq!(here(Some("https://x"), &[("cdn.example", "http://[::1]:1")]), OnThisMachine::Some);
        assert_eq!(here(Some("http://localhost:1"), &[]), OnThisMachine::All);
        assert_eq!(here(Some("http://127.0.0.1:1"), &[("cdn.example", "https://x")]), OnThisMachine::Some);
    }

    #[test]
    fn credentials_go_to_the_configured_hosts_only() {
        let may = |hosts: &Hosts, url: &str| hosts.may_have_credential(&url.parse().expect(url));
        let plain = hosts(None, &[("cdn.example", "https://mirror.example")]);
        for (url, expected) in [
            ("https://apis.roblox.com/a", true),
            ("https://APIS.roblox.com:443/a", true),
            ("https://thumbnails.roblox.com/a", true),
            ("https://mixed.roblox.com/a", true),
            ("https://users.roblox.com/a", false),
            ("http://apis.roblox.com/a", false),
            ("https://apis.roblox.com:444/a", false),
            ("https://apis.roblox.com.example/a", false),
            ("https://www.roblox.com/a", false),
            ("https://mirror.example/a", false),
        ] {
            assert_eq!(may(&plain, url), expected, "{url}");
        }
        let public = ["apis.roblox.com", "mixed.roblox.com", "users.roblox.com", "other.example"];
        assert_eq!(public.map(|host| plain.is_public(host)), [false, false, true, false]);
        assert!(plain.is_service(&"https://users.roblox.com/a".parse().expect("a URL")));
        let moved = hosts(Some("http://localhost:1/x"), &[]);
        assert!(may(&moved, "http://localhost:1/x/a"));
        assert!(!may(&moved, "http://localhost:2/x/a"));
        assert!(!may(&moved, "https://apis.roblox.com/a"), "it is not reached there");
    }
}
