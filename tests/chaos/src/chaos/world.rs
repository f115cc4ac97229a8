//! What the calls of a run are made with.

use super::session::Session;
use crate::Outcome;
use crate::lines::entries_of;
use opencloud::data_stores::Store;
use opencloud::retry::RetryBudget;
use opencloud::{Client, ClientBuilder};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The universe of all calls.
pub(crate) const UNIVERSE: u64 = 2001;

/// How many entries are read at a time where a whole store is read.
const CONCURRENCY: usize = 32;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: Client,
    /// Only in workers.
    pub(crate) session: Option<Session>,
}

impl World {
    /// For who looks on, and makes no calls as a user.
    pub(crate) fn observer(base_url: &str) -> Outcome<Self> {
        Ok(Self { client: client(base_url)?, session: None })
    }

    pub(crate) fn store(&self, name: &str) -> Store {
        self.client.data_stores().store(UNIVERSE, name)
    }

    /// The values of a data store by scope and key.
    pub(crate) async fn entries(&self, store: &str) -> Outcome<BTreeMap<(String, String), Value>> {
        let mut lines = Vec::new();
        let export = self.store(store).export().concurrency(CONCURRENCY);
        export
            .write_to(&mut lines, |_| Ok(()))
            .await
            .map_err(|error| format!("the store {store}: {error}"))?;
        let entries = entries_of(&lines)?;
        let mut map = BTreeMap::new();
        for (key, value) in entries {
            if map.insert(key.clone(), value).is_some() {
                return Err(format!("the export of the store {store} has {key:?} twice"));
            }
        }
        Ok(map)
    }

    /// A part of the emulator's state, which no operation of the API shows.
    pub(crate) async fn state(&self, path: &str) -> Outcome<Value> {
        let path = format!("/__emulator/state/{path}");
        let call = self.client.request(http::Method::GET, &path).send();
        call.await.map(opencloud::Response::into_inner).map_err(|error| format!("{path}: {error}"))
    }
}

/// Settings under which a call of a run ends within a minute, whatever the service does.
pub(crate) fn settings(base_url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(base_url)
        // More than half of all requests go wrong, and retries are what is tried here.
        .retry_budget(RetryBudget::unlimited())
        .attempt_timeout(Duration::from_secs(4))
        .timeout(Duration::from_secs(20))
        .upload_attempt_timeout(Duration::from_secs(6))
        .upload_timeout(Duration::from_secs(30))
}

pub(crate) fn client(base_url: &str) -> Outcome<Client> {
    settings(base_url).api_key("any-key").build().map_err(|error| error.to_string())
}
