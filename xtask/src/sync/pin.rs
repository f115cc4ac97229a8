//! `spec/UPSTREAM.toml`: which version of the upstream document the facts come from.

use std::time::{SystemTime, UNIX_EPOCH};

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
    pub operations: Operations,
}

/// Operations in the whole document, and those of them that are Open Cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    pub upstream: usize,
    pub open_cloud: usize,
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
            operations: Operations { upstream: counts.upstream, open_cloud: counts.selected },
        }
    }

    /// Reads a recorded pin; one that cannot be read counts as none, and is written anew.
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
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    civil_date(since.map_or(0, |since| since.as_secs() / 86_400))
}

/// The date of a day counted from 1970-01-01.
fn civil_date(day: u64) -> String {
    // Years start in March here, so that the leap day is the last of a year.
    let day = day + 719_468;
    let era = day / 146_097;
    let day_of_era = day % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: Counts = Counts { upstream: 3, selected: 2 };

    #[test]
    fn days_are_dates() {
        for (day, date) in
            [(0, "1970-01-01"), (11_016, "2000-02-29"), (11_017, "2000-03-01"), (20_687, "2026-08-22")]
        {
            assert_eq!(civil_date(day), date);
        }
    }

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
