//! Keeps what happens: a thread that writes many requests at once.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::store::database::Database;
use crate::store::record::{Record, Ticket};

/// How many requests are written at once.
const BATCH: usize = 1_024;
/// From how many bytes of requests on the whole state is written instead.
const JOURNAL_BYTES: usize = 8 * 1024 * 1024;

/// Writes requests down, in the order in which they were applied.
#[derive(Debug)]
pub(crate) struct Keeper {
    order: Arc<Mutex<()>>,
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Job {
    /// Nothing stands for a change that no request gives again: the whole state is to be written.
    Keep(Option<Record>, oneshot::Sender<()>),
    Close,
}

/// Writes the whole state; nothing if the emulator has gone.
pub(crate) type Dump = dyn Fn(&mut dyn Write) -> Option<io::Result<()>> + Send;

impl Keeper {
    /// Begins to keep what happens after the snapshot that the database has. If that is not all there is by now, the
    /// whole state is written first.
    pub(crate) fn start(database: Database, is_current: bool, dump: Box<Dump>) -> Result<Keeper, String> {
        let snapshot = database.snapshot_size().map_err(|error| error.to_string())?;
        let order = Arc::default();
        let (jobs, received) = channel();
        let mut writer = Writer {
            database,
            dump,
            order: Arc::clone(&order),
            jobs: received,
            journal: 0,
            snapshot,
            behind: false,
            closing: false,
        };
        if !is_current {
            writer.snapshot(Vec::new())?;
        }
        let thread = std::thread::Builder::new().name("opencloud-emulator-keeper".to_owned());
        let thread = thread.spawn(move || writer.run()).map_err(|error| error.to_string())?;
        Ok(Keeper { order, jobs, thread: Mutex::new(Some(thread)) })
    }

    /// Held while something is applied and given to the keeper, so that both happen in the same order.
    pub(crate) fn order(&self) -> MutexGuard<'_, ()> {
        lock(&self.order)
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

fn lock(order: &Mutex<()>) -> MutexGuard<'_, ()> {
    order.lock().unwrap_or_else(PoisonError::into_inner)
}

type Waiting = Vec<(Option<Record>, oneshot::Sender<()>)>;

struct Writer {
    database: Database,
    dump: Box<Dump>,
    order: Arc<Mutex<()>>,
    jobs: Receiver<Job>,
    /// Bytes of the requests since the last snapshot, and of that.
    journal: usize,
    snapshot: usize,
    /// Something that was applied could not be written: only a whole state is right again.
    behind: bool,
    /// The end was asked for.
    closing: bool,
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            let waiting = self.gather(Some(first), BATCH);
            let needs_all = waiting.iter().any(|(record, _)| record.is_none());
            if needs_all || self.behind || self.journal > JOURNAL_BYTES.max(2 * self.snapshot) {
                self.try_snapshot(waiting);
            } else {
                self.append(waiting);
            }
            if self.closing {
                if self.journal > 0 || self.behind {
                    self.try_snapshot(Vec::new());
                }
                return;
            }
        }
    }

    /// What is waiting to be written.
    fn gather(&mut self, first: Option<Job>, most: usize) -> Waiting {
        let mut waiting = Vec::new();
        let more = std::iter::from_fn(|| self.jobs.try_recv().ok());
        for job in first.into_iter().chain(more) {
            match job {
                Job::Keep(record, done) => waiting.push((record, done)),
                Job::Close => {
                    self.closing = true;
                    break;
                }
            }
            if waiting.len() == most {
                break;
            }
        }
        waiting
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
        let order = Arc::clone(&self.order);
        let order = lock(&order);
        waiting.extend(self.gather(None, usize::MAX));
        let mut is_gone = false;
        let written = self.database.replace(|writer| {
            let mut writer = BufWriter::with_capacity(64 * 1024, writer);
            match (self.dump)(&mut writer) {
                Some(dumped) => dumped.and_then(|()| writer.flush()),
                None => {
                    is_gone = true;
                    Err(io::Error::other("the emulator has gone"))
                }
            }
        });
        drop(order);
        if is_gone {
            return Ok(());
        }
        self.snapshot = written?;
        self.journal = 0;
        self.behind = false;
        acknowledge(waiting);
        Ok(())
    }
}

fn acknowledge(waiting: Waiting) {
    for (_, done) in waiting {
        // Who has gone away does not need to know.
        let _ = done.send(());
    }
}
