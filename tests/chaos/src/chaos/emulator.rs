//! The emulator as a process that is killed and started again over the same state.

use super::faults::Fault;
use crate::Outcome;
use crate::emulator::spawn;
use opencloud::Client;
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// How often a start is tried: the port may still be in use by what was killed.
const STARTS: u32 = 20;

pub(crate) struct Emulator {
    binary: PathBuf,
    data: PathBuf,
    seed: u64,
    child: Child,
    base_url: String,
    faults: Vec<Fault>,
    pub(crate) kills: usize,
}

impl Emulator {
    /// Starts on a free port, which it keeps.
    pub(crate) fn start(binary: &Path, data: &Path, seed: u64) -> Outcome<Self> {
        let (child, base_url) = spawn(binary, &arguments(data, "0", seed, &[]))?;
        let (binary, data) = (binary.to_owned(), data.to_owned());
        Ok(Self { binary, data, seed, child, base_url, faults: Vec::new(), kills: 0 })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Kills it without a chance to write anything, and starts it again after a while, with the faults that were in
    /// force.
    pub(crate) async fn kill_and_restart(&mut self, down: Duration) -> Outcome<()> {
        self.kill();
        self.kills += 1;
        tokio::time::sleep(down).await;
        let port = self.base_url.rsplit(':').next().unwrap_or_default().to_owned();
        // The same seed again would play the same faults to the requests that follow a start.
        let seed = self.seed.wrapping_add(self.kills as u64);
        let mut tries = 0;
        (self.child, self.base_url) = loop {
            match spawn(&self.binary, &arguments(&self.data, &port, seed, &self.faults)) {
                Ok(started) => break started,
                Err(problem) if tries == STARTS => return Err(problem),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        Ok(())
    }

    /// Puts these faults in force, and no others.
    pub(crate) async fn set_faults(&mut self, control: &Client, faults: Vec<Fault>) -> Outcome<()> {
        let path = "/__emulator/faults";
        control.request(http::Method::DELETE, path).send().await.map_err(|error| error.to_string())?;
        for fault in &faults {
            let body = json!({ "fault": fault.as_str() });
            let call = control.request(http::Method::POST, path).json(&body);
            call.send().await.map_err(|error| format!("the fault {}: {error}", fault.as_str()))?;
        }
        self.faults = faults;
        Ok(())
    }

    fn kill(&mut self) {
        // It may have ended by itself, which the next start shows.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The arguments of a start.
fn arguments(data: &Path, port: &str, seed: u64, faults: &[Fault]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["--port", port, "--fault-seed", &seed.to_string(), "--data"].map(Into::into).into();
    arguments.push(data.into());
    for fault in faults {
        arguments.extend(["--fault", fault.as_str()].map(Into::into));
    }
    arguments
}
