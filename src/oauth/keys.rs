//! Roblox's public keys.

use super::protocol::{KEYS, path};
use super::signature::PublicKey;
use crate::{Client, Error};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, WeakShared};
use http::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long keys are believed. Roblox does not say whether it changes them.
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often keys may be looked for that were not there last time: anyone can write the id of one into
/// a token.
const PAUSE: Duration = Duration::from_secs(60);

/// How long keys may take to come: a code lasts a minute.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// More keys are not kept.
const MOST: usize = 64;

/// The keys, fetched when they are needed.
#[derive(Default)]
pub(super) struct Keys(Arc<Mutex<Held>>);

/// What is known. Whoever looks at it holds the lock for no longer than that: who has a token of a known key does
/// not wait for those who have the keys fetched.
#[derive(Default)]
struct Held {
    keys: HashMap<String, PublicKey>,
    /// When they came.
    since: Option<Instant>,
    /// When more were looked for than these.
    searched: Option<Instant>,
    /// When fetching them failed last, and why.
    failed: Option<(Instant, Error)>,
    /// A fetch under way. It ends with the last one who waits for it.
    under_way: Option<WeakShared<Fetch>>,
}

type Fetch = BoxFuture<'static, Result<(), Error>>;

/// What there is to do before a question about keys can be decided.
enum Need {
    Nothing,
    /// There are no keys yet.
    Keys,
    /// The keys are old and should be fetched again. They stay valid if that fails: an outage must not lock out
    /// users whose tokens are signed with a known key.
    NewerKeys,
}

impl Keys {
    /// Has keys at hand, before something is used up that needs them.
    pub(super) async fn prepare(&self, client: &Client) -> Result<(), Error> {
        let need = self.held().need();
        match need {
            Need::Nothing => Ok(()),
            Need::Keys => self.fetch(client).await,
            Need::NewerKeys => {
                let _ = self.fetch(client).await;
                Ok(())
            }
        }
    }

    /// The key of this id, for ES256; `None` if Roblox has no such key.
    pub(super) async fn get(&self, id: &str, client: &Client) -> Result<Option<PublicKey>, Error> {
        let called = Instant::now();
        self.prepare(client).await?;
        let is_to_be_searched = {
            let held = self.held();
            match held.keys.get(id) {
                Some(key) => return Ok(Some(key.clone())),
                None => held.is_to_be_searched(called)?,
            }
        };
        if is_to_be_searched {
            let outcome = self.fetch(client).await;
            // Not before: a search that was dropped with its caller has found out nothing.
            self.held().searched = Some(Instant::now());
            outcome?;
        }
        Ok(self.held().keys.get(id).cloned())
    }

    /// One fetch for all who wait for one.
    async fn fetch(&self, client: &Client) -> Result<(), Error> {
        let fetch = {
            let mut held = self.held();
            match held.under_way.as_ref().and_then(WeakShared::upgrade) {
                Some(fetch) => fetch,
                None => {
                    let fetch = fetch(Arc::clone(&self.0), client.clone()).boxed().shared();
                    held.under_way = fetch.downgrade();
                    fetch
                }
            }
        };
        fetch.await
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        lock(&self.0)
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    fn need(&self) -> Need {
        let is_older = |time: Option<Instant>, age: Duration| time.is_none_or(|time| time.elapsed() >= age);
        if !is_older(self.since, LONGEST_AGE) {
            return Need::Nothing;
        }
        if self.keys.is_empty() {
            return Need::Keys;
        }
        match is_older(self.failed.as_ref().map(|(time, _)| *time), PAUSE) {
            true => Need::NewerKeys,
            false => Need::Nothing,
        }
    }

    /// Whether the keys are to be fetched for one that is not among them: now and then.
    fn is_to_be_searched(&self, called: Instant) -> Result<bool, Error> {
        if self.since.is_some_and(|since| since >= called) {
            return Ok(false);
        }
        if self.searched.is_some_and(|searched| searched.elapsed() < PAUSE) {
            // Whether Roblox has this key is not known if it could not be asked.
            return self.failed.clone().map_or(Ok(false), |(_, error)| Err(error));
        }
        // It failed while this one waited: that is a response, and spares it another wait.
        match &self.failed {
            Some((time, error)) if called < *time => Err(error.clone()),
            _ => Ok(true),
        }
    }
}

/// Fetches the keys, and keeps them or why there are none.
async fn fetch(held: Arc<Mutex<Held>>, client: Client) -> Result<(), Error> {
    let request = client.request(Method::GET, KEYS).without_credentials();
    let late = |_| Err(Error::timeout(FETCH_TIMEOUT.as_secs_f64()).with_request(&Method::GET, path(KEYS)));
    let set = tokio::time::timeout(FETCH_TIMEOUT, request.send()).await.unwrap_or_else(late);
    let keys = set.and_then(|set| read(&set).map_err(|error| set.blame(error)));
    let mut held = lock(&held);
    // Whoever comes now does not join a fetch that is over.
    held.under_way = None;
    match keys {
        Ok(keys) => {
            (held.keys, held.since, held.failed) = (keys, Some(Instant::now()), None);
            Ok(())
        }
        Err(error) => {
            let error = error.with_hint(
                "the keys of ID tokens (JWKS) could not be fetched; nothing is wrong with the login, so try it again",
            );
            held.failed = Some((Instant::now(), error.clone()));
            Err(error)
        }
    }
}

/// The keys of a set that can verify ES256; others are passed over. A set without any is not a response, and
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
        true => Err(Error::unusable_response("there is no key for ES256 in the set")
            .with_request(&Method::GET, path(KEYS))),
        false => Ok(keys),
    }
}
