//! Checkpoints of work that one process does at a time.

use crate::job::Job;
use crate::lease::{Record, Taken};
use crate::seal::SealingKeys;
use crate::server::{Error, Server};
use std::time::Duration;

const WHAT: &str = "the checkpoint";

/// Keeps the checkpoints of exports, imports, migrations and pools, encrypted, and sees to it that no two processes run one
/// job: a second one takes over a job whose process has died.
///
/// ```no_run
/// # async fn run(players: opencloud::data_stores::Store) -> Result<(), Box<dyn std::error::Error>> {
/// use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint};
/// use opencloud_redis::{RedisCheckpoints, SealingKeys, Server};
///
/// let server = Server::connect("redis://127.0.0.1").await?;
/// let keys = SealingKeys::from_hex(&std::env::var("SEALING_KEY")?)?;
/// let checkpoints = RedisCheckpoints::new(server, keys);
/// // Waits while another process has it; `None` if it is done.
/// if let Some(job) = checkpoints.wait("players to version 2").await? {
///     let mut migration = players.migrate(|entry: &mut Entry<serde_json::Value>| {
///         entry.value["version"] = 2.into();
///         Migrated::Changed
///     });
///     if let Some(checkpoint) = job.saved::<MigrationCheckpoint>()? {
///         migration = migration.resume(checkpoint);
///     }
///     let report = migration.run(job.saver()).await?;
///     job.finish(&report).await?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// A checkpoint that cannot be saved ends the work: see [`Job`]. A record is kept for 30 days after it was written last
/// ([`keep`](Self::keep)), also when its job is done.
#[derive(Clone, Debug)]
pub struct RedisCheckpoints {
    server: Server,
    keys: SealingKeys,
    lasts: Duration,
    kept: Duration,
}

/// What came of asking for a job.
#[derive(Debug)]
pub enum Take {
    /// It is this process's.
    Mine(Job),
    /// Another process has it, for so long at least if it has died.
    Busy(Duration),
    /// It is done.
    Done,
}

impl RedisCheckpoints {
    /// Keeps them on this server.
    pub fn new(server: Server, keys: SealingKeys) -> Self {
        let (lasts, kept) = (Duration::from_secs(30), Duration::from_secs(30 * 86_400));
        Self { server, keys, lasts, kept }
    }

    /// After how long another process may take over a job whose process has died: 30 seconds by default, 1 at least.
    #[must_use]
    pub fn lease_time(mut self, time: Duration) -> Self {
        self.lasts = time.max(Duration::from_secs(1));
        self
    }

    /// How long a record is kept after it was written last: 30 days by default, and as long as a lease at least.
    #[must_use]
    pub fn keep(mut self, time: Duration) -> Self {
        self.kept = time;
        self
    }

    fn record(&self, name: &str) -> Record {
        let mut record = Record::new(self.server.clone(), WHAT, "job", name, self.lasts);
        record.kept = Some(self.kept.max(self.lasts * 2));
        record
    }

    /// Takes the job of this name, which begins anew if there is no record of it.
    ///
    /// # Errors
    ///
    /// As of every command, and if what is kept cannot be read.
    pub async fn take(&self, name: &str) -> Result<Take, Error> {
        let record = self.record(name);
        loop {
            return Ok(match record.take().await? {
                Taken::Held(held) => Take::Mine(Job::open(&self.keys, held)?),
                Taken::Busy(time) => Take::Busy(time),
                Taken::Done => Take::Done,
                Taken::None => {
                    let part = self.keys.seal(&record.tag, name.as_bytes())?;
                    record.plan(&[part], false).await?;
                    continue;
                }
            });
        }
    }

    /// As [`take`](Self::take), and waits while another process has it. `None` if it is done.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub async fn wait(&self, name: &str) -> Result<Option<Job>, Error> {
        loop {
            match self.take(name).await? {
                Take::Mine(job) => return Ok(Some(job)),
                Take::Done => return Ok(None),
                Take::Busy(time) => Record::pause(time).await,
            }
        }
    }

    /// Forgets a job, so that it begins anew. A process that has it is refused its next checkpoint.
    ///
    /// # Errors
    ///
    /// As of every command.
    pub async fn forget(&self, name: &str) -> Result<(), Error> {
        let record = self.record(name);
        record.command::<u8>(redis::cmd("DEL").arg(&record.keys())).await.map(drop)
    }
}
