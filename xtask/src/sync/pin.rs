//! `spec/UPSTREAM.toml`: which version of the upstream document the facts come from.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::load;
use super::select::Counts;

/// Roblox's document, as it is published.
pub const PUBLIC_URL: &str =
    "https://raw.githubusercontent.com/Roblox/creator-docs/main/content/en-us/reference/cloud/openapi.json";
const UNKNOWN: &str = "unknown";
const HEAD: &str =
    "# Written by `cargo xtask sync`: the version of Roblox's document that open-cloud.json states.\n\n";

/// The contents of UPSTREAM.toml.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    pub url: String,
    pub commit: String,
    pub date: String,
    pub sha256: String,
    pub operations: Counts,
}

/// What the caller says about the version.
#[derive(Clone, Debug, Default)]
pub struct Stated<'a> {
    pub source: &'a str,
    pub commit: Option<&'a str>,
    pub date: Option<&'a str>,
}

impl Pin {
    /// The pin of these bytes. What is not stated is kept from the recorded pin of the same bytes.
    pub fn new(stated: &Stated, sha256: String, counts: Counts, recorded: Option<&Pin>) -> Self {
        let recorded = recorded.filter(|pin| pin.sha256 == sha256);
        let text = |stated: Option<&str>, kept: Option<&String>, default: &dyn Fn() -> String| {
            let stated = stated.map(str::to_owned);
            stated.or_else(|| kept.cloned()).unwrap_or_else(default)
        };
        let url = load::is_url(stated.source).then_some(stated.source);
        Self {
            url: text(url, recorded.map(|pin| &pin.url), &|| url_of_file(stated.source)),
            commit: text(stated.commit, recorded.map(|pin| &pin.commit), &|| UNKNOWN.to_owned()),
            date: text(stated.date, recorded.map(|pin| &pin.date), &today),
            sha256,
            operations: counts,
        }
    }

    /// Reads a recorded pin; one that cannot be read is ignored and overwritten.
    pub fn parse(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }

    pub fn to_text(&self) -> Result<String> {
        let text = toml::to_string(self).map_err(|error| Error::bug(error.to_string()))?;
        Ok(format!("{HEAD}{text}"))
    }
}

/// A local copy has the public URL if it has the name of the public file.
fn url_of_file(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match PUBLIC_URL.rsplit('/').next() {
        Some(public) if public == name => PUBLIC_URL.to_owned(),
        _ => name.to_owned(),
    }
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts { upstream: 3, open_cloud: 2, public: 1 };

    #[test]
    fn the_same_bytes_keep_what_was_recorded() {
        let stated = Stated { source: "../openapi.json", commit: Some("abc"), date: Some("2026-08-22") };
        let pin = Pin::new(&stated, "1f".into(), COUNTS, None);
        assert_eq!(pin.url, PUBLIC_URL);
        let again = Pin::parse(&pin.to_text().unwrap()).unwrap();
        assert_eq!(again, pin);
        let unstated = Stated { source: "/tmp/copy.json", ..Stated::default() };
        assert_eq!(Pin::new(&unstated, "1f".into(), COUNTS, Some(&pin)), pin);
        let other = Pin::new(&unstated, "2f".into(), COUNTS, Some(&pin));
        assert_eq!((other.commit.as_str(), other.url.as_str()), ("unknown", "copy.json"));
        let url = Stated { source: "https://x/y.json", ..Stated::default() };
        assert_eq!(Pin::new(&url, "2f".into(), COUNTS, Some(&pin)).url, "https://x/y.json");
    }
}
