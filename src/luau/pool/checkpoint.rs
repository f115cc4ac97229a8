use super::places::PoolPlace;
use super::script::PoolScript;
use crate::Error;
use crate::luau::TaskPath;
use crate::seal::{Damaged, Sealed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The tasks that a pool has made, by the names of their scripts: all that another process needs to go on, by
/// [`Pool::resume`](super::Pool::resume). Keep it as what it serializes to: text that was changed since, or cut off,
/// cannot be read again.
///
/// A process that is killed between the start of a task and the checkpoint leaves a task that nobody knows of. Its
/// script is started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sealed<PoolState>", into = "Sealed<PoolState>")]
pub struct PoolCheckpoint(PoolState);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PoolState {
    /// The places of the pool, so that a run is not resumed as another one.
    places: Vec<String>,
    tasks: BTreeMap<String, Made>,
}

/// A task that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    /// The checksum of the script.
    script: String,
    path: String,
}

impl PoolCheckpoint {
    pub(super) fn start(places: &[PoolPlace]) -> Self {
        let places = places.iter().map(PoolPlace::to_string).collect();
        Self(PoolState { places, tasks: BTreeMap::new() })
    }

    /// The tasks that were made, each with the name of its script and its path, which
    /// [`Luau::resume`](crate::luau::Luau::resume) takes.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.tasks.iter().map(|(name, made)| (name.as_str(), made.path.as_str()))
    }

    pub(super) fn made(&mut self, script: &PoolScript, task: &TaskPath) {
        let made = Made { script: script.digest(), path: task.to_string() };
        self.0.tasks.insert(script.name.clone(), made);
    }

    pub(super) fn forget(&mut self, script: &PoolScript) {
        self.0.tasks.remove(&script.name);
    }

    /// The task of a script.
    pub(super) fn task(&self, script: &PoolScript) -> Option<TaskPath> {
        self.0.tasks.get(&script.name)?.path.parse().ok()
    }

    /// Refuses the checkpoint of another run.
    pub(super) fn check(&self, start: &Self, scripts: &[PoolScript]) -> Result<(), Error> {
        let refuse = |why: String| {
            Err(Error::invalid_request(format!(
                "the checkpoint is of another run: {why}; begin anew without it"
            )))
        };
        if self.0.places != start.0.places {
            return refuse(format!(
                "its places are {}, and those of the pool {}",
                self.0.places.join(", "),
                start.0.places.join(", ")
            ));
        }
        let by_name: BTreeMap<&str, &PoolScript> =
            scripts.iter().map(|script| (script.name.as_str(), script)).collect();
        for (name, made) in &self.0.tasks {
            match by_name.get(name.as_str()) {
                None => return refuse(format!("it has a script {name:?}, which the pool has not")),
                Some(script) if script.digest() != made.script => {
                    return refuse(format!("the script {name:?} has changed since"));
                }
                Some(_) => made.path.parse::<TaskPath>().map(drop)?,
            }
        }
        Ok(())
    }
}

impl From<PoolCheckpoint> for Sealed<PoolState> {
    fn from(checkpoint: PoolCheckpoint) -> Self {
        Self::of(&checkpoint.0)
    }
}

impl TryFrom<Sealed<PoolState>> for PoolCheckpoint {
    type Error = Damaged;

    fn try_from(sealed: Sealed<PoolState>) -> Result<Self, Self::Error> {
        sealed.open().map(Self)
    }
}
