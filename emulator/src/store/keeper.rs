//! Keeps what happens: a thread that writes many requests at once.

use std::io::{self, BufReader, BufWriter};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::database::Database;
use super::{Record, Ticket};
use crate::server::Inner;

/// How many requests are written at once.
const BATCH: usize = 1_024;
/// From how many bytes of requests on the whole state is written instead.
const JOURNAL_BYTES: usize = 8 * 1024 * 1024;

/// Writes requests down, in the order in which they were applied.
#[derive(Debug)]
pub(crate) struct Keeper {
    order: Mutex<()>,
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Job {
    /// Nothing stands for a change that no request gives again: the whole state is to be written.
    Keep(Option<Record>, oneshot::Sender<()>),
    Close,
}

/// Brings an emulator to the state that a directory holds, and keeps it there from now on. If there is none yet,
/// `begin` makes it.
pub(crate) fn open(
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
    let size = database.snapshot_size().map_err(|error| failed(error.to_string()))?;
    inner.replayed();
    let (jobs, received) = channel();
    let mut writer = Writer {
        database,
        inner: Arc::downgrade(inner),
        jobs: received,
        journal: 0,
        snapshot: size,
        behind: false,
    };
    if !was_there {
        begin()?;
    }
    if !was_there || requests > 0 {
        let unwritten = |reason| format!("{}: the state cannot be written: {reason}", directory.display());
        writer.snapshot(Vec::new()).map_err(unwritten)?;
    }
    let thread = std::thread::Builder::new().name("opencloud-emulator-keeper".to_owned());
    let thread = thread.spawn(move || writer.run()).map_err(|error| error.to_string())?;
    inner.keep_with(Keeper { order: Mutex::default(), jobs, thread: Mutex::new(Some(thread)) });
    Ok(())
}

impl Keeper {
    /// Held while something is applied and given to the keeper, so that both happen in the same order.
    pub(crate) fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep(&self, record: Record) -> Ticket {
        self.send(Some(record))
    }

    /// Writes the whole state, after a change that would be another one if its request was applied again.
    pub(crate) fn keep_all(&self) -> Ticket {
        self.send(None)
    }

    fn send(&self, record: Option<Record>) -> Ticket {
        let (done, ticket) = oneshot::channel();
        // If the thread has ended, the ticket says that nothing was kept.
        let _ = self.jobs.send(Job::Keep(record, done));
        Ticket(ticket)
    }

    /// Writes everything, and lets go of the directory.
    pub(crate) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.jobs.send(Job::Close);
            let _ = thread.join();
        }
    }
}

type Waiting = Vec<(Option<Record>, oneshot::Sender<()>)>;

struct Writer {
    database: Database,
    inner: Weak<Inner>,
    jobs: Receiver<Job>,
    /// Bytes of the requests since the last snapshot, and of that.
    journal: usize,
    snapshot: usize,
    /// Something that was applied could not be written: only a whole state is right again.
    behind: bool,
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            let (waiting, closes) = self.gather(Some(first), BATCH);
            let needs_all = waiting.iter().any(|(record, _)| record.is_none());
            if needs_all || self.behind || self.journal > JOURNAL_BYTES.max(2 * self.snapshot) {
                self.try_snapshot(waiting);
            } else {
                self.append(waiting);
            }
            if closes {
                if self.journal > 0 || self.behind {
                    self.try_snapshot(Vec::new());
                }
                return;
            }
        }
    }

    /// What is waiting to be written, and whether the end was asked for.
    fn gather(&self, first: Option<Job>, most: usize) -> (Waiting, bool) {
        let mut waiting = Vec::new();
        let more = std::iter::from_fn(|| self.jobs.try_recv().ok());
        for job in first.into_iter().chain(more) {
            match job {
                Job::Keep(record, done) => waiting.push((record, done)),
                Job::Close => return (waiting, true),
            }
            if waiting.len() == most {
                break;
            }
        }
        (waiting, false)
    }

    fn append(&mut self, waiting: Waiting) {
        match self.database.append(waiting.iter().filter_map(|(record, _)| record.as_ref())) {
            Ok(bytes) => {
                self.journal += bytes;
                acknowledge(waiting);
            }
            Err(error) => self.failed(&error.to_string()),
        }
    }

    fn try_snapshot(&mut self, waiting: Waiting) {
        if let Err(error) = self.snapshot(waiting) {
            self.failed(&error);
        }
    }

    fn failed(&mut self, error: &str) {
        self.behind = true;
        eprintln!("opencloud-emulator: the state cannot be written: {error}");
    }

    /// Writes the whole state. It has everything that was applied until now, also what is still waiting.
    fn snapshot(&mut self, mut waiting: Waiting) -> Result<(), String> {
        let Some(inner) = self.inner.upgrade() else {
            return Ok(());
        };
        let keeper = inner.keeper();
        let order = keeper.map(Keeper::order);
        let (more, closes) = self.gather(None, usize::MAX);
        waiting.extend(more);
        let written = self.database.replace(|writer| {
            let mut writer = BufWriter::with_capacity(64 * 1024, writer);
            inner.dump(&mut writer)?;
            io::Write::flush(&mut writer)
        });
        drop(order);
        self.snapshot = written?;
        self.journal = 0;
        self.behind = false;
        acknowledge(waiting);
        if closes && let Some(keeper) = keeper {
            // It was taken out of the queue: it is put back.
            let _ = keeper.jobs.send(Job::Close);
        }
        Ok(())
    }
}

fn acknowledge(waiting: Waiting) {
    for (_, done) in waiting {
        // Who has gone away does not need to know.
        let _ = done.send(());
    }
}
