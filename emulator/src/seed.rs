//! What is there at the beginning, if somebody says so.

use std::collections::BTreeMap;
use std::str::FromStr;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::areas::data_stores::buffer::envelope;
use crate::areas::data_stores::model::{Content, GLOBAL, Place};
use crate::document::{Direction, Violation, decode_base64, validate_value};
use crate::identity::{ApiKey, OAuthApp};
use crate::incoming::Incoming;
use crate::inner::Inner;

/// What an emulator begins with, read from JSON. All of it is optional:
///
/// ```
/// # let text = r#"
/// {
///   "users": [{ "id": 7, "name": "builder", "displayName": "Builder" }],
///   "inventory": [{ "user": 7, "type": "HAT", "id": 123 }, { "user": 7, "type": "BADGE", "id": 5 }],
///   "groups": [{ "id": 4001, "displayName": "Builders", "members": { "7": "Owner", "8": "Member" } }],
///   "universes": [{
///     "id": 2001, "voiceChatEnabled": true,
///     "places": [{ "id": 3001, "displayName": "My game" }]
///   }],
///   "dataStores": [
///     { "universe": 2001, "store": "players", "key": "p7", "value": { "coins": 3 }, "users": [7] },
///     { "universe": 2001, "store": "maps", "key": "m1", "buffer": "AAEC" }
///   ],
///   "orderedDataStores": [{ "universe": 2001, "store": "points", "id": "p7", "value": 12 }],
///   "apiKeys": [{ "apiKey": "secret", "scopes": [{ "name": "asset", "operations": ["read"], "groupIds": ["4001"] }] }],
///   "oauthApps": [{ "clientId": "42", "clientSecret": "hush", "redirectUris": ["https://game.example/back"] }],
///   "requests": [{
///     "method": "POST",
///     "path": "/cloud/v2/universes/2001/memory-store/queues/q/items",
///     "body": { "data": 1 }
///   }]
/// }
/// # "#;
/// # let _: opencloud_emulator::Seed = text.parse().unwrap();
/// ```
///
/// What a user, group, universe or place is not said to be is made up, as without a seed; a property that the API does
/// not know is refused. A group with `members` has
/// those alone, a user with things in the inventory owns those alone. A type is that of an asset, or `BADGE`,
/// `GAME_PASS` or `PRIVATE_SERVER`. The scope of an entry is `global` unless there is a `scope`; with `buffer`
/// instead of a value, in base64, it is a buffer of a game, which the API only shows. Once there is an API key, no others are taken. `requests` are sent, in
/// their order, after all else is there; each must succeed. For what a seed has no words for, or to begin where another
/// emulator has ended, load a dumped state instead.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Seed {
    users: Vec<Described>,
    inventory: Vec<Thing>,
    groups: Vec<Group>,
    universes: Vec<Universe>,
    data_stores: Vec<Entry>,
    ordered_data_stores: Vec<OrderedEntry>,
    api_keys: Vec<ApiKey>,
    oauth_apps: Vec<OAuthApp>,
    requests: Vec<Request>,
}

/// An invalid seed, and where it is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SeedError(String);

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Seed, SeedError> {
        serde_json::from_str(text).map_err(|error| SeedError(error.to_string()))
    }
}

/// Something with an id, and properties in the words of the API.
#[derive(Debug, Clone, Deserialize)]
struct Described {
    id: u64,
    #[serde(flatten)]
    properties: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    user: u64,
    #[serde(rename = "type")]
    kind: String,
    id: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Group {
    id: u64,
    #[serde(default)]
    members: BTreeMap<u64, String>,
    #[serde(flatten)]
    properties: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Universe {
    id: u64,
    #[serde(default)]
    places: Vec<Described>,
    #[serde(flatten)]
    properties: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    universe: u64,
    store: String,
    #[serde(default = "global")]
    scope: String,
    key: String,
    #[serde(default, deserialize_with = "said")]
    value: Option<Value>,
    /// The bytes of a buffer of a game, in base64, instead of a value.
    buffer: Option<String>,
    #[serde(default)]
    users: Vec<u64>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderedEntry {
    universe: u64,
    store: String,
    #[serde(default = "global")]
    scope: String,
    id: String,
    value: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    body: Option<Value>,
}

impl Entry {
    fn content(&self) -> Result<Content, &'static str> {
        let value = match (&self.value, &self.buffer) {
            (Some(value), None) => value.clone(),
            (None, Some(text)) => envelope(&decode_base64(text).ok_or("the buffer is not base64")?),
            _ => return Err("it needs either a value or a buffer"),
        };
        Ok(Content {
            value: value.to_string(),
            users: self.users.clone(),
            attributes: self.attributes.clone(),
            is_buffer: self.buffer.is_some(),
        })
    }
}

/// What is said, even if that is null.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn global() -> String {
    GLOBAL.to_owned()
}

impl Inner {
    /// Puts everything of a seed where it belongs. The error names what cannot be there.
    pub(crate) fn sow(&self, seed: &Seed) -> Result<(), String> {
        self.sow_state(seed).map_err(|error| format!("the seed cannot be used: {error}"))?;
        for (index, request) in seed.requests.iter().enumerate() {
            let Request { method, path, .. } = request;
            self.sow_request(request).map_err(|error| {
                format!("the seed cannot be used: requests[{index}], {method} {path}: {error}")
            })?;
        }
        Ok(())
    }

    fn sow_state(&self, seed: &Seed) -> Result<(), String> {
        self.check_properties(seed)?;
        let mut state = self.state();
        let now = state.clock.now();
        seed.api_keys.iter().for_each(|key| state.identity.keys.add(key.clone(), now));
        seed.oauth_apps.iter().for_each(|app| state.identity.oauth.apps.add(app.clone()));
        for user in &seed.users {
            state.users.describe(user.id, user.properties.clone());
        }
        for (index, thing) in seed.inventory.iter().enumerate() {
            let given = state.users.give(self.document, thing.user, &thing.kind, thing.id);
            given.map_err(|error| format!("inventory[{index}]: {error}"))?;
        }
        for group in &seed.groups {
            state.groups.describe(group.id, group.properties.clone(), &group.members, now)?;
        }
        for universe in &seed.universes {
            state.universes.describe(universe.id, universe.properties.clone(), now)?;
            for place in &universe.places {
                state.universes.describe_place(universe.id, place.id, place.properties.clone(), now)?;
            }
        }
        for (index, entry) in seed.data_stores.iter().enumerate() {
            let place =
                Place { universe: entry.universe, store: &entry.store, scope: &entry.scope, key: &entry.key };
            let content = entry.content().map_err(|error| format!("dataStores[{index}]: {error}"))?;
            let written = state.data_stores.write(place, content, now);
            written.map_err(|failure| format!("dataStores[{index}]: {}", failure.message))?;
        }
        for (index, entry) in seed.ordered_data_stores.iter().enumerate() {
            let written = state.ordered_data_stores.put(
                entry.universe,
                &entry.store,
                &entry.scope,
                &entry.id,
                entry.value,
            );
            written.map_err(|failure| format!("orderedDataStores[{index}]: {}", failure.message))?;
        }
        Ok(())
    }

    /// Everything that is described must be so in the words of the API, else nobody would see it.
    fn check_properties(&self, seed: &Seed) -> Result<(), String> {
        let (mut described, mut schemas) = (Map::new(), Map::new());
        let mut expect = |name: String, schema: &str, properties: Vec<&Map<String, Value>>| {
            if !properties.is_empty() {
                let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
                schemas.insert(name.clone(), json!({ "type": "array", "items": schema }));
                described.insert(name, json!(properties));
            }
        };
        expect("users".to_owned(), "User", seed.users.iter().map(|user| &user.properties).collect());
        expect("groups".to_owned(), "Group", seed.groups.iter().map(|group| &group.properties).collect());
        let universes = seed.universes.iter().map(|universe| &universe.properties).collect();
        expect("universes".to_owned(), "Universe", universes);
        for (index, universe) in seed.universes.iter().enumerate() {
            let places = universe.places.iter().map(|place| &place.properties).collect();
            expect(format!("universes[{index}].places"), "Place", places);
        }
        if described.is_empty() {
            return Ok(());
        }
        let schema = json!({ "type": "object", "properties": schemas });
        let violations =
            validate_value(self.document, &schema, Direction::Response, &Value::Object(described));
        match violations.first() {
            None => Ok(()),
            Some(Violation { location, message }) => {
                Err(format!("{} {message}", location.trim_start_matches("body.")))
            }
        }
    }

    fn sow_request(&self, request: &Request) -> Result<(), String> {
        let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let method: Method = request.method.parse().map_err(|_| "the method is invalid")?;
        let uri: Uri = request.path.parse().map_err(|_| "the path is invalid")?;
        let response = self.apply_now(&Incoming::local(method, uri, headers, body));
        match response.status {
            ..300 => Ok(()),
            status => Err(format!("{status} {}", String::from_utf8_lossy(&response.body))),
        }
    }
}
