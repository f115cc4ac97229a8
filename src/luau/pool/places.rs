use crate::ids::{PlaceId, UniverseId};
use crate::luau::{Luau, Run, TaskPath};
use std::fmt;

/// A place of a pool, and which version of it runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PoolPlace {
    pub(super) universe: UniverseId,
    pub(super) place: PlaceId,
    /// The version to run at; the newest one without it.
    pub(super) version: Option<u64>,
    /// The version that a script must find.
    pub(super) expected: Option<u64>,
}

impl PoolPlace {
    pub(super) fn new(universe: UniverseId, place: PlaceId) -> Self {
        Self { universe, place, version: None, expected: None }
    }

    /// A run of a script here.
    pub(super) fn run(&self, luau: &Luau, text: &str) -> Run {
        let script = luau.run(text);
        let run = match self.version {
            Some(version) => script.at_version(&self.universe, &self.place, version),
            None => script.at(&self.universe, &self.place),
        };
        self.expected.into_iter().fold(run, Run::expect_version)
    }

    /// Whether a task was made at this place.
    pub(super) fn has(&self, task: &TaskPath) -> bool {
        *task.universe() == self.universe && *task.place() == self.place
    }

    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        self.universe == other.universe && self.place == other.place
    }
}

impl fmt::Display for PoolPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.universe, self.place)?;
        match (self.version, self.expected) {
            (Some(version), _) => write!(f, " at version {version}"),
            (None, Some(version)) => write!(f, " expecting version {version}"),
            (None, None) => Ok(()),
        }
    }
}
