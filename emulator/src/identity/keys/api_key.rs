//! One API key, as it is described.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::api::later;
use crate::identity::keys::address::{InvalidAddress, Range};
use crate::identity::keys::scope::KeyScope;

/// A key that was neither used nor changed for this long lapses.
const LAPSES_AFTER_SECONDS: i64 = 60 * 86_400;

/// An API key and what it may do. A key that is given as a text alone may do everything.
///
/// ```
/// use opencloud_emulator::{ApiKey, KeyScope};
///
/// let key = ApiKey::new("secret")
///     .name("leaderboard")
///     .scope(KeyScope::new("universe-datastores.objects:read").store(2001, "Coins"))
///     .scope(KeyScope::new("universe-messaging-service:publish").universe(2001));
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use]
pub struct ApiKey {
    #[serde(deserialize_with = "filled")]
    pub(crate) api_key: String,
    #[serde(default = "default_name")]
    pub(crate) name: String,
    #[serde(default = "default_user", with = "number_as_text")]
    pub(crate) authorized_user_id: u64,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_time_utc: Option<Timestamp>,
    /// None: every scope, for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<KeyScope>>,
    /// None: from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed_ips: Option<Vec<Range>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used: Option<Timestamp>,
    /// When it was described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    described_at: Option<Timestamp>,
    /// The emulator was started with it: it is no part of what is kept.
    #[serde(skip)]
    pub(crate) introduced: bool,
}

/// A text that is not empty: nobody could send an empty key, and yet no other would be taken any more.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(D::Error::custom("a key must not be empty")) } else { Ok(text) }
}

fn default_name() -> String {
    "local key".to_owned()
}

fn default_user() -> u64 {
    1001
}

fn yes() -> bool {
    true
}

/// Roblox writes identifiers as texts; a seed may write them as numbers.
mod number_as_text {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(number),
            Written::Text(text) => {
                text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not the number of a user")))
            }
        }
    }
}

impl ApiKey {
    /// A key that may do everything, until it is given its first [scope](ApiKey::scope).
    pub fn new(key: impl Into<String>) -> ApiKey {
        ApiKey {
            api_key: key.into(),
            name: default_name(),
            authorized_user_id: default_user(),
            enabled: true,
            expiration_time_utc: None,
            scopes: None,
            allowed_ips: None,
            last_used: None,
            described_at: None,
            introduced: false,
        }
    }

    pub fn name(mut self, name: impl Into<String>) -> ApiKey {
        self.name = name.into();
        self
    }

    /// The user whom the key belongs to. The default is 1001.
    pub fn user(mut self, user: u64) -> ApiKey {
        self.authorized_user_id = user;
        self
    }

    /// Adds a scope; from the first one on, the key may do only what its scopes say.
    pub fn scope(mut self, scope: impl Into<KeyScope>) -> ApiKey {
        self.scopes.get_or_insert_default().push(scope.into());
        self
    }

    /// A key without any scope: it may do only what needs none.
    pub fn no_scopes(mut self) -> ApiKey {
        self.scopes = Some(Vec::new());
        self
    }

    pub fn disabled(mut self) -> ApiKey {
        self.enabled = false;
        self
    }

    /// The key is good until this moment of the emulator's time.
    pub fn expires_at(mut self, time: SystemTime) -> ApiKey {
        self.expiration_time_utc = Some(Timestamp::try_from(time).unwrap_or(Timestamp::MAX));
        self
    }

    /// Accepts the key only from this address (`10.0.0.1`) or range (`10.0.0.0/8`); may be called several times.
    ///
    /// # Errors
    ///
    /// If the text is neither.
    pub fn allowed_ip(mut self, range: &str) -> Result<ApiKey, InvalidAddress> {
        let range = Range::try_from(range.to_owned())?;
        self.allowed_ips.get_or_insert_default().push(range);
        Ok(self)
    }

    /// The text of the key is left out: a response must not repeat it.
    pub(crate) fn described(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = json.as_object_mut() {
            object.remove("apiKey");
        }
        json
    }
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Disabled,
    Expired,
    Lapsed,
    WrongAddress,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<T: Into<String>> From<T> for ApiKey {
    fn from(key: T) -> ApiKey {
        ApiKey::new(key)
    }
}

impl ApiKey {
    fn has_expired(&self, now: Timestamp) -> bool {
        self.expiration_time_utc.is_some_and(|until| until <= now)
    }

    fn has_lapsed(&self, now: Timestamp) -> bool {
        self.last_used.is_some_and(|last| later(last, LAPSES_AFTER_SECONDS) <= now)
    }

    /// Whether time has made an end of the key, one way or the other.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.has_expired(now) || self.has_lapsed(now)
    }

    /// Why the key may do nothing, if it may do nothing.
    pub(super) fn refusal(&self, from: IpAddr, now: Timestamp) -> Option<Refusal> {
        let is_inside = |ranges: &Vec<Range>| ranges.iter().any(|range| range.contains(from));
        if !self.enabled {
            Some(Refusal::Disabled)
        } else if self.has_expired(now) {
            Some(Refusal::Expired)
        } else if self.has_lapsed(now) {
            Some(Refusal::Lapsed)
        } else if !self.allowed_ips.as_ref().is_none_or(is_inside) {
            Some(Refusal::WrongAddress)
        } else {
            None
        }
    }

    pub(super) fn note_use(&mut self, now: Timestamp) {
        self.last_used = Some(now);
    }

    /// Time until it lapses runs from when the key became known.
    pub(super) fn note_first_use(&mut self, now: Timestamp) {
        self.last_used.get_or_insert(now);
        self.described_at.get_or_insert(now);
    }

    /// Whether it was described longer ago than this.
    pub(crate) fn is_older_than(&self, age: Duration, now: Timestamp) -> bool {
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.described_at.is_some_and(|at| later(at, age) < now)
    }

    /// Whether its owner owns nothing here, which its name says.
    pub(crate) fn is_foreign(&self) -> bool {
        self.name.to_ascii_lowercase().contains("of another owner")
    }

    pub(super) fn introduced(self) -> ApiKey {
        ApiKey { introduced: true, ..self }
    }

    /// The same, unless it is who keys belong to that nothing else is said of.
    pub(crate) fn named_user(&self) -> Option<u64> {
        (self.authorized_user_id != default_user()).then_some(self.authorized_user_id)
    }

    /// None: every scope.
    pub(crate) fn granted(&self) -> Option<&[KeyScope]> {
        self.scopes.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_written_as_introspection_writes_it() {
        let written = serde_json::json!({
            "apiKey": "k",
            "authorizedUserId": "7",
            "expirationTimeUtc": "2026-01-02T03:04:05Z",
            "allowedIps": ["127.0.0.1", "10.0.0.0/8"],
            "scopes": [{ "name": "asset", "operations": ["read", "write"], "groupIds": ["4001"] }],
        });
        let key: ApiKey = serde_json::from_value(written).expect("a key");
        assert_eq!(key.authorized_user_id, 7);
        assert!(key.granted().is_some_and(|scopes| scopes[0].is("asset:write")));
        assert!(!format!("{key:?}").contains("\"k\""));
        let wrong = serde_json::json!({ "apiKey": "k", "scops": [] });
        assert!(serde_json::from_value::<ApiKey>(wrong).is_err());
    }
}
