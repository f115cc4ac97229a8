//! A part of some work that this process has, with what is kept of it.

use crate::lease::{Act, Held, Holding};
use crate::seal::SealingKeys;
use crate::server::{Error, ErrorKind, Server};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Work that this process has and no other: a job of [`RedisCheckpoints`](crate::RedisCheckpoints), or a part of a
/// [`RedisSplit`](crate::RedisSplit).
///
/// Its lease is renewed in the background. Dropping it gives it back, so that another process may take it at once; a process
/// that dies loses it when the lease runs out. What is saved is encrypted, and refused by the server once another process
/// has the job: an export, migration or pool whose checkpoint is refused ends before it does anything more.
///
/// While the server is away, saving is tried again as long as the lease is good for certain, and fails then.
pub struct Job {
    part: String,
    value: Option<Vec<u8>>,
    keys: SealingKeys,
    held: Held,
}

impl Job {
    pub(crate) fn open(keys: &SealingKeys, mut held: Held) -> Result<Self, Error> {
        let record = &held.holding().record;
        let part = keys.open(&record.tag, held.part.as_deref().unwrap_or_default())?;
        let part = String::from_utf8(part).map_err(|_| unreadable(held.holding()))?;
        let value = held.value.take().map(|value| keys.open(&bound(held.holding()), &value)).transpose()?;
        Ok(Self { part, value, keys: keys.clone(), held })
    }

    /// What it is: the name of the job, or the part of the work as it was given.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// The number of its lease, which grows each time that somebody takes it: a fencing token for what you write elsewhere.
    pub fn fence(&self) -> u64 {
        self.held.holding().fence
    }

    /// What was saved last by whoever had it before; `None` at its beginning.
    ///
    /// # Errors
    ///
    /// Of kind [`Unreadable`](ErrorKind::Unreadable), if it is of another type.
    pub fn saved<C: DeserializeOwned>(&self) -> Result<Option<C>, Error> {
        let read =
            |value: &Vec<u8>| serde_json::from_slice(value).map_err(|_| unreadable(self.held.holding()));
        self.value.as_ref().map(read).transpose()
    }

    /// Saves how far it has come, and renews the lease.
    ///
    /// # Errors
    ///
    /// Of kind [`LeaseLost`](ErrorKind::LeaseLost), if another process has it or had it since: stop then. Of kind
    /// [`TooLarge`](ErrorKind::TooLarge) beyond 8 MiB, and as of every command.
    pub async fn save<C: Serialize + ?Sized>(&self, checkpoint: &C) -> Result<(), Error> {
        let holding = self.held.holding();
        let sealed = sealed(&self.keys, holding, checkpoint)?;
        holding.act(Act::Save(&sealed)).await
    }

    /// A function that saves: for `on_checkpoint` of exports, imports, migrations and pools. It returns when the server has
    /// the checkpoint, and blocks its thread until then, as writing a file would; its connection is its own.
    ///
    /// # Errors
    ///
    /// The function fails as [`save`](Self::save).
    pub fn saver<C: Serialize + ?Sized>(&self) -> impl FnMut(&C) -> io::Result<()> + Send + 'static + use<C> {
        let saver =
            Saver { keys: self.keys.clone(), holding: self.held.holding().clone(), own: Mutex::default() };
        move |checkpoint: &C| saver.save(checkpoint).map_err(io::Error::other)
    }

    /// The work is done: nobody takes it any more. What is given here is kept in place of the checkpoint.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn finish<R: Serialize + ?Sized>(self, result: &R) -> Result<(), Error> {
        let holding = self.held.holding();
        let sealed = sealed(&self.keys, holding, result)?;
        holding.act(Act::Finish(&sealed)).await
    }

    /// Waits until the lease may be another process's: to stop work that saves seldom.
    pub async fn lost(&self) {
        self.held.holding().lost().await;
    }
}

/// What the value of a part is bound to.
pub(crate) fn bound(holding: &Holding) -> String {
    bound_at(&holding.record.tag, holding.number)
}

pub(crate) fn bound_at(tag: &str, number: u64) -> String {
    format!("{tag}:{number}")
}

fn sealed<C: Serialize + ?Sized>(keys: &SealingKeys, holding: &Holding, value: &C) -> Result<Vec<u8>, Error> {
    let record = &holding.record;
    let text = serde_json::to_vec(value).map_err(|error| {
        let (what, name) = (record.what, &record.name);
        Error::new(
            ErrorKind::Unreadable,
            format!("{what} of `{name}` failed: it cannot be written as JSON: {error}"),
        )
    })?;
    record.check_size(&text)?;
    keys.seal(&bound(holding), &text)
}

fn unreadable(holding: &Holding) -> Error {
    let (what, name) = (holding.record.what, &holding.record.name);
    let why = "what is kept is of another type; give each kind of work its own name";
    Error::new(ErrorKind::Unreadable, format!("{what} of `{name}` failed: {why}"))
}

/// Saves from where nothing can be awaited.
struct Saver {
    keys: SealingKeys,
    holding: Arc<Holding>,
    /// A runtime and a connection of its own: the caller's may be the very one whose thread waits.
    own: Mutex<Option<(tokio::runtime::Runtime, Server)>>,
}

impl Saver {
    fn save<C: Serialize + ?Sized>(&self, checkpoint: &C) -> Result<(), Error> {
        let sealed = sealed(&self.keys, &self.holding, checkpoint)?;
        // A runtime cannot be entered from within another one's thread.
        let saved = std::thread::scope(|scope| scope.spawn(|| self.save_sealed(&sealed)).join());
        saved.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unexpected, "the saving of a checkpoint was broken off"))
        })
    }

    fn save_sealed(&self, sealed: &[u8]) -> Result<(), Error> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let (runtime, server) = match &mut *own {
            Some(own) => own,
            None => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| {
                    Error::new(ErrorKind::Unexpected, format!("the saving of a checkpoint failed: {error}"))
                })?;
                let server = runtime.block_on(async { self.holding.record.server.separate() })?;
                own.insert((runtime, server))
            }
        };
        runtime.block_on(self.holding.act_at(server, Act::Save(sealed)))
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        // It may be dropped where a runtime cannot be waited for.
        let own = self.own.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((runtime, _)) = own {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.held.holding().record;
        f.debug_struct("Job")
            .field("name", &record.name)
            .field("fence", &self.fence())
            .finish_non_exhaustive()
    }
}
