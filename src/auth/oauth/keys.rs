//! Roblox's public keys.

use super::protocol::{KEYS, path};
use super::signature::PublicKey;
use crate::{Client, Error};
use http::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long keys are believed. Roblox does not say whether it changes them.
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often keys may be looked for that were not there last time: anyone can write the id of one into
/// a token.
const PAUSE: Duration = Duration::from_secs(60);

/// How long keys may take to come: a code lasts a minute, and who has a token of a known key waits as well.
const PATIENCE: Duration = Duration::from_secs(10);

/// More keys are not kept.
const MOST: usize = 64;

/// The keys, fetched when they are needed.
#[derive(Default)]
pub(super) struct Keys(Mutex<Held>);

#[derive(Default)]
struct Held {
    keys: HashMap<String, PublicKey>,
    /// When they came.
    since: Option<Instant>,
    /// When more were looked for than these.
    searched: Option<Instant>,
    /// When they last could not be had, and why.
    failed: Option<(Instant, Error)>,
}

impl Keys {
    /// Has keys at hand, before something is used up that needs them.
    pub(super) async fn prepare(&self, client: &Client) -> Result<(), Error> {
        let called = Instant::now();
        self.0.lock().await.keep_young(called, client).await
    }

    /// The key of this id, for ES256; `None` if Roblox has no such key.
    pub(super) async fn get(&self, id: &str, client: &Client) -> Result<Option<PublicKey>, Error> {
        let called = Instant::now();
        // One fetch for all who wait here.
        let mut held = self.0.lock().await;
        held.keep_young(called, client).await?;
        if !held.keys.contains_key(id) {
            held.search(called, client).await?;
        }
        Ok(held.keys.get(id).cloned())
    }
}

impl Held {
    /// Fetches keys where there are none, or only old ones. Old ones stay good while there are no others
    /// to be had: an outage is not to lock out users whose tokens are signed with a key that is known.
    async fn keep_young(&mut self, called: Instant, client: &Client) -> Result<(), Error> {
        let is_older = |time: Option<Instant>, age: Duration| time.is_none_or(|time| time.elapsed() >= age);
        if !is_older(self.since, LONGEST_AGE) {
            return Ok(());
        }
        if self.keys.is_empty() {
            return self.fetch(called, client).await;
        }
        if is_older(self.failed.as_ref().map(|(time, _)| *time), PAUSE) {
            let _ = self.fetch(called, client).await;
        }
        Ok(())
    }

    /// Fetches the keys again for one that is not among them, now and then.
    async fn search(&mut self, called: Instant, client: &Client) -> Result<(), Error> {
        let is_new = self.since.is_some_and(|since| since >= called);
        if is_new {
            return Ok(());
        }
        if self.searched.is_some_and(|searched| searched.elapsed() < PAUSE) {
            // Whether Roblox has this key is not known if it could not be asked.
            return self.failed.clone().map_or(Ok(()), |(_, error)| Err(error));
        }
        let outcome = self.fetch(called, client).await;
        // Not before: a search that was dropped with its caller has found out nothing.
        self.searched = Some(Instant::now());
        outcome
    }

    async fn fetch(&mut self, called: Instant, client: &Client) -> Result<(), Error> {
        // It failed while this one waited: that is an answer, and spares everyone behind it a wait.
        if let Some((time, error)) = &self.failed
            && called < *time
        {
            return Err(error.clone());
        }
        let request = client.request(Method::GET, KEYS).without_credentials();
        let late = |_| Err(Error::timeout(PATIENCE.as_secs_f64()).at(&Method::GET, path(KEYS)));
        let set = tokio::time::timeout(PATIENCE, request.send()).await.unwrap_or_else(late);
        match set.and_then(|set| read(&set)) {
            Ok(keys) => {
                (self.keys, self.since, self.failed) = (keys, Some(Instant::now()), None);
                Ok(())
            }
            Err(error) => {
                let error = error.with_hint(
                    "the keys of ID tokens cannot be had now; nothing is wrong with the login: it can be tried again",
                );
                self.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

/// The keys of a set that can verify ES256; others are passed over. A set without any is no answer, and
/// does not put known keys out of use.
fn read(set: &Value) -> Result<HashMap<String, PublicKey>, Error> {
    let keys = set["keys"].as_array().into_iter().flatten();
    let keys: HashMap<_, _> = keys
        .filter_map(|key| {
            let is = |name: &str, word: &str| key[name].as_str() == Some(word);
            let may = |name: &str, word: &str| key[name].is_null() || is(name, word);
            if !(is("kty", "EC") && is("crv", "P-256") && may("alg", "ES256") && may("use", "sig")) {
                return None;
            }
            let point = PublicKey::of_point(key["x"].as_str()?, key["y"].as_str()?)?;
            Some((key["kid"].as_str()?.to_owned(), point))
        })
        .take(MOST)
        .collect();
    match keys.is_empty() {
        true => {
            Err(Error::unusable_answer("there is no key for ES256 in the set").at(&Method::GET, path(KEYS)))
        }
        false => Ok(keys),
    }
}
