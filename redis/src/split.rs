//! Work in parts, which processes take one after the other.

use crate::job::{Job, bound_at};
use crate::lease::{Record, Taken};
use crate::seal::SealingKeys;
use crate::server::{Error, ErrorKind, FORMAT, Server};
use serde::de::DeserializeOwned;
use std::time::Duration;

const WHAT: &str = "the split work";

/// How many parts there may be.
const MOST_PARTS: usize = 10_000;

/// Work in parts, divided among whatever processes come: an export or a migration of one data store, in parts by the
/// prefixes of its keys.
///
/// ```no_run
/// # async fn run(players: opencloud::data_stores::Store) -> Result<(), Box<dyn std::error::Error>> {
/// use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint};
/// use opencloud_redis::{RedisSplit, SealingKeys, Server};
///
/// let server = Server::connect("redis://127.0.0.1").await?;
/// let keys = SealingKeys::from_hex(&std::env::var("SEALING_KEY")?)?;
/// let work = RedisSplit::new(server, keys, "players to version 2");
/// // The first process says what the parts are. Here each key is `Player_` and a number.
/// work.plan((1..=9).map(|digit| format!("Player_{digit}"))).await?;
/// while let Some(part) = work.next().await? {
///     let mut migration = players
///         .migrate(|entry: &mut Entry<serde_json::Value>| {
///             entry.value["version"] = 2.into();
///             Migrated::Changed
///         })
///         .prefix(part.part());
///     if let Some(checkpoint) = part.saved::<MigrationCheckpoint>()? {
///         migration = migration.resume(checkpoint);
///     }
///     let report = migration.run(part.saver()).await?;
///     part.finish(&report).await?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// A process takes the part that has been free for longest, and goes on from what was saved of it. A process that dies costs
/// the time of its lease, 30 seconds by default ([`lease_time`](Self::lease_time)): then another takes the part. Each part is
/// done at least once; a process that was paused and has lost its part is refused its next checkpoint, and the conditions
/// under which a migration writes keep what it still had under way from overwriting newer values.
///
/// A prefix that no part has is not gone through: make sure that the prefixes cover all keys. For keys of unknown form one
/// process can list the pages and [add](Self::add) a part for each.
///
/// Parts and what is saved of them are encrypted. The record is kept for 30 days after it was written last.
#[derive(Clone, Debug)]
pub struct RedisSplit {
    record: Record,
    keys: SealingKeys,
}

/// How far the work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SplitProgress {
    /// How many parts there are.
    pub parts: u64,
    /// How many are done.
    pub done: u64,
}

impl RedisSplit {
    /// The work of this name, on this server.
    pub fn new(server: Server, keys: SealingKeys, name: &str) -> Self {
        let mut record = Record::new(server, WHAT, "split", name, Duration::from_secs(30));
        record.kept = Some(Duration::from_secs(30 * 86_400));
        Self { record, keys }
    }

    /// After how long another process may take over a part whose process has died: 30 seconds by default, 1 at least.
    #[must_use]
    pub fn lease_time(mut self, time: Duration) -> Self {
        self.record.lasts = time.max(Duration::from_secs(1));
        self
    }

    /// How long the record is kept after it was written last: 30 days by default, and as long as a lease at least.
    #[must_use]
    pub fn keep(mut self, time: Duration) -> Self {
        self.record.kept = Some(time.max(self.record.lasts * 2));
        self
    }

    /// Says what the parts are, unless that is said already: then those that were said first count. Returns how far the
    /// work has come.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if there is none, or more than 10,000; and as of every command.
    pub async fn plan<S: AsRef<str>>(
        &self,
        parts: impl IntoIterator<Item = S>,
    ) -> Result<SplitProgress, Error> {
        self.plan_or_add(parts, false).await
    }

    /// Adds parts to those that there are: for a part that finds out what the others are, such as one that lists pages. One
    /// that is taken over by another process may add its parts twice.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub async fn add<S: AsRef<str>>(
        &self,
        parts: impl IntoIterator<Item = S>,
    ) -> Result<SplitProgress, Error> {
        self.plan_or_add(parts, true).await
    }

    /// How far the work has come; nothing is there before it is planned.
    ///
    /// # Errors
    ///
    /// As of every command.
    pub async fn progress(&self) -> Result<SplitProgress, Error> {
        let [record, open] = self.record.keys();
        let parts: Option<u64> = self.record.command(redis::cmd("HGET").arg(record).arg("parts")).await?;
        let open: u64 = self.record.command(redis::cmd("ZCARD").arg(open)).await?;
        let parts = parts.unwrap_or_default();
        Ok(SplitProgress { parts, done: parts.saturating_sub(open) })
    }

    async fn plan_or_add<S: AsRef<str>>(
        &self,
        parts: impl IntoIterator<Item = S>,
        adds: bool,
    ) -> Result<SplitProgress, Error> {
        let sealed = |part: S| self.keys.seal(&self.record.tag, part.as_ref().as_bytes());
        let parts = parts.into_iter().take(MOST_PARTS + 1).map(sealed).collect::<Result<Vec<_>, _>>()?;
        if !(1..=MOST_PARTS).contains(&parts.len()) {
            let name = &self.record.name;
            let message = format!("{WHAT} `{name}` has no part, or too many; give 1 to {MOST_PARTS}");
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let (parts, open) = self.record.plan(&parts, adds).await?;
        Ok(SplitProgress { parts, done: parts.saturating_sub(open) })
    }

    /// Takes a part, and waits while all that are left are other processes'. `None` when all are done.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if nobody has said what the parts are; and as of every command.
    pub async fn next(&self) -> Result<Option<Job>, Error> {
        loop {
            match self.record.take().await? {
                Taken::Held(held) => return Job::open(&self.keys, held).map(Some),
                Taken::Busy(time) => Record::pause(time).await,
                Taken::Done => return Ok(None),
                Taken::None => {
                    let name = &self.record.name;
                    let message =
                        format!("{WHAT} `{name}` has no record; say with `plan` what its parts are");
                    return Err(Error::new(ErrorKind::Configuration, message));
                }
            }
        }
    }

    /// What the parts that are done were finished with, and what was saved last of the others.
    ///
    /// # Errors
    ///
    /// Of kind [`Unreadable`](ErrorKind::Unreadable), if one is of another type; and as of every command.
    pub async fn results<R: DeserializeOwned>(&self) -> Result<Vec<R>, Error> {
        let [record, _] = self.record.keys();
        let mut command = redis::cmd("HMGET");
        command.arg(&record).arg("format").arg("parts");
        let (format, parts): (Option<String>, Option<u64>) = self.record.command(&command).await?;
        if let Some(format) = format.filter(|format| format != FORMAT) {
            return Err(Error::other_version(WHAT, self.record.server.address(), &format));
        }
        let mut results = Vec::new();
        for number in 0..parts.unwrap_or_default() {
            let mut command = redis::cmd("HGET");
            command.arg(&record).arg(format!("value:{number}"));
            let Some(sealed) = self.record.command::<Option<Vec<u8>>>(&command).await? else { continue };
            let opened = self.keys.open(&bound_at(&self.record.tag, number), &sealed)?;
            results.push(serde_json::from_slice(&opened).map_err(|_| {
                let name = &self.record.name;
                Error::new(
                    ErrorKind::Unreadable,
                    format!("{WHAT} `{name}`: the result of part {number} is of another type"),
                )
            })?);
        }
        Ok(results)
    }

    /// Forgets the work. A process that has a part is refused its next checkpoint.
    ///
    /// # Errors
    ///
    /// As of every command.
    pub async fn forget(&self) -> Result<(), Error> {
        self.record.command::<u8>(redis::cmd("DEL").arg(&self.record.keys())).await.map(drop)
    }
}
