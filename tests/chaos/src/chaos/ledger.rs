//! What was meant to be done, written before it is sent, and what came of it.

use crate::Outcome;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Something that a worker means to do once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// Unique in the run.
    pub(crate) id: u64,
    /// [`Kind::name`](super::intents::Kind::name).
    pub(crate) kind: String,
    pub(crate) worker: u64,
    /// Counts the intents of its kind in its worker. Other workers have the same numbers, so that what is named by
    /// one is shared.
    pub(crate) number: u64,
}

/// What the SDK said of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum Reported {
    /// It was done.
    Acknowledged,
    /// It may have been done.
    Unknown { error: String },
    /// It was not done.
    Refused { error: String },
    /// What was read misses something.
    Gap { problem: String },
    /// What was read has something twice, or something that was never written.
    Surplus { problem: String },
    /// The call did not end within its bound.
    Hung,
}

/// What happened to the authorization that the workers share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum SessionEvent {
    /// The service gave new tokens.
    Renewed,
    /// The service gave new tokens, and the run dropped the response.
    ResponseDropped,
    /// The session ended because new tokens never arrived.
    Unrecoverable,
    /// The session ended, or a caller was told that it had, without such a reason.
    Lost { reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(crate) enum Entry {
    Intent(Intent),
    Result {
        id: u64,
        #[serde(flatten)]
        result: Reported,
    },
    Session(SessionEvent),
}

/// A file of lines of JSON that one worker appends to.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<File>);

impl Ledger {
    pub(crate) fn append_to(path: &Path) -> Outcome<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.map(|file| Self(Mutex::new(file)))
            .map_err(|error| format!("the ledger {} cannot be opened: {error}", path.display()))
    }

    /// Writes an entry. When it returns, the entry outlives the process. Without its ledger a run is worth nothing, so
    /// that an error ends the process.
    pub(crate) fn write(&self, entry: &Entry) {
        let line = serde_json::to_string(entry).map(|line| line + "\n");
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = line.map_err(std::io::Error::from).and_then(|line| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            eprintln!("error: the ledger cannot be written: {error}");
            std::process::exit(3);
        }
    }
}

/// The entries of a ledger. Its last line may be torn: its writer was killed.
pub(crate) fn read(path: &Path) -> Outcome<Vec<Entry>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn parse(text: &str) -> Outcome<Vec<Entry>> {
    let mut entries = Vec::new();
    for line in text.split_inclusive('\n') {
        match serde_json::from_str(line) {
            Ok(entry) => entries.push(entry),
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => return Err(format!("line {}: {error}", entries.len() + 1)),
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_reads_what_was_written_but_for_a_torn_last_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger");
        let intent = Intent { id: 7, kind: "create".to_owned(), worker: 1, number: 3 };
        let entries = [
            Entry::Intent(intent),
            Entry::Result { id: 7, result: Reported::Unknown { error: "reset".to_owned() } },
            Entry::Session(SessionEvent::Lost { reason: "reuse".to_owned() }),
        ];
        let ledger = Ledger::append_to(&path).expect("a ledger");
        entries.iter().for_each(|entry| ledger.write(entry));
        assert_eq!(read(&path).expect("entries"), entries);

        let whole = std::fs::read_to_string(&path).expect("text");
        assert_eq!(parse(&whole[..whole.len() - 5]).expect("entries"), entries[..2]);
        assert!(parse("{\"entry\":\n{}\n").is_err(), "only the last line can be torn");
    }
}
