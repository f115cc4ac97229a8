use super::Store;
use crate::Error;
use serde::{Deserialize, Serialize};

/// How far an export has come. Keep it as what it serializes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCheckpoint {
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
}

/// What is exported, so that an export is not resumed as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    #[serde(flatten)]
    of: Target,
    prefix: String,
}

/// What is imported into, so that an import is not resumed as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Target {
    universe: String,
    store: String,
    scope: Option<String>,
}

impl Target {
    fn of(store: &Store) -> Self {
        Self { universe: store.universe.to_string(), store: store.name.clone(), scope: store.scope.clone() }
    }
}

impl ExportCheckpoint {
    pub(super) fn start(store: &Store, prefix: &str, page_size: u64) -> Self {
        let of = Source { of: Target::of(store), prefix: prefix.to_owned() };
        Self {
            of,
            page_size,
            token: None,
            is_done: false,
            bytes: 0,
            entries: 0,
            vanished: 0,
            skipped: 0,
            with_buffers: 0,
        }
    }

    /// How many bytes are written. What a file holds beyond that must be cut off before the export
    /// goes on.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many entries are written.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many keys were listed, but deleted before they were read.
    pub fn vanished(&self) -> u64 {
        self.vanished
    }

    /// How many entries could not be read, and were left out
    /// ([`Export::skip_unreadable`](super::Export::skip_unreadable)).
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many of the entries hold [Luau buffers](super::LuauBuffer), which an import cannot bring back. Their
    /// lines have a property `buffers`.
    pub fn with_buffers(&self) -> u64 {
        self.with_buffers
    }

    /// Whether everything is written.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many keys a page has, which a token belongs to.
    pub(super) fn page_size(&self) -> u64 {
        self.page_size
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A line of so many bytes is written.
    pub(super) fn wrote(&mut self, bytes: usize, has_buffers: bool) {
        self.bytes += bytes as u64;
        self.entries += 1;
        self.with_buffers += u64::from(has_buffers);
    }

    pub(super) fn missed(&mut self) {
        self.vanished += 1;
    }

    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    /// A page is written.
    pub(super) fn turn(&mut self, next: Option<&str>) {
        self.token = next.map(str::to_owned);
        self.is_done = next.is_none();
    }

    pub(super) fn check(&self, start: &Self) -> Result<(), Error> {
        match self.of == start.of {
            true => Ok(()),
            false => Err(Error::invalid_request(
                "the checkpoint is of another export: universe, store, scope or prefix differ",
            )),
        }
    }
}

/// How far an import has come. Keep it as what it serializes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCheckpoint {
    of: Target,
    bytes: u64,
    lines: u64,
}

impl ImportCheckpoint {
    pub(super) fn start(store: &Store) -> Self {
        Self { of: Target::of(store), bytes: 0, lines: 0 }
    }

    /// A line is done.
    pub(super) fn count(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.lines += 1;
    }

    pub(super) fn check(&self, start: &Self) -> Result<(), Error> {
        match self.of == start.of {
            true => Ok(()),
            false => Err(Error::invalid_request(
                "the checkpoint is of another import: universe, store or scope differ",
            )),
        }
    }

    /// How many bytes of the file are done.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many lines of the file are done.
    pub fn lines(&self) -> u64 {
        self.lines
    }
}
