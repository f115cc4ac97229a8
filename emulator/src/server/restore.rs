//! Brings an emulator to the state that a data directory holds.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use crate::inner::Inner;
use crate::store::{Database, Keeper};

/// Goes on from what a directory holds, and keeps what happens there from now on. If there is nothing yet, `begin` makes
/// the state.
pub(super) fn open(
    directory: &Path,
    inner: &Arc<Inner>,
    begin: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let database = Database::open(directory).map_err(|error| error.to_string())?;
    let failed = |reason: String| {
        format!("{}: the state in it cannot be read: {reason}; nothing was changed", directory.display())
    };
    let mut was_there = false;
    if let Some(snapshot) = database.snapshot().map_err(|error| failed(error.to_string()))? {
        inner.load(BufReader::new(snapshot)).map_err(failed)?;
        was_there = true;
    }
    let mut requests = 0_usize;
    let replayed = database.journal(|record| {
        requests += 1;
        inner.replay(&record)
    });
    replayed.map_err(failed)?;
    inner.replayed();
    if !was_there {
        begin()?;
    }
    let emulator = Arc::downgrade(inner);
    let dump = Box::new(move |writer: &mut dyn std::io::Write| Some(emulator.upgrade()?.dump(writer)));
    let keeper = Keeper::start(database, was_there && requests == 0, dump)
        .map_err(|reason| format!("{}: the state cannot be written: {reason}", directory.display()))?;
    // There is one data directory at most.
    let _ = inner.keeper.set(keeper);
    Ok(())
}
