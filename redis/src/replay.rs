//! Which notifications were seen before, by any of several servers.

use crate::server::{Error, Health, Server, print};
use opencloud::webhook::{Claim, Claimed, MemoryReplayGuard, ReplayGuard};
use redis::Script;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const WHAT: &str = "the replay guard";

/// How long a claim is remembered at least: twice the tolerance of the verifier, and a little more.
const LEAST: Duration = Duration::from_secs(660);

/// How often, and after how long each time, a claim is given back of which it is not known whether it was made.
const GIVE_BACK_TRIES: u32 = 60;
const GIVE_BACK_PAUSE: Duration = Duration::from_secs(1);

static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/claim_release.lua")));

/// Remembers webhook notifications for all servers that receive them.
///
/// ```no_run
/// # async fn receive() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use opencloud::webhook::{Claim, ReplayGuard};
/// use opencloud_redis::{RedisReplayGuard, Server};
///
/// let guard = RedisReplayGuard::new(Server::connect("redis://127.0.0.1").await?);
/// if guard.claim("the notification's id").await? == Claim::New {
///     // take care of it
/// }
/// # Ok(())
/// # }
/// ```
///
/// A claim is one command (`SET NX EX`) under the hash of the id, and is remembered for a day
/// ([`retention`](Self::retention)). If its response is lost, the claim fails and is given back in the background, so that
/// the next try counts as new.
///
/// # When the server is away
///
/// By default a claim fails: response 5xx, and Roblox tries again later. [`locally_when_away`](Self::locally_when_away)
/// remembers in this process alone; then two servers may both take care of a notification that Roblox sends twice. With
/// the feature `tracing` there is an event when the server goes and when it is back.
///
/// About 150 bytes are taken for each notification; the keys expire by themselves. Let the server evict nothing
/// (`maxmemory-policy noeviction`).
pub struct RedisReplayGuard {
    server: Server,
    health: Arc<Health>,
    retention: Duration,
    local: Option<MemoryReplayGuard>,
    /// What claims of this process begin with, and the number of the next.
    owner: Arc<str>,
    next: AtomicU64,
}

impl RedisReplayGuard {
    /// Remembers on this server.
    pub fn new(server: Server) -> Self {
        Self {
            server,
            health: Arc::new(Health::new(WHAT, "claims fail")),
            retention: Duration::from_secs(24 * 60 * 60),
            local: None,
            owner: format!("{:x}{:x}:", fastrand::u64(..), fastrand::u64(..)).into(),
            next: AtomicU64::default(),
        }
    }

    /// How long a notification is remembered: a day by default, and 11 minutes at least, because a signature is good for
    /// ten.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention.max(LEAST);
        self
    }

    /// While the server is away, remembers in this process alone.
    #[must_use]
    pub fn locally_when_away(mut self) -> Self {
        self.local = Some(MemoryReplayGuard::new(100_000, self.retention));
        self.health = Arc::new(Health::new(WHAT, "claims are remembered in this process alone"));
        self
    }

    fn key(&self, id: &str) -> String {
        self.server.names().set("seen", &print(id.as_bytes()))
    }

    async fn claim_there(&self, id: &str) -> Result<Claim, Error> {
        self.health.ask()?;
        let claim = format!("{}{};", self.owner, self.next.fetch_add(1, Ordering::Relaxed));
        let mut command = redis::cmd("SET");
        command.arg(self.key(id)).arg(&claim).arg("NX").arg("EX").arg(self.retention.as_secs());
        let outcome: Result<Option<String>, Error> = self.server.command(WHAT, &command).await;
        self.health.note(self.server.address(), &outcome);
        if self.local.is_none() && matches!(&outcome, Err(error) if error.is_in_doubt()) {
            self.give_back_later(self.key(id), claim);
        }
        Ok(if outcome?.is_some() { Claim::New } else { Claim::Seen })
    }

    /// Gives back a claim that may have been made, and whose caller was told that it failed.
    fn give_back_later(&self, key: String, claim: String) {
        let server = self.server.clone();
        tokio::spawn(async move {
            for _ in 0..GIVE_BACK_TRIES {
                if release(&server, &key, &claim).await.is_ok() {
                    return;
                }
                tokio::time::sleep(GIVE_BACK_PAUSE).await;
            }
        });
    }
}

/// Gives a claim back that begins with this.
async fn release(server: &Server, key: &str, claim: &str) -> Result<(), Error> {
    let mut script = RELEASE.key(key);
    script.arg(claim);
    server.script::<u8>(WHAT, &script).await.map(drop)
}

impl ReplayGuard for RedisReplayGuard {
    fn claim<'a>(&'a self, id: &'a str) -> Claimed<'a, Claim> {
        Box::pin(async move {
            match (self.claim_there(id).await, &self.local) {
                // What was claimed here while the server was away is known here only. Where there is no room for more,
                // the server's word is enough.
                (Ok(Claim::New), Some(local)) => Ok(local.claim(id).await.unwrap_or(Claim::New)),
                (Ok(claim), _) => Ok(claim),
                (Err(error), Some(local)) if error.is_away() => local.claim(id).await,
                (Err(error), _) => Err(error.into()),
            }
        })
    }

    fn release<'a>(&'a self, id: &'a str) -> Claimed<'a, ()> {
        Box::pin(async move {
            if let Some(local) = &self.local {
                local.release(id).await?;
            }
            match release(&self.server, &self.key(id), &self.owner).await {
                Err(error) if error.is_away() && self.local.is_some() => Ok(()),
                outcome => Ok(outcome?),
            }
        })
    }
}

impl fmt::Debug for RedisReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayGuard")
            .field("server", &self.server)
            .field("retention", &self.retention)
            .field("locally_when_away", &self.local.is_some())
            .finish()
    }
}
