//! The apps that may ask for authorization.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

const MAX_REDIRECT_LENGTH: usize = 256;

/// The app that is there from the beginning.
pub(crate) const DEFAULT_ID: &str = "1000000000000000001";
const DEFAULT_SECRET: &str = "local-client-secret";
/// As the other, but without a secret.
const DEFAULT_PUBLIC_ID: &str = "1000000000000000002";

/// An OAuth 2.0 app.
///
/// ```
/// use opencloud_emulator::OAuthApp;
///
/// let app = OAuthApp::confidential("42", "secret")
///     .name("Trading post")
///     .redirect_uri("https://trade.example/callback")
///     .scopes(["openid", "profile", "group:read"]);
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use]
pub struct OAuthApp {
    pub(crate) client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<String>,
    #[serde(default = "default_name")]
    pub(crate) name: String,
    /// None given: every address that Roblox would let an app register.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    redirect_uris: BTreeSet<String>,
    /// None given: every scope there is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    scopes: BTreeSet<String>,
    /// The emulator was started with it: it is no part of what is kept.
    #[serde(skip)]
    introduced: bool,
}

fn default_name() -> String {
    "Local app".to_owned()
}

impl OAuthApp {
    /// An app that keeps a secret, such as a web server.
    pub fn confidential(client_id: impl Into<String>, client_secret: impl Into<String>) -> OAuthApp {
        OAuthApp { client_secret: Some(client_secret.into()), ..OAuthApp::public(client_id) }
    }

    /// An app that cannot keep a secret, such as a desktop program. It must use PKCE.
    pub fn public(client_id: impl Into<String>) -> OAuthApp {
        OAuthApp {
            client_id: client_id.into(),
            client_secret: None,
            name: default_name(),
            redirect_uris: BTreeSet::new(),
            scopes: BTreeSet::new(),
            introduced: false,
        }
    }

    pub fn name(mut self, name: impl Into<String>) -> OAuthApp {
        self.name = name.into();
        self
    }

    /// Registers an address to return to. From the first one on, no others are accepted.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> OAuthApp {
        self.redirect_uris.insert(uri.into());
        self
    }

    /// The scopes that the app may ask for; without this, all.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> OAuthApp {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    pub(crate) fn may_return_to(&self, uri: &str) -> bool {
        may_be_registered(uri) && (self.redirect_uris.is_empty() || self.redirect_uris.contains(uri))
    }

    pub(crate) fn may_ask_for(&self, scope: &str) -> bool {
        self.scopes.is_empty() || self.scopes.contains(scope)
    }
}

/// `https`, `http` on this computer, or a scheme of one's own.
fn may_be_registered(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = match url.scheme() {
        "https" => url.has_host(),
        "http" => here,
        // What a browser would run or read instead of handing it to a program.
        "javascript" | "data" | "file" | "blob" | "about" | "vbscript" | "ftp" | "ws" | "wss" => false,
        _ => true,
    };
    scheme && url.fragment().is_none() && uri.len() <= MAX_REDIRECT_LENGTH
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthApp")
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Vec<OAuthApp>", into = "Vec<OAuthApp>")]
pub(crate) struct Apps {
    known: BTreeMap<String, OAuthApp>,
}

impl From<Vec<OAuthApp>> for Apps {
    fn from(list: Vec<OAuthApp>) -> Apps {
        let mut apps = Apps::default();
        list.into_iter().for_each(|app| apps.add(app));
        apps
    }
}

impl From<Apps> for Vec<OAuthApp> {
    fn from(apps: Apps) -> Vec<OAuthApp> {
        apps.known.into_values().filter(|app| !app.introduced).collect()
    }
}

impl Default for Apps {
    fn default() -> Apps {
        let mut apps = Apps { known: BTreeMap::new() };
        apps.introduce(OAuthApp::confidential(DEFAULT_ID, DEFAULT_SECRET).name("Local confidential app"));
        apps.introduce(OAuthApp::public(DEFAULT_PUBLIC_ID).name("Local public app"));
        apps
    }
}

impl Apps {
    pub(crate) fn add(&mut self, app: OAuthApp) {
        self.known.insert(app.client_id.clone(), app);
    }

    /// Adds an app that the emulator is started with.
    pub(crate) fn introduce(&mut self, app: OAuthApp) {
        self.add(OAuthApp { introduced: true, ..app });
    }

    pub(crate) fn get(&self, client_id: &str) -> Option<&OAuthApp> {
        self.known.get(client_id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &OAuthApp> {
        self.known.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_return_to() {
        let app = OAuthApp::public("1");
        for good in
            ["https://a.example/back", "http://localhost:8080/x?y=z", "http://127.0.0.1:1/", "my-game:/back"]
        {
            assert!(app.may_return_to(good), "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(256));
        for bad in [
            "http://a.example/",
            "http://localhost.a.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a.example/#x",
            "/back",
            "",
            &long,
        ] {
            assert!(!app.may_return_to(bad), "{bad}");
        }
        let app = app.redirect_uri("https://a.example/back");
        assert!(app.may_return_to("https://a.example/back"));
        assert!(!app.may_return_to("https://a.example/back/"));
    }
}
