//! A request as it comes in, read to its end.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method, Uri};

pub(crate) const API_KEY: &str = "x-api-key";

#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where it comes from.
    pub(crate) peer: IpAddr,
    /// Whether its connection has served another request before.
    pub(crate) is_reused: bool,
}

impl Incoming {
    /// A request that comes from inside the process.
    pub(crate) fn local(method: Method, uri: Uri, headers: HeaderMap, body: impl Into<Bytes>) -> Incoming {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Incoming { method, uri, headers, body: body.into(), peer, is_reused: false }
    }

    /// Percent-encoded, without the query.
    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// A header as text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers hold credentials, and queries and bodies what is not ours to show.
        write!(f, "{} {}", self.method, self.path())
    }
}

/// Whether a header says who somebody is.
pub(crate) fn is_secret(name: &HeaderName) -> bool {
    name.as_str() == API_KEY || name == AUTHORIZATION || name == PROXY_AUTHORIZATION || name == COOKIE
}
