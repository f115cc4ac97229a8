//! The rate limit that several processes count together.

mod clock;
mod known;
mod lag;
mod outbox;
mod own;
mod place;
mod scripts;
mod window;

use crate::server::{Error, ErrorKind, Health, Server};
use clock::Clock;
use known::Known;
use lag::Lag;
use opencloud::limit::{Acquire, Observation, Permit, Quota, RateLimitStore};
use outbox::Outbox;
use own::Own;
use place::Place;
use scripts::{Mode, Reply, Stand};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use window::{Id, Window};

/// Who waits longer than this looks after half of the time whether a place has become free before its own.
const NEAR: Duration = Duration::from_secs(2);

/// How often a request may come too late for its place in a row, before the server counts as away.
const MOST_LATE: u32 = 10;

/// A rate limit that all processes share which use the same server and prefix.
///
/// ```no_run
/// # async fn client() -> Result<(), Box<dyn std::error::Error>> {
/// use opencloud::{Client, limit::RateLimit};
/// use opencloud_redis::{RedisRateLimit, Server};
///
/// let server = Server::connect("redis://127.0.0.1").await?;
/// let limit = RateLimit::with_store(RedisRateLimit::new(server));
/// let client = Client::builder().api_key_from_env()?.rate_limit(limit).build()?;
/// # Ok(())
/// # }
/// ```
///
/// # What is counted
///
/// A call takes its place in all its windows in one step on the server, by the server's clock: the clocks of the
/// processes do not matter. The windows slide, so that no period of a limit's length sees more requests than the limit. If
/// there is room this is **one** command. Otherwise the call is given a place behind those that came before it, and waits
/// for it; it asks again when its time has come, because a response may have said something meanwhile. A call that is
/// dropped gives its place back.
///
/// A place counts from the time at which the request can have left at the latest. This process measures how long responses
/// of the server and its own scheduler take, and asks for a margin of that and 10 milliseconds, 20 at least: each
/// window is longer by this margin, so that a limit of 50 a second is used to 98 % at best. A request that leaves a
/// little later than it said tells so in the background, and one that would leave much later asks again.
///
/// What responses say (`x-ratelimit-*`, 429) holds for all processes, 50 milliseconds later at most, and a 429 at once.
///
/// # When the server is away
///
/// By default calls fail without being sent, with an error that names the server.
/// [`locally_when_away`](Self::locally_when_away) goes on with a part of each limit, counted in this process. Away is also
/// a server that is full, or a replica that takes no writes; it is tried again once a second. With the feature `tracing`
/// there is an event when it goes and when it is back.
///
/// A server that has lost its data is told what this process has sent lately before its next request goes out. Requests of
/// processes that send nothing more until their window has ended are not counted then.
///
/// # Bounds
///
/// Limits of more than 100,000 requests are not counted, as in `RateLimit::from_spec`. 100,000 requests may wait in a
/// window. A window takes about 100 bytes for each request of its period, and is forgotten when it is empty.
#[derive(Clone)]
pub struct RedisRateLimit(Arc<Shared>);

struct Shared {
    server: Server,
    health: Health,
    /// Of the keys.
    tag: String,
    /// The part of each limit that is used while the server is away.
    part: Option<f64>,
    clock: Clock,
    /// Whether the clock was compared.
    compared: tokio::sync::OnceCell<()>,
    lag: Lag,
    own: Mutex<Own>,
    known: Mutex<Known>,
    outbox: Outbox,
    /// For requests that leave late, which cannot wait for what else there is to tell.
    moves: Outbox,
    moving: Arc<Semaphore>,
    /// Which data of the server this process has counted in.
    epoch: tokio::sync::Mutex<Option<String>>,
    /// What the ids of this process begin with, and the number of the next.
    name: u64,
    next: AtomicU64,
}

impl RedisRateLimit {
    /// Counts on this server.
    pub fn new(server: Server) -> Self {
        let tag = server.names().one("limit");
        Self(Arc::new(Shared {
            server,
            health: Health::new("the rate limit", "calls fail without being sent"),
            tag,
            part: None,
            clock: Clock::default(),
            compared: tokio::sync::OnceCell::new(),
            lag: Lag::default(),
            own: Mutex::default(),
            known: Mutex::default(),
            outbox: Outbox::default(),
            moves: Outbox::default(),
            moving: Arc::new(Semaphore::new(MOST_MOVING)),
            epoch: tokio::sync::Mutex::default(),
            name: fastrand::u64(..),
            next: AtomicU64::default(),
        }))
    }

    /// While the server is away, goes on with this part of each limit (0.25 for one of four processes), counted in this
    /// process; what it has sent before counts as well. A limit whose part is less than one request is one request in a
    /// longer period.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if the part is not above 0 and at most 1, or the limit is in use
    /// already.
    pub fn locally_when_away(mut self, part: f64) -> Result<Self, Error> {
        let invalid = |why: &str| {
            Error::new(ErrorKind::Configuration, format!("the part of the limits is invalid: {why}"))
        };
        if !(part > 0.0 && part <= 1.0) {
            return Err(invalid("it is above 0 and at most 1, such as 0.25 for one of four processes"));
        }
        let shared =
            Arc::get_mut(&mut self.0).ok_or_else(|| invalid("set it before the limit is cloned or used"))?;
        shared.part = Some(part);
        shared.health.instead("calls go on with a part of each limit");
        Ok(self)
    }
}

impl RateLimitStore for RedisRateLimit {
    fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquire<'a> {
        Box::pin(async move { self.0.acquire(quotas).await.map_err(opencloud::Error::not_sent) })
    }

    fn give_back(&self, quotas: &[Quota], permit: Permit) {
        let (windows, id) = (windows(quotas), Id::of(permit));
        windows.iter().for_each(|window| self.0.own().reduce(window, id, 0));
        self.0.give_back(&windows, id);
    }

    fn observe(&self, quota: &Quota, permit: Permit, seen: &Observation) {
        if let Some(window) = Window::of(quota) {
            self.0.observe(window, Id::of(permit), seen);
        }
    }
}

/// How many commands about requests that leave late are under way at a time.
const MOST_MOVING: usize = 16;

/// How long responses may take for a request to leave later than it may: the server learns of it while it still counts.
fn most_late(windows: &[Window]) -> Duration {
    windows.iter().map(|window| window.period).min().unwrap_or_default() / 4
}

fn windows(quotas: &[Quota]) -> Arc<[Window]> {
    quotas.iter().filter_map(Window::of).collect()
}

impl Shared {
    async fn acquire(self: &Arc<Self>, quotas: &[Quota]) -> Result<Permit, Error> {
        let windows = windows(quotas);
        if windows.is_empty() {
            return Ok(Permit::default());
        }
        let outcome = match self.health.ask() {
            Ok(()) => {
                let outcome = self.acquire_there(&windows).await;
                self.health.note(self.server.address(), &outcome);
                outcome
            }
            Err(error) => Err(error),
        };
        match (outcome, self.part) {
            (Ok(id), _) => {
                self.own().count(&windows, id);
                Ok(id.permit())
            }
            (Err(error), Some(part)) if error.is_away() => {
                // What is sent meanwhile is told to the server when it is back, whether or not it has lost anything.
                *self.epoch.lock().await = None;
                Ok(self.acquire_here(&windows, part).await.permit())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Waits for a place that all processes know of.
    async fn acquire_there(self: &Arc<Self>, windows: &Arc<[Window]>) -> Result<Id, Error> {
        self.compared.get_or_try_init(|| self.compare_clocks()).await?;
        let id = self.id();
        let place = Place::new(self.clone(), windows.clone(), id);
        let (mut mode, mut late) = (Mode::Enter, 0);
        loop {
            let asked = Instant::now();
            let reply = self.ask(mode, windows, id).await?;
            let returned = Instant::now();
            self.clock.note(asked, reply.now, returned);
            let leaves = self.clock.latest(returned + lag::SLACK);
            self.lag.note(Duration::from_micros(self.clock.latest(returned).saturating_sub(reply.now)));
            self.known().learn(windows, &reply.rooms);
            if self.is_other_epoch(&reply).await? {
                // Its place was given in windows that lacked what this process has sent.
                mode = Mode::Depart;
                continue;
            }
            let place_at = match reply.stand {
                Stand::Granted(latest) if leaves <= latest => {
                    place.keep();
                    return Ok(id);
                }
                Stand::Granted(_) if self.lag.longest() <= most_late(windows) => {
                    // It counts until the time that it has said, and the server learns before that is over.
                    if self.moves.moved(windows, id, leaves) {
                        self.empty(|shared| &shared.moves);
                    }
                    place.keep();
                    return Ok(id);
                }
                Stand::Granted(latest) => {
                    late += 1;
                    if late == MOST_LATE {
                        let seconds = Duration::from_micros(latest.saturating_sub(reply.now)).as_secs_f64();
                        return Err(Error::late("the rate limit", self.server.address(), seconds));
                    }
                    mode = Mode::Depart;
                    continue;
                }
                Stand::Waits(place_at) => place_at,
            };
            let wait = self.clock.until(place_at, returned);
            let looks = wait > NEAR;
            mode = if looks { Mode::Look } else { Mode::Depart };
            tokio::time::sleep(if looks { wait / 2 } else { wait }).await;
        }
    }

    /// Asks for the server's time while nothing else is under way: a program may begin with much at once. And sees to it
    /// that the server has the script that must not come late.
    async fn compare_clocks(&self) -> Result<(), Error> {
        self.server.command::<String>("the rate limit", &scripts::load_move()).await?;
        for _ in 0..2 {
            let asked = Instant::now();
            let (seconds, micros): (u64, u64) =
                self.server.command("the rate limit", &redis::cmd("TIME")).await?;
            self.clock.note(asked, seconds * 1_000_000 + micros, Instant::now());
        }
        Ok(())
    }

    async fn ask(&self, mode: Mode, windows: &[Window], id: Id) -> Result<Reply, Error> {
        let script = scripts::acquire(&self.tag, mode, windows, id, self.lag.margin());
        let raw = self.server.script("the rate limit", &script).await?;
        Reply::read(raw, windows.len()).ok_or_else(|| {
            let address = self.server.address();
            let why = "check what runs there";
            let message = format!(
                "the rate limit failed: the Redis server at {address} responded with something else; {why}"
            );
            Error::new(ErrorKind::Unexpected, message)
        })
    }

    /// Whether the server may lack what this process has sent: it has begun with other data, or was away. It is told then.
    async fn is_other_epoch(&self, reply: &Reply) -> Result<bool, Error> {
        let mut epoch = self.epoch.lock().await;
        if epoch.as_ref() == Some(&reply.epoch) {
            return Ok(false);
        }
        let recent = self.own().recent();
        let mut now = reply.epoch.clone();
        for part in recent.chunks(scripts::RESTORED_AT_ONCE) {
            let script = scripts::restore(&self.tag, part, &reply.epoch);
            now = self.server.script("the rate limit", &script).await?;
        }
        *epoch = Some(now);
        Ok(!recent.is_empty())
    }

    /// Waits for a place that only this process knows of.
    async fn acquire_here(&self, windows: &[Window], part: f64) -> Id {
        let id = self.id();
        loop {
            let until = self.own().enter(windows, part, id, Instant::now());
            let Some(until) = until else { return id };
            tokio::time::sleep_until(until.into()).await;
        }
    }

    fn observe(self: &Arc<Self>, window: Window, id: Id, seen: &Observation) {
        // It was counted and not served, or cost less than was said.
        let cost = if seen.refused { Some(0) } else { seen.cost };
        let mut needs_task = false;
        if let Some(cost) = cost.filter(|cost| *cost < window.cost) {
            self.own().reduce(&window, id, cost);
            needs_task |= self.outbox.give_back(window.clone(), id, cost);
        }
        if seen.refused {
            self.own().hold(&window, seen);
        }
        if self.known().is_news(&window, seen) {
            needs_task |= self.outbox.tell(window, seen);
        }
        if needs_task {
            self.empty(|shared| &shared.outbox);
        }
    }

    fn give_back(self: &Arc<Self>, windows: &[Window], id: Id) {
        let mut needs_task = false;
        for window in windows {
            needs_task |= self.outbox.give_back(window.clone(), id, 0);
        }
        if needs_task {
            self.empty(|shared| &shared.outbox);
        }
    }

    /// Tells the server what there is to tell, in the background.
    fn empty(self: &Arc<Self>, outbox: fn(&Self) -> &Outbox) {
        /// Also if the task is dropped with its runtime.
        struct Task(Arc<Shared>, fn(&Shared) -> &Outbox, bool);

        impl Drop for Task {
            fn drop(&mut self) {
                if !self.2 {
                    self.1(&self.0).no_task();
                }
            }
        }

        let task = Task(self.clone(), outbox, false);
        // Without a runtime nothing can be told; places pass unused.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let mut task = task;
                while let Some(told) = outbox(&task.0).take().await {
                    task.0.tell(told).await;
                }
                task.2 = true;
            });
        }
    }

    async fn tell(self: &Arc<Self>, told: outbox::Told) {
        let outbox::Told { returns, mut moves, news } = told;
        while !moves.is_empty() {
            let part = moves.split_off(moves.len().saturating_sub(scripts::TOLD_AT_ONCE));
            let Ok(permit) = self.moving.clone().acquire_owned().await else { return };
            let shared = self.clone();
            // The next ones do not wait for the response.
            tokio::spawn(async move {
                shared.send(&scripts::moved(&shared.tag, &part)).await;
                drop(permit);
            });
        }
        for part in returns.chunks(scripts::TOLD_AT_ONCE) {
            self.send(&scripts::give_back(&self.tag, part)).await;
        }
        for part in news.chunks(scripts::TOLD_AT_ONCE) {
            self.send(&scripts::observe(&self.tag, part)).await;
        }
    }

    async fn send(&self, script: &redis::ScriptInvocation<'_>) {
        // What a server that is away is not told has passed when it is back.
        if self.health.ask().is_ok() {
            let told = self.server.script::<u8>("the rate limit", script).await;
            self.health.note(self.server.address(), &told);
        }
    }

    fn id(&self) -> Id {
        Id::new(self.name, self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn own(&self) -> std::sync::MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RedisRateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimit")
            .field("server", &self.0.server)
            .field("locally_when_away", &self.0.part)
            .field("margin", &self.0.lag.margin())
            .finish()
    }
}
