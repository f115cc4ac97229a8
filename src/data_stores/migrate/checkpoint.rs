use super::MigrationReport;
use crate::Error;
use crate::data_stores::checkpoint::{PAGE_SIZES, Source, Target};
use crate::data_stores::fingerprint::Fingerprint;
use crate::data_stores::listed::SharedNames;
use crate::data_stores::{EntryKey, Store};
use crate::seal::{Damaged, Sealed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How far a migration has come, and which entries it is about to write. Keep it as what it serializes to: text that was
/// changed since, or cut off, cannot be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sealed<State>", into = "Sealed<State>")]
pub struct MigrationCheckpoint(pub(super) State);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    of: Job,
    pub(super) page_size: u64,
    pub(super) token: Option<String>,
    pub(super) is_listed: bool,
    /// The entries of this page that are done, and of the one before: where entries are added, some are listed again.
    done: BTreeSet<EntryKey>,
    done_before: BTreeSet<EntryKey>,
    /// What was about to be written.
    pub(super) pending: Vec<Intent>,
    /// What others had changed in this pass's way, and in that of the next one.
    pub(super) again: BTreeSet<EntryKey>,
    pub(super) later: BTreeSet<EntryKey>,
    pub(super) passes: u32,
    pub(super) shared_names: SharedNames,
    pub(super) report: MigrationReport,
}

/// A write that may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    #[serde(flatten)]
    pub(super) entry: EntryKey,
    /// The etag of what was there.
    pub(super) from: Option<String>,
    /// What is written; `None` for a deletion.
    pub(super) into: Option<Fingerprint>,
}

/// What is migrated, so that a migration is not resumed as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    #[serde(flatten)]
    source: Source,
    into: Option<Target>,
    name: String,
}

impl State {
    pub(super) fn start(
        store: &Store,
        prefix: &str,
        target: Option<&Store>,
        name: &str,
        page_size: u64,
    ) -> Self {
        let of =
            Job { source: Source::of(store, prefix), into: target.map(Target::of), name: name.to_owned() };
        Self {
            of,
            page_size,
            token: None,
            is_listed: false,
            done: BTreeSet::new(),
            done_before: BTreeSet::new(),
            pending: Vec::new(),
            again: BTreeSet::new(),
            later: BTreeSet::new(),
            passes: 0,
            shared_names: SharedNames::default(),
            report: MigrationReport::default(),
        }
    }

    /// What was done lately.
    pub(super) fn done(&self) -> BTreeSet<EntryKey> {
        self.done.union(&self.done_before).cloned().collect()
    }

    pub(super) fn is_done(&self, entry: &EntryKey) -> bool {
        self.done.contains(entry) || self.done_before.contains(entry)
    }

    /// Nothing more is done with an entry, at least in this pass.
    pub(super) fn settle(&mut self, entry: &EntryKey) {
        self.pending.retain(|intent| intent.entry != *entry);
        if !self.again.remove(entry) && !self.is_listed {
            self.done.insert(entry.clone());
        }
    }

    /// An entry is gone through again in the next pass.
    pub(super) fn postpone(&mut self, entry: &EntryKey) {
        self.settle(entry);
        self.later.insert(entry.clone());
    }

    /// All entries of a page are done.
    pub(super) fn turn(&mut self, next: Option<String>) {
        self.done_before = std::mem::take(&mut self.done);
        self.is_listed = next.is_none();
        self.token = next;
    }

    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        self.is_listed && self.pending.is_empty() && self.again.is_empty() && self.later.is_empty()
    }
}

impl MigrationCheckpoint {
    /// What was done so far.
    pub fn report(&self) -> &MigrationReport {
        &self.0.report
    }

    /// Whether everything is done.
    pub fn is_done(&self) -> bool {
        self.0.is_over()
    }

    /// The state to go on from, if it is of the migration that begins at `start`.
    pub(super) fn check(&self, start: &State) -> Result<State, Error> {
        let state = &self.0;
        if state.of != start.of {
            return Err(Error::invalid_request(format!(
                "the migration failed: its checkpoint is of {}, and this is {}; give each its own checkpoint",
                state.of, start.of
            )));
        }
        // Without a token it would begin anew.
        let has_token = state.token.as_ref().is_some_and(|token| !token.is_empty());
        let is_sound = state.token.is_none() || has_token && !state.is_listed;
        match is_sound && PAGE_SIZES.contains(&state.page_size) {
            true => Ok(state.clone()),
            false => Err(Error::invalid_request("the migration failed: its checkpoint is damaged")),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the migration")?;
        if !self.name.is_empty() {
            write!(f, " `{}`", self.name)?;
        }
        write!(f, " of {}", self.source)?;
        match &self.into {
            Some(target) => write!(f, " into {target}"),
            None => Ok(()),
        }
    }
}

impl From<MigrationCheckpoint> for Sealed<State> {
    fn from(checkpoint: MigrationCheckpoint) -> Self {
        Self::of(&checkpoint.0)
    }
}

impl TryFrom<Sealed<State>> for MigrationCheckpoint {
    type Error = Damaged;

    fn try_from(sealed: Sealed<State>) -> Result<Self, Damaged> {
        sealed.open().map(Self)
    }
}
