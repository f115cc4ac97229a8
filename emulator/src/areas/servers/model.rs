//! State and rules of servers.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::later;
use crate::areas::servers::fleet::{Done, Fleet, Load};

/// How long servers take to restart once they begin to, in seconds (SV-08).
const RESTART_SECONDS: i64 = 6;

/// For this many places, it is remembered since when they have servers.
const MAX_OPENED: usize = 100_000;

/// The latest restarts, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Restarts {
    pub(super) launched: VecDeque<Restart>,
    /// By place: since when it has servers.
    #[serde(default)]
    opened: BTreeMap<u64, Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Restart {
    pub(super) id: String,
    pub(super) universe: u64,
    pub(super) launched: Timestamp,
    /// When the time in which nobody new joins is over.
    pub(super) begins: Timestamp,
    /// How often somebody looked.
    pub(super) looks: u32,
    /// By place: which versions were named.
    pub(super) places: BTreeMap<u64, Value>,
    #[serde(default)]
    pub(super) covered: BTreeMap<u64, Covered>,
}

/// What a restart means for a place, as it was when that was launched.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Covered {
    pub(super) versions: Vec<usize>,
    pub(super) latest: usize,
    pub(super) instances: u64,
    pub(super) players: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Delaying,
    Restarting,
    Succeeded,
}

impl Restarts {
    /// Since when a place has servers: since somebody first looked.
    pub(super) fn open(&mut self, place: u64, now: Timestamp) -> Timestamp {
        if self.opened.len() >= MAX_OPENED && !self.opened.contains_key(&place) {
            return now;
        }
        *self.opened.entry(place).or_insert(now)
    }

    /// The restarts of a place that have come to their end, the oldest first.
    pub(super) fn succeeded(&self, place: u64, now: Timestamp) -> impl Iterator<Item = Done<'_>> {
        let is_done = move |restart: &&Restart| restart.phase(now) == Phase::Succeeded;
        self.launched.iter().filter(is_done).filter_map(move |restart| {
            let covered = restart.covered.get(&place)?;
            let ends = restart.ends().min(now);
            Some(Done { versions: &covered.versions, latest: covered.latest, ends })
        })
    }
}

impl Restart {
    /// Each look finds the restart one step further, so that nobody has to wait out the bleed-off; time that is
    /// moved ahead does the same.
    pub(super) fn phase(&self, now: Timestamp) -> Phase {
        let by_looks = match self.looks {
            0 | 1 => Phase::Delaying,
            2 => Phase::Restarting,
            _ => Phase::Succeeded,
        };
        let by_time = if now < self.begins {
            Phase::Delaying
        } else if now < self.ends() {
            Phase::Restarting
        } else {
            Phase::Succeeded
        };
        by_looks.max(by_time)
    }

    pub(super) fn ends(&self) -> Timestamp {
        later(self.begins, RESTART_SECONDS)
    }
}

/// Which servers of a place a filter means.
pub(super) fn covered(fleet: &Fleet, filter: &Value) -> Covered {
    let excludes = filter["excludeCurrentVersion"] == true;
    let named = filter["versions"].as_array();
    let is_meant = |version: usize| match named {
        Some(named) => named.iter().any(|named| named.as_u64() == Some(version as u64)),
        None => !(excludes && version == fleet.latest),
    };
    let mut versions = fleet.versions();
    versions.retain(|version| is_meant(*version));
    let load = Load::of(fleet.active().filter(|server| is_meant(server.version)));
    Covered { versions, latest: fleet.latest, instances: load.instances, players: load.players }
}
