//! API keys: what each one may do, from where and for how long.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::SystemTime;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scopes::Target;
use crate::clock::later;

/// A key that was neither used nor changed for this long lapses.
const LAPSES_AFTER_SECONDS: i64 = 60 * 86_400;
const ANYTHING: &str = "*";

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
pub struct ApiKey {
    api_key: String,
    #[serde(default = "default_name")]
    name: String,
    #[serde(default = "default_user", with = "number_as_text")]
    authorized_user_id: u64,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiration_time_utc: Option<Timestamp>,
    /// None: every scope, for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<KeyScope>>,
    /// None: from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed_ips: Option<Vec<Range>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used: Option<Timestamp>,
    /// The emulator was started with it: it is no part of what is kept.
    #[serde(skip)]
    introduced: bool,
}

/// One scope of an API key, for everything or for what is named. Written as key introspection writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyScope {
    name: String,
    operations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    universe_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    universe_datastores: Option<Vec<UniverseDatastore>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UniverseDatastore {
    universe_id: String,
    datastore_name: String,
}

/// An address, or a range of addresses.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Range(IpNet);

impl TryFrom<String> for Range {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Range, InvalidAddress> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Range).map_err(|_| InvalidAddress(text))
    }
}

impl From<Range> for String {
    fn from(range: Range) -> String {
        range.0.to_string()
    }
}

/// A text that is neither an address nor a range of addresses.
#[derive(Debug, Clone)]
pub struct InvalidAddress(String);

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not an address such as 10.0.0.1, or a range such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for InvalidAddress {}

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
            introduced: false,
        }
    }

    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> ApiKey {
        self.name = name.into();
        self
    }

    /// The user whom the key belongs to. The default is 1001.
    #[must_use]
    pub fn user(mut self, user: u64) -> ApiKey {
        self.authorized_user_id = user;
        self
    }

    /// Adds a scope; from the first one on, the key may do only what its scopes say.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<KeyScope>) -> ApiKey {
        self.scopes.get_or_insert_default().push(scope.into());
        self
    }

    /// A key without any scope: it may do only what needs none.
    #[must_use]
    pub fn no_scopes(mut self) -> ApiKey {
        self.scopes = Some(Vec::new());
        self
    }

    #[must_use]
    pub fn disabled(mut self) -> ApiKey {
        self.enabled = false;
        self
    }

    /// The key is good until this moment of the emulator's time.
    #[must_use]
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

    /// The text of the key is left out: an answer must not repeat it.
    pub(crate) fn described(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = json.as_object_mut() {
            object.remove("apiKey");
        }
        json
    }
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

impl KeyScope {
    /// A scope as the document names it, such as `asset:write`; for everything, until something is named.
    pub fn new(scope: impl AsRef<str>) -> KeyScope {
        let (name, operation) = split(scope.as_ref());
        KeyScope {
            name: name.to_owned(),
            operations: vec![operation.to_owned()],
            user_ids: None,
            group_ids: None,
            universe_ids: None,
            universe_datastores: None,
        }
    }

    /// Adds an operation: `asset:read` with `write`.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> KeyScope {
        self.operations.push(operation.into());
        self
    }

    #[must_use]
    pub fn user(mut self, user: u64) -> KeyScope {
        self.user_ids.get_or_insert_default().push(user.to_string());
        self
    }

    #[must_use]
    pub fn group(mut self, group: u64) -> KeyScope {
        self.group_ids.get_or_insert_default().push(group.to_string());
        self
    }

    #[must_use]
    pub fn universe(mut self, universe: u64) -> KeyScope {
        self.universe_ids.get_or_insert_default().push(universe.to_string());
        self
    }

    #[must_use]
    pub fn store(mut self, universe: u64, name: impl Into<String>) -> KeyScope {
        let store = UniverseDatastore { universe_id: universe.to_string(), datastore_name: name.into() };
        self.universe_datastores.get_or_insert_default().push(store);
        self
    }

    /// Whether this is the scope, whatever it is good for.
    pub(crate) fn is(&self, scope: &str) -> bool {
        let (name, operation) = split(scope);
        self.name == name && self.operations.iter().any(|known| known == operation || known == ANYTHING)
    }

    /// Whether the scope is good for what a request is about. A request that names none of what the scope is
    /// restricted to passes.
    pub(crate) fn covers(&self, target: &Target<'_>) -> bool {
        let within = |ids: &Option<Vec<String>>, id: Option<&str>| match (ids, id) {
            (Some(ids), Some(id)) => ids.iter().any(|known| is_or_any(known, id)),
            _ => true,
        };
        // Users and groups own things: a scope that is restricted to groups is for no user, and the other way round.
        let is_by_owner = self.user_ids.is_some() || self.group_ids.is_some();
        let owned = |ids: &Option<Vec<String>>, id: Option<&str>| {
            within(ids, id) && (id.is_none() || !is_by_owner || ids.is_some())
        };
        let stores = match (&self.universe_datastores, target.universe) {
            (Some(stores), Some(universe)) => stores.iter().any(|known| {
                is_or_any(&known.universe_id, universe)
                    && target.store.is_none_or(|store| is_or_any(&known.datastore_name, store))
            }),
            _ => true,
        };
        stores
            && within(&self.universe_ids, target.universe)
            && owned(&self.group_ids, target.group)
            && owned(&self.user_ids, target.user)
    }

    /// The scope for everything there is, as the key of the owner of everything would have it.
    pub(crate) fn everything(name: &str, operations: Vec<String>) -> KeyScope {
        let any = || Some(vec![ANYTHING.to_owned()]);
        let mut scope = KeyScope {
            name: name.to_owned(),
            operations,
            user_ids: None,
            group_ids: None,
            universe_ids: None,
            universe_datastores: None,
        };
        if name.starts_with("universe-datastores") {
            let store =
                UniverseDatastore { universe_id: ANYTHING.to_owned(), datastore_name: ANYTHING.to_owned() };
            scope.universe_datastores = Some(vec![store]);
        } else if name.starts_with("universe") || name.starts_with("memory-store") {
            scope.universe_ids = any();
        } else {
            (scope.user_ids, scope.group_ids) = (any(), any());
        }
        scope
    }
}

impl<T: AsRef<str>> From<T> for KeyScope {
    fn from(scope: T) -> KeyScope {
        KeyScope::new(scope)
    }
}

fn is_or_any(known: &str, asked: &str) -> bool {
    known == asked || known == ANYTHING
}

/// `asset:write` as its name and its operation.
pub(crate) fn split(scope: &str) -> (&str, &str) {
    scope.rsplit_once(':').unwrap_or((scope, ANYTHING))
}

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

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Disabled,
    Expired,
    Lapsed,
    WrongAddress,
}

impl Keys {
    pub(crate) fn add(&mut self, mut key: ApiKey, now: Timestamp) {
        key.last_used.get_or_insert(now);
        self.known.insert(key.api_key.clone(), key);
    }

    /// Adds a key that the emulator was started with.
    pub(crate) fn introduce(&mut self, key: ApiKey, now: Timestamp) {
        self.add(ApiKey { introduced: true, ..key }, now);
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
        let found = self.find(key)?;
        let Found::Described(key) = &found else {
            return Ok(found);
        };
        if !key.enabled {
            return Err(Refusal::Disabled);
        }
        if key.has_expired(now) {
            return Err(Refusal::Expired);
        }
        if key.has_lapsed(now) {
            return Err(Refusal::Lapsed);
        }
        if key.allowed_ips.as_ref().is_some_and(|ranges| !ranges.iter().any(|range| range.0.contains(&from)))
        {
            return Err(Refusal::WrongAddress);
        }
        Ok(found)
    }

    /// Remembers that a key was used. That is written down with the whole state only: a crash may lose the last days.
    pub(crate) fn note_use(&mut self, key: &str, now: Timestamp) {
        if let Some(key) = self.known.get_mut(key) {
            key.last_used = Some(now);
        }
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
}

impl ApiKey {
    pub(crate) fn key_name(&self) -> &str {
        &self.name
    }

    pub(crate) fn authorized_user(&self) -> u64 {
        self.authorized_user_id
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn expiration(&self) -> Option<Timestamp> {
        self.expiration_time_utc
    }

    /// None: every scope.
    pub(crate) fn granted(&self) -> Option<&[KeyScope]> {
        self.scopes.as_deref()
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
        assert!(ApiKey::new("k").allowed_ip("10.0.0").is_err());
    }

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
        let scope = &key.granted().expect("scopes")[0];
        assert!(scope.is("asset:write") && !scope.is("asset:delete"));
        let group = |id| Target { group: Some(id), ..Target::default() };
        assert!(!scope.covers(&Target { user: Some("4001"), ..Target::default() }), "a user is no group");
        assert!(scope.covers(&group("4001")) && !scope.covers(&group("4002")));
        assert!(!format!("{key:?}").contains("\"k\""));
        let wrong = serde_json::json!({ "apiKey": "k", "scops": [] });
        assert!(serde_json::from_value::<ApiKey>(wrong).is_err());
    }

    #[test]
    fn a_scope_for_a_store_is_not_for_another_one() {
        let scope = KeyScope::new("universe-datastores.objects:read").store(1, "Coins").store(2, "*");
        let covers =
            |universe, store| scope.covers(&Target { universe: Some(universe), store, ..Target::default() });
        assert!(covers("1", Some("Coins")) && covers("2", Some("Other")));
        assert!(!covers("1", Some("Other")) && !covers("3", Some("Coins")));
        assert!(covers("1", None), "a list of stores names none");
    }
}
