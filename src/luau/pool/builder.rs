//! Where the scripts of a pool run, and how.

use super::checkpoint::PoolCheckpoint;
use super::places::PoolPlace;
use crate::Progress;
use crate::call::option_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId};
use crate::luau::Luau;
use crate::operation::PollPolicy;
use crate::wire::debug_fields;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How many unfinished tasks a place takes.
pub(super) const MOST_SLOTS: usize = 10;
/// How long a slot stays taken after its task (LX-10).
const SLOT_LAG: Duration = Duration::from_secs(10);
const SLOT_WAIT: Duration = Duration::from_secs(10 * 60);
const VERSION_WAIT: Duration = Duration::from_secs(5 * 60);

/// What is called with each new checkpoint.
pub(super) type Save = Box<dyn FnMut(&PoolCheckpoint) -> io::Result<()> + Send>;
pub(super) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Luau {
    /// Many scripts at a place, as many at a time as it takes: ten. [`Pool::place`] adds places, and [`Pool::run`] gives
    /// each outcome as it comes.
    ///
    /// Calls `luau.create_task`, `luau.create_task_for_version`, `luau.get_task` and `luau.list_task_logs`; scope
    /// `universe.place.luau-execution-session:write`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// let scripts = [("math", "return 1 + 1"), ("name", "return game.Name")];
    /// let mut run = client.luau().pool(42, 1818).place(42, 1819).run(scripts)?;
    /// while let Some(outcome) = run.next().await {
    ///     match &outcome.result {
    ///         Ok(finished) => println!("{}: {:?}", outcome.name, finished.results()),
    ///         Err(error) => println!("{}: {error}", outcome.name),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool(&self, universe: impl Into<UniverseId>, place: impl Into<PlaceId>) -> Pool {
        Pool {
            luau: self.clone(),
            places: vec![PoolPlace::new(universe.into(), place.into())],
            slots: MOST_SLOTS,
            slot_lag: SLOT_LAG,
            slot_wait: SLOT_WAIT,
            version_wait: VERSION_WAIT,
            timeout: None,
            read_again: None,
            progress: None,
            save: None,
            checkpoint: None,
            stop: None,
            policy: None,
            options: Options::default(),
        }
    }
}

/// Scripts for the slots of one or several places. Made by [`Luau::pool`].
///
/// A script runs at whichever place has a free slot. A slot is used again 10 seconds after its task, as the service
/// does (LX-10). If the place is full because others run scripts there too, the script goes to the next free slot. The
/// quota of new tasks, five a minute (LX-15), is waited for.
///
/// A script is started once, except where nothing of it can have run: the service refused the request, or the place
/// runs [another version](Self::expect_version). [`with_idempotent(true)`](Self::with_idempotent) says that scripts may
/// run twice: then a start whose outcome is unknown is repeated like any call, and a script that the service failed
/// ([`Failure::Internal`](crate::luau::Failure::Internal)) is started three times in all.
///
/// Scripts of a pool have no binary input; [`Luau::run`] is for those.
#[must_use = "scripts run when the outcomes of `run` are read"]
pub struct Pool {
    pub(super) luau: Luau,
    /// At least one.
    pub(super) places: Vec<PoolPlace>,
    pub(super) slots: usize,
    pub(super) slot_lag: Duration,
    pub(super) slot_wait: Duration,
    pub(super) version_wait: Duration,
    pub(super) timeout: Option<Duration>,
    /// How often an empty log is read again, if logs are read.
    pub(super) read_again: Option<u32>,
    pub(super) progress: Option<Arc<dyn Progress>>,
    pub(super) save: Option<Save>,
    pub(super) checkpoint: Option<PoolCheckpoint>,
    pub(super) stop: Option<Stop>,
    pub(super) policy: Option<PollPolicy>,
    pub(super) options: Options,
}

impl Pool {
    option_methods!(each);

    /// Adds a place: its ten slots, at its newest version.
    pub fn place(mut self, universe: impl Into<UniverseId>, place: impl Into<PlaceId>) -> Self {
        self.places.push(PoolPlace::new(universe.into(), place.into()));
        self
    }

    /// Runs at this version of the place that was named last, and lets each script
    /// [make sure](Self::expect_version). The first task of a version that nothing has run yet takes up to 45 seconds
    /// longer (LX-08); this is no part of a script's timeout.
    pub fn at_version(mut self, version: u64) -> Self {
        if let Some(place) = self.places.last_mut() {
            (place.version, place.expected) = (Some(version), Some(version));
        }
        self
    }

    /// Runs at the newest version of the place that was named last, and lets each script make sure that it is this
    /// one. A script that finds another has ended before its first statement, and is started again after 10 to 60
    /// seconds: see [`Run::expect_version`](crate::luau::Run::expect_version) and [`wait_for_version`](Self::wait_for_version).
    pub fn expect_version(mut self, version: u64) -> Self {
        if let Some(place) = self.places.last_mut() {
            (place.version, place.expected) = (None, Some(version));
        }
        self
    }

    /// How long a script is started again while its place runs another version, 5 minutes by default. After that, its
    /// outcome is [`Failure::OtherVersion`](crate::luau::Failure::OtherVersion).
    pub fn wait_for_version(mut self, longest: Duration) -> Self {
        self.version_wait = longest;
        self
    }

    /// How many tasks this makes at a time at each place: 10 by default, 1 at least and 10 at most. All places
    /// together have 64 at most.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// How long after its task a slot is left alone: 10 seconds by default. A request that comes sooner is refused, and
    /// counts for the quota all the same.
    pub fn slot_lag(mut self, lag: Duration) -> Self {
        self.slot_lag = lag;
        self
    }

    /// How long a script waits, at most, while all places are full: 10 minutes by default. They are asked every 10
    /// seconds.
    pub fn wait_for_slot(mut self, longest: Duration) -> Self {
        self.slot_wait = longest;
        self
    }

    /// How long each script may run at Roblox, unless it [says itself](crate::luau::PoolScript::timeout): up to 5
    /// minutes, which is the default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Reads what each script has logged. An empty log is read again, this number of times, because it may be late:
    /// [`Logs::read_again`](crate::luau::Logs::read_again) says after how long. The slot is free meanwhile.
    pub fn read_logs(mut self, again: u32) -> Self {
        self.read_again = Some(again);
        self
    }

    /// Tells this how many scripts have ended, and in messages how many have failed and how long a rate limit is waited
    /// for.
    pub fn on_progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Calls this with a checkpoint each time that a task was made, to be [kept](PoolCheckpoint). If it fails, no more
    /// scripts are started.
    pub fn on_checkpoint(
        mut self,
        save: impl FnMut(&PoolCheckpoint) -> io::Result<()> + Send + 'static,
    ) -> Self {
        self.save = Some(Box::new(save));
        self
    }

    /// Goes on with a run that was killed. Tasks of the checkpoint are followed instead of started: what has ended
    /// meanwhile is not run again, and its outcome is read for 24 hours after the end. A task that the service does not
    /// know any more is started again.
    pub fn resume(mut self, checkpoint: PoolCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Starts no more scripts when this is ready: `tokio::signal::ctrl_c()`. The outcomes of those that were started
    /// still come.
    pub fn stop_when<S>(mut self, stop: S) -> Self
    where
        S: IntoFuture,
        S::IntoFuture: Send + 'static,
    {
        let stop = stop.into_future();
        self.stop = Some(Box::pin(async move {
            stop.await;
        }));
        self
    }

    /// How each task is polled; see [`Run::with_poll_policy`](crate::luau::Run::with_poll_policy).
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = Some(policy);
        self
    }
}

debug_fields!(Pool { places, slots, slot_lag, slot_wait, version_wait, timeout, read_again, checkpoint });
