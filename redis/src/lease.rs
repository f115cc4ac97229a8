//! Records of parts that one process has at a time: a lease with a fencing token, which ends by the server's clock.

use crate::server::{Error, ErrorKind, FORMAT, Server, trace};
use redis::{FromRedisValue, Script, ScriptInvocation, Value};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The largest value that is stored, in bytes, before it is sealed.
pub(crate) const LARGEST: usize = 8 * 1024 * 1024;

/// How long is waited between two tries while the server is away, or another process has the lease.
const PAUSE: std::ops::Range<u64> = 50..150;

static PLAN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/lease_plan.lua")));
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/lease_take.lua")));
static HOLD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/lease_hold.lua")));

/// Where the leases are.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) server: Server,
    /// What it is of, for messages.
    pub(crate) what: &'static str,
    pub(crate) name: Arc<str>,
    /// The hash tag of its keys, which is also what values are bound to.
    pub(crate) tag: Arc<str>,
    /// How long a lease lasts that is not renewed.
    pub(crate) lasts: Duration,
    /// How long the record is kept after it was written last; `None` for good.
    pub(crate) kept: Option<Duration>,
}

/// What came of a try to take a lease.
pub(crate) enum Taken {
    Held(Held),
    /// All that is not done is somebody else's, for so long at least.
    Busy(Duration),
    Done,
    /// There is no such record.
    None,
}

/// What a holder does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act<'a> {
    Renew,
    Save(&'a [u8]),
    Finish(&'a [u8]),
    Release,
}

impl Record {
    pub(crate) fn new(server: Server, what: &'static str, kind: &str, name: &str, lasts: Duration) -> Self {
        let tag = server.names().set(kind, name).into();
        Self { server, what, name: name.into(), tag, lasts, kept: None }
    }

    pub(crate) fn keys(&self) -> [String; 2] {
        [self.tag.to_string(), format!("{}:open", self.tag)]
    }

    fn script<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let [record, open] = self.keys();
        let mut script = script.key(record);
        script.key(open).arg(FORMAT);
        script
    }

    /// Runs a script, and takes note of whether the server is there.
    pub(crate) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Error> {
        self.run_at(&self.server, script).await
    }

    async fn run_at<T: FromRedisValue>(
        &self,
        server: &Server,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        let outcome = server.script(self.what, script).await;
        server.leases().note(server.address(), &outcome);
        outcome
    }

    /// As [`run`](Self::run), with a command.
    pub(crate) async fn command<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Error> {
        let outcome = self.server.command(self.what, command).await;
        self.server.leases().note(self.server.address(), &outcome);
        outcome
    }

    fn kept(&self) -> u64 {
        self.kept.map_or(0, millis)
    }

    /// Makes the record of these parts, unless it is there, or adds them. Returns how many there are, and how many are not
    /// done.
    pub(crate) async fn plan(&self, parts: &[Vec<u8>], adds: bool) -> Result<(u64, u64), Error> {
        let mut script = self.script(&PLAN);
        script.arg(self.kept()).arg(u8::from(adds));
        parts.iter().for_each(|part| {
            script.arg(part);
        });
        self.run(&script).await
    }

    /// Takes the part that has been free for longest.
    pub(crate) async fn take(&self) -> Result<Taken, Error> {
        let mut script = self.script(&TAKE);
        script.arg(millis(self.lasts));
        let asked = Instant::now();
        let raw = self.run(&script).await?;
        self.taken(raw, asked).ok_or_else(|| self.unexpected())
    }

    fn taken(&self, raw: Value, asked: Instant) -> Option<Taken> {
        let Value::Array(values) = raw else { return None };
        let mut values = values.into_iter();
        let state: String = redis::from_redis_value(values.next()?).ok()?;
        Some(match state.as_str() {
            "none" => Taken::None,
            "done" => Taken::Done,
            "busy" => Taken::Busy(Duration::from_millis(redis::from_redis_value(values.next()?).ok()?)),
            "taken" => {
                let number = redis::from_redis_value(values.next()?).ok()?;
                let fence = redis::from_redis_value(values.next()?).ok()?;
                let part = redis::from_redis_value(values.next()?).ok()?;
                // What ends with nothing is left out.
                let value = values.next().and_then(|value| redis::from_redis_value(value).ok()).flatten();
                Taken::Held(Held::new(self.clone(), number, fence, part, value, asked))
            }
            _ => return None,
        })
    }

    /// Waits a little for a lease of somebody else's.
    pub(crate) async fn pause(longest: Duration) {
        tokio::time::sleep(
            Duration::from_millis(fastrand::u64(PAUSE)).min(longest.max(Duration::from_millis(1))),
        )
        .await;
    }

    fn unexpected(&self) -> Error {
        let (what, address) = (self.what, self.server.address());
        let message = format!(
            "{what} failed: the Redis server at {address} responded with something else; check what runs there"
        );
        Error::new(ErrorKind::Unexpected, message)
    }

    pub(crate) fn lost(&self) -> Error {
        let (what, name) = (self.what, &self.name);
        let why = "its lease ran out and somebody else has had it since";
        Error::new(ErrorKind::LeaseLost, format!("{what} of `{name}` failed: {why}; leave the work to them"))
    }

    pub(crate) fn check_size(&self, value: &[u8]) -> Result<(), Error> {
        match value.len() <= LARGEST {
            true => Ok(()),
            false => {
                let (what, name, bytes) = (self.what, &self.name, value.len());
                let message = format!(
                    "{what} of `{name}` failed: it is {bytes} bytes, and {LARGEST} are stored at most"
                );
                Err(Error::new(ErrorKind::TooLarge, message))
            }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 40)
}

/// A lease, renewed in the background until it is dropped. Then it is given back.
#[derive(Debug)]
pub(crate) struct Held {
    holding: Arc<Holding>,
    renewal: tokio::task::JoinHandle<()>,
    /// Where the part is that the caller gave, and what was saved of it last.
    pub(crate) part: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
}

/// What a lease is known by.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) record: Record,
    pub(crate) number: u64,
    pub(crate) fence: u64,
    /// Until when the lease is good for certain, by this process's clock.
    until: Mutex<Instant>,
    is_lost: watch::Sender<bool>,
    is_over: watch::Sender<bool>,
}

impl Holding {
    /// Does this as the holder.
    pub(crate) async fn act(&self, act: Act<'_>) -> Result<(), Error> {
        self.act_at(&self.record.server, act).await
    }

    /// As [`act`](Self::act), over another connection to the server. While the server is away it is tried again, as long
    /// as the lease is good for certain.
    pub(crate) async fn act_at(&self, server: &Server, act: Act<'_>) -> Result<(), Error> {
        loop {
            match self.try_at(server, act).await {
                Err(error) if error.is_away() && Instant::now() < self.until() => {
                    Record::pause(Duration::MAX).await
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_at(&self, server: &Server, act: Act<'_>) -> Result<(), Error> {
        let (name, value): (_, &[u8]) = match act {
            Act::Renew => ("renew", &[]),
            Act::Save(value) => ("save", value),
            Act::Finish(value) => ("finish", value),
            Act::Release => ("release", &[]),
        };
        let record = &self.record;
        let mut script = record.script(&HOLD);
        script
            .arg(self.number)
            .arg(self.fence)
            .arg(millis(record.lasts))
            .arg(name)
            .arg(value)
            .arg(record.kept());
        let asked = Instant::now();
        let is_held: bool = record.run_at(server, &script).await?;
        if !is_held {
            self.is_lost.send_replace(true);
            return Err(record.lost());
        }
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = asked + record.lasts;
        if let Act::Finish(_) = act {
            self.is_over.send_replace(true);
        }
        Ok(())
    }

    fn until(&self) -> Instant {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the lease may be somebody else's.
    pub(crate) async fn lost(&self) {
        let mut is_lost = self.is_lost.subscribe();
        let _ = is_lost.wait_for(|is_lost| *is_lost).await;
    }

    /// Renews the lease, until it is over or somebody else's.
    async fn renew(&self) {
        let lasts = self.record.lasts;
        let mut was_told = false;
        loop {
            tokio::time::sleep(lasts / 3).await;
            if *self.is_over.borrow() {
                return;
            }
            let outcome = self.try_at(&self.record.server, Act::Renew).await;
            let is_lost = matches!(&outcome, Err(error) if error.kind() == ErrorKind::LeaseLost);
            // Nobody may have taken it meanwhile, so it is tried on; but nobody can rely on that.
            if is_lost || (outcome.is_err() && self.until() <= Instant::now()) {
                self.is_lost.send_replace(true);
                if !std::mem::replace(&mut was_told, true) {
                    trace::lost(self.record.what, self.record.server.address(), &self.record.name);
                }
            }
            if is_lost {
                return;
            }
        }
    }
}

impl Held {
    fn new(
        record: Record,
        number: u64,
        fence: u64,
        part: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        asked: Instant,
    ) -> Self {
        let holding = Arc::new(Holding {
            until: Mutex::new(asked + record.lasts),
            record,
            number,
            fence,
            is_lost: watch::Sender::new(false),
            is_over: watch::Sender::new(false),
        });
        let renewed = holding.clone();
        let renewal = tokio::spawn(async move { renewed.renew().await });
        Self { holding, renewal, part, value }
    }

    pub(crate) fn holding(&self) -> &Arc<Holding> {
        &self.holding
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
        let holding = self.holding.clone();
        if *holding.is_over.borrow() || *holding.is_lost.borrow() {
            return;
        }
        holding.is_over.send_replace(true);
        // Without a runtime it runs out.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = holding.try_at(&holding.record.server, Act::Release).await;
            });
        }
    }
}
