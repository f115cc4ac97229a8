//! The emulator of a run, and what it holds in the end: not what a program says that it holds.

use super::seed::{self, Place};
use crate::Outcome;
use crate::emulator;
use opencloud::Client;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Child;

#[derive(Debug)]
pub(super) struct Service {
    child: Child,
    base_url: String,
    client: Client,
}

impl Service {
    pub(super) fn start(binary: &Path, folder: &Path, seed: u64, faults: &[String]) -> Outcome<Self> {
        let file = folder.join("seed.json");
        std::fs::write(&file, seed::seed().to_string()).map_err(|error| error.to_string())?;
        let mut arguments = vec!["--port".into(), "0".into(), "--fault-seed".into(), seed.to_string().into()];
        arguments.extend(["--seed".into(), file.into_os_string()]);
        for fault in faults {
            arguments.extend(["--fault".into(), fault.into()]);
        }
        let (child, base_url) = emulator::spawn(binary, &arguments)?;
        let client = Client::builder().api_key("any").base_url(&base_url).build();
        Ok(Self { child, base_url, client: client.map_err(|error| error.to_string())? })
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) async fn state(&self, path: &str) -> Outcome<Value> {
        let call = self.client.request(http::Method::GET, format!("/__emulator/state/{path}")).send();
        call.await.map(opencloud::Response::into_inner).map_err(|error| format!("{path}: {error}"))
    }

    /// The values that the entries of a data store have now.
    pub(super) async fn values(&self, universe: u64, store: &str) -> Outcome<BTreeMap<Place, Value>> {
        let path = format!("dataStores/universes/{universe}/stores/{store}/entries");
        let state = self.state(&path).await?;
        let entries: Vec<(Place, Value)> =
            serde_json::from_value(state).map_err(|error| format!("{path}: {error}"))?;
        let mut values = BTreeMap::new();
        for (place, entry) in entries {
            let last = entry["versions"].as_array().and_then(|versions| versions.last());
            let Some(version) = last.filter(|version| version["deleted"] != true) else { continue };
            let text = version["value"].as_str().unwrap_or_default();
            values.insert(place, serde_json::from_str(text).map_err(|error| format!("{path}: {error}"))?);
        }
        Ok(values)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
