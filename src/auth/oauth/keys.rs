//! Roblox's public keys.

use super::protocol::KEYS;
use crate::{Client, Error};
use http::Method;
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long keys are believed. Roblox does not say whether it changes them.
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often an unknown key id may have the keys fetched again: anyone can write one into a token.
const SHORTEST_AGE: Duration = Duration::from_secs(60);

/// More keys are not kept.
const MOST: usize = 64;

/// The keys, fetched when they are needed.
#[derive(Default)]
pub(super) struct Keys(Mutex<Fetched>);

#[derive(Default)]
struct Fetched {
    keys: HashMap<String, DecodingKey>,
    at: Option<Instant>,
}

impl Keys {
    /// The key of this id, for ES256; `None` if Roblox has no such key.
    pub(super) async fn get(&self, id: &str, client: &Client) -> Result<Option<DecodingKey>, Error> {
        // One fetch for all who wait here.
        let mut fetched = self.0.lock().await;
        let age = fetched.at.map(|at| at.elapsed());
        let enough = if fetched.keys.contains_key(id) { LONGEST_AGE } else { SHORTEST_AGE };
        if age.is_none_or(|age| age >= enough) {
            let request = client.request(Method::GET, KEYS).without_credentials();
            fetched.keys = read(&*request.send().await?);
            fetched.at = Some(Instant::now());
        }
        Ok(fetched.keys.get(id).cloned())
    }
}

/// The keys of a set that can verify ES256; others are passed over.
fn read(set: &Value) -> HashMap<String, DecodingKey> {
    let keys = set["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| {
        let is = |name: &str, word: &str| key[name].as_str() == Some(word);
        let may = |name: &str, word: &str| key[name].is_null() || is(name, word);
        if !(is("kty", "EC") && is("crv", "P-256") && may("alg", "ES256") && may("use", "sig")) {
            return None;
        }
        let made = DecodingKey::from_ec_components(key["x"].as_str()?, key["y"].as_str()?).ok()?;
        Some((key["kid"].as_str()?.to_owned(), made))
    })
    .take(MOST)
    .collect()
}
