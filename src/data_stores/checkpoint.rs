use super::Store;
use super::listed::SharedNames;
use crate::Error;
use crate::seal::Sealed;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The page sizes that an export or a migration can have.
pub(super) const PAGE_SIZES: std::ops::RangeInclusive<u64> = 1..=256;

/// How far an export has come. Keep it as what it serializes to: text that was changed since, or cut off, cannot
/// be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sealed<ExportState>", into = "Sealed<ExportState>")]
pub struct ExportCheckpoint(ExportState);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ExportState {
    of: Source,
    page_size: u64,
    token: Option<String>,
    is_done: bool,
    bytes: u64,
    entries: u64,
    vanished: u64,
    #[serde(default)]
    skipped: u64,
    #[serde(default)]
    with_buffers: u64,
    #[serde(default, skip_serializing_if = "SharedNames::is_empty")]
    shared_names: SharedNames,
}

/// What is gone through, so that a job is not resumed as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    #[serde(flatten)]
    of: Target,
    prefix: String,
}

/// What is written into, so that a job is not resumed as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    universe: String,
    store: String,
    scope: Option<String>,
}

impl Source {
    pub(super) fn of(store: &Store, prefix: &str) -> Self {
        Self { of: Target::of(store), prefix: prefix.to_owned() }
    }
}

impl Target {
    pub(super) fn of(store: &Store) -> Self {
        Self { universe: store.universe.to_string(), store: store.name.clone(), scope: store.scope.clone() }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.fmt(f)?;
        match self.prefix.as_str() {
            "" => Ok(()),
            prefix => write!(f, ", keys that begin with `{prefix}`"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the data store `{}` of the universe {}", self.store, self.universe)?;
        match &self.scope {
            Some(scope) => write!(f, ", scope `{scope}`"),
            None => Ok(()),
        }
    }
}

impl ExportCheckpoint {
    pub(super) fn start(store: &Store, prefix: &str, page_size: u64) -> Self {
        let of = Source::of(store, prefix);
        Self(ExportState {
            of,
            page_size,
            token: None,
            is_done: false,
            bytes: 0,
            entries: 0,
            vanished: 0,
            skipped: 0,
            with_buffers: 0,
            shared_names: SharedNames::default(),
        })
    }

    /// How many bytes are written. What a file holds beyond that must be cut off before the export
    /// goes on.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// How many entries are written.
    pub fn entries(&self) -> u64 {
        self.0.entries
    }

    /// How many keys were listed, but deleted before they were read.
    pub fn vanished(&self) -> u64 {
        self.0.vanished
    }

    /// How many entries could not be read, and were left out
    /// ([`Export::skip_unreadable`](super::Export::skip_unreadable)).
    pub fn skipped(&self) -> u64 {
        self.0.skipped
    }

    /// How many of the entries hold [Luau buffers](super::LuauBuffer), which an import cannot bring back. Their
    /// lines have a property `buffers`.
    pub fn with_buffers(&self) -> u64 {
        self.0.with_buffers
    }

    /// Whether everything is written.
    pub fn is_done(&self) -> bool {
        self.0.is_done
    }

    /// How many keys a page has, which a token belongs to.
    pub(super) fn page_size(&self) -> u64 {
        self.0.page_size
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    pub(super) fn shared_names(&mut self) -> &mut SharedNames {
        &mut self.0.shared_names
    }

    /// A line of this length in bytes is written.
    pub(super) fn wrote(&mut self, bytes: usize, has_buffers: bool) {
        self.0.bytes = self.0.bytes.saturating_add(bytes as u64);
        self.0.entries = self.0.entries.saturating_add(1);
        self.0.with_buffers = self.0.with_buffers.saturating_add(u64::from(has_buffers));
    }

    pub(super) fn missed(&mut self) {
        self.0.vanished = self.0.vanished.saturating_add(1);
    }

    pub(super) fn skip(&mut self) {
        self.0.skipped = self.0.skipped.saturating_add(1);
    }

    /// A page is written.
    pub(super) fn turn(&mut self, next: Option<&str>) {
        self.0.token = next.map(str::to_owned);
        self.0.is_done = next.is_none();
    }

    pub(super) fn check(&self, start: &Self) -> Result<(), Error> {
        if self.0.of != start.0.of {
            return Err(Error::invalid_request(format!(
                "the export failed: its checkpoint is of another export, of {}, and this one is of {}; give each its \
                 own checkpoint",
                self.0.of, start.0.of
            )));
        }
        // What goes on without a token would begin anew, behind what is written.
        let has_begun = self.0.is_done || self.0.token.as_ref().is_some_and(|token| !token.is_empty());
        match (has_begun || *self == *start) && PAGE_SIZES.contains(&self.0.page_size) {
            true => Ok(()),
            false => Err(Error::invalid_request("the checkpoint of the export is damaged")),
        }
    }
}

/// How far an import has come. Keep it as what it serializes to: text that was changed since, or cut off, cannot
/// be read again.
///
/// It holds a digest of the lines that are done, so that no other file is gone on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sealed<ImportState>", into = "Sealed<ImportState>")]
pub struct ImportCheckpoint(ImportState);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ImportState {
    of: Target,
    bytes: u64,
    lines: u64,
    /// Of all lines so far, so that a file is told from another one by its content.
    digest: String,
}

/// A line, as it counts for a checkpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    bytes: u64,
    digest: [u8; 16],
}

impl Mark {
    /// `line` is the line with its end.
    pub(super) fn of(line: &[u8]) -> Self {
        Self { bytes: line.len() as u64, digest: Md5::digest(line).into() }
    }
}

impl ImportCheckpoint {
    pub(super) fn start(store: &Store) -> Self {
        Self(ImportState { of: Target::of(store), bytes: 0, lines: 0, digest: String::new() })
    }

    /// A line is done.
    pub(super) fn count(&mut self, line: &Mark) {
        let state = &mut self.0;
        state.bytes = state.bytes.saturating_add(line.bytes);
        state.lines = state.lines.saturating_add(1);
        let digest = Md5::new().chain_update(&state.digest).chain_update(line.digest).finalize();
        state.digest = crate::wire::hex(&digest);
    }

    pub(super) fn check(&self, start: &Self) -> Result<(), Error> {
        match self.0.of == start.0.of {
            true => Ok(()),
            false => Err(Error::invalid_request(format!(
                "the import failed: its checkpoint is of another import, into {}, and this one is into {}; give each \
                 its own checkpoint",
                self.0.of, start.0.of
            ))),
        }
    }

    /// How many bytes of the file are done.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// How many lines of the file are done.
    pub fn lines(&self) -> u64 {
        self.0.lines
    }
}

impl From<ExportCheckpoint> for Sealed<ExportState> {
    fn from(checkpoint: ExportCheckpoint) -> Self {
        Self::of(&checkpoint.0)
    }
}

impl TryFrom<Sealed<ExportState>> for ExportCheckpoint {
    type Error = crate::seal::Damaged;

    fn try_from(sealed: Sealed<ExportState>) -> Result<Self, Self::Error> {
        sealed.open().map(Self)
    }
}

impl From<ImportCheckpoint> for Sealed<ImportState> {
    fn from(checkpoint: ImportCheckpoint) -> Self {
        Self::of(&checkpoint.0)
    }
}

impl TryFrom<Sealed<ImportState>> for ImportCheckpoint {
    type Error = crate::seal::Damaged;

    fn try_from(sealed: Sealed<ImportState>) -> Result<Self, Self::Error> {
        sealed.open().map(Self)
    }
}
