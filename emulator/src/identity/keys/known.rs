//! The keys that the emulator knows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::keys::api_key::{ApiKey, Refusal};

/// The keys that were described. As long as there are none, any key is taken.
#[derive(Default, Clone, Serialize, Deserialize)]
#[serde(from = "Vec<ApiKey>", into = "Vec<ApiKey>")]
pub(crate) struct Keys {
    known: BTreeMap<String, ApiKey>,
}

impl From<Vec<ApiKey>> for Keys {
    fn from(keys: Vec<ApiKey>) -> Keys {
        Keys { known: keys.into_iter().map(|key| (key.api_key.clone(), key)).collect() }
    }
}

impl From<Keys> for Vec<ApiKey> {
    fn from(keys: Keys) -> Vec<ApiKey> {
        keys.known.into_values().filter(|key| !key.introduced).collect()
    }
}

/// What is known of a key.
pub(crate) enum Found<'a> {
    /// No keys were described: this one may do everything.
    Any,
    Described(&'a ApiKey),
}

impl Keys {
    pub(crate) fn add(&mut self, mut key: ApiKey, now: Timestamp) {
        key.note_first_use(now);
        self.known.insert(key.api_key.clone(), key);
    }

    /// Adds a key that the emulator was started with.
    pub(crate) fn introduce(&mut self, key: ApiKey, now: Timestamp) {
        self.add(key.introduced(), now);
    }

    pub(crate) fn remove(&mut self, name: &str) -> usize {
        let before = self.known.len();
        self.known.retain(|_, key| key.name != name);
        before - self.known.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ApiKey> {
        self.known.values()
    }

    pub(crate) fn find(&self, key: &str) -> Result<Found<'_>, Refusal> {
        if self.known.is_empty() {
            return Ok(Found::Any);
        }
        self.known.get(key).map(Found::Described).ok_or(Refusal::Unknown)
    }

    /// What a key may do that is used for a call, or why it may do nothing.
    pub(crate) fn check(&self, key: &str, from: IpAddr, now: Timestamp) -> Result<Found<'_>, Refusal> {
        match self.find(key)? {
            Found::Described(key) => key.refusal(from, now).map_or(Ok(Found::Described(key)), Err),
            any => Ok(any),
        }
    }

    /// Remembers that a key was used. That is written down with the whole state only: a crash may lose the last days.
    pub(crate) fn note_use(&mut self, key: &str, now: Timestamp) {
        if let Some(key) = self.known.get_mut(key) {
            key.note_use(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_key_lapses_after_sixty_days_without_use() {
        let mut keys = Keys::default();
        keys.add(ApiKey::new("k"), at(0));
        let mut used = |days: i64| {
            let refused = keys.check("k", HERE, at(days * 86_400)).err();
            keys.note_use("k", at(days * 86_400));
            refused
        };
        assert_eq!(used(59), None);
        assert_eq!(used(59 + 59), None);
        assert_eq!(used(59 + 59 + 60), Some(Refusal::Lapsed));
    }

    #[test]
    fn an_address_outside_the_ranges_is_refused() {
        let key = ApiKey::new("k").allowed_ip("10.0.0.0/8").and_then(|key| key.allowed_ip("192.168.0.7"));
        let mut keys = Keys::default();
        keys.add(key.expect("ranges"), at(0));
        let used = |from: &str| keys.check("k", from.parse().expect("an address"), at(0)).err();
        assert_eq!(used("10.9.8.7"), None);
        assert_eq!(used("192.168.0.7"), None);
        assert_eq!(used("127.0.0.1"), Some(Refusal::WrongAddress));
    }

    #[test]
    fn what_the_emulator_was_started_with_is_not_kept() {
        let mut keys = Keys::default();
        keys.introduce(ApiKey::new("started with"), at(0));
        keys.add(ApiKey::new("told later"), at(0));
        let kept = serde_json::to_value(&keys).expect("JSON");
        assert_eq!(kept.as_array().map(Vec::len), Some(1));
        assert_eq!(kept[0]["apiKey"], "told later");
    }
}
