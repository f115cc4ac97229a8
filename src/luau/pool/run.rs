//! The run of a pool: its outcomes as a stream.

use super::builder::{MOST_SLOTS, Pool, Stop};
use super::checkpoint::PoolCheckpoint;
use super::job::{Shared, State};
use super::outcome::{Details, PoolOutcome};
use super::script::PoolScript;
use super::slots::Slots;
use crate::bulk::{self, Outcomes};
use crate::luau::Finished;
use crate::{Error, Progress};
use futures_core::Stream;
use futures_util::future::select;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use tokio::sync::watch;

/// How many scripts a run takes: their tasks are all in its checkpoint.
const MOST_SCRIPTS: usize = 10_000;

impl Pool {
    /// Checks everything, and gives the run: a stream of outcomes, which starts the scripts as it is read.
    ///
    /// A script is a [`PoolScript`], or a name and a text. Names are unique: a [checkpoint](PoolCheckpoint) goes by
    /// them.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), and nothing is sent: if there is no script, if two
    /// have one name, if one is empty or too large, if a place is named twice, or if the checkpoint is of other scripts
    /// or places.
    pub fn run<S: Into<PoolScript>>(self, scripts: impl IntoIterator<Item = S>) -> Result<PoolRun, Error> {
        PoolRun::new(self, scripts.into_iter().map(Into::into).collect())
    }
}

/// The outcomes of a [pool](Pool), in the order of completion: a [`Stream`] that also has [`next`](Self::next). Each
/// script has one, also if it was not started.
///
/// Scripts are started while this is read. Dropping it starts no more; what runs at Roblox goes on there, because
/// there is no way to end it. [`cancel`](Self::cancel) waits for that.
#[must_use = "scripts are started while this is read"]
pub struct PoolRun {
    shared: Arc<Shared>,
    outcomes: Option<Outcomes<'static, usize, Finished>>,
    /// What was not started.
    rest: VecDeque<usize>,
    /// Why not, if a failure is the reason.
    stopped: Option<Error>,
}

impl PoolRun {
    fn new(pool: Pool, scripts: Vec<PoolScript>) -> Result<Self, Error> {
        check(&pool, &scripts)?;
        let Pool { luau, places, slots, slot_lag, slot_wait, version_wait, timeout, .. } = pool;
        let Pool { read_again, progress, save, checkpoint, stop, policy, options, .. } = pool;
        let start = PoolCheckpoint::start(&places);
        if let Some(checkpoint) = &checkpoint {
            checkpoint.check(&start, &scripts)?;
        }
        let checkpoint = checkpoint.unwrap_or(start);
        let tasks = scripts.iter().map(|script| checkpoint.task(script)).collect::<Vec<_>>();
        let details = scripts.iter().map(|_| Details::default()).collect();
        // Tasks that run already take their slots first.
        let (known, new): (Vec<usize>, Vec<usize>) = (0..scripts.len()).partition(|at| tasks[*at].is_some());
        let concurrency = slots * places.len();
        let shared = Arc::new(Shared {
            luau,
            slots: Slots::new(places.len(), slots, slot_lag),
            places,
            scripts,
            stop: watch::Sender::new(false),
            slot_lag,
            slot_wait,
            version_wait,
            timeout,
            read_again,
            policy,
            options,
            state: Mutex::new(State { checkpoint, save, stopped: None, details, tasks }),
        });
        for script in &shared.scripts {
            let run = shared.prepared(script, &shared.places[0]);
            run.check().map_err(|error| error.with_context(&format!("the script {:?}", script.name)))?;
        }
        let outcomes = outcomes(&shared, known.into_iter().chain(new), concurrency, progress, stop);
        Ok(Self { shared, outcomes: Some(outcomes), rest: VecDeque::new(), stopped: None })
    }

    /// The next outcome; `None` when each script has had one. Dropping the future before it is done loses nothing.
    pub async fn next(&mut self) -> Option<PoolOutcome> {
        poll_fn(|context| self.poll(context)).await
    }

    /// The tasks that were made so far, as [`Pool::on_checkpoint`] gets them.
    pub fn checkpoint(&self) -> PoolCheckpoint {
        self.shared.state().checkpoint.clone()
    }

    /// Starts no more scripts, waits until those that were started have ended, and gives the outcomes that were not
    /// read. When it returns, none of the tasks that it knows of runs any more, unless it was not waited for long
    /// enough, which its outcome says.
    ///
    /// There is no way to end a task at Roblox, so this takes as long as the scripts do.
    pub async fn cancel(mut self) -> Vec<PoolOutcome> {
        self.shared.stop.send_replace(true);
        let mut rest = Vec::new();
        while let Some(outcome) = self.next().await {
            rest.push(outcome);
        }
        rest
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<PoolOutcome>> {
        if let Some(outcomes) = &mut self.outcomes {
            if let Some((at, result)) = ready!(Pin::new(outcomes).poll_next(context)) {
                return Poll::Ready(Some(self.outcome(at, result)));
            }
            let report = self.outcomes.take().map(Outcomes::into_report).unwrap_or_default();
            self.rest = report.not_tried.into();
            self.stopped = report.stopped;
        }
        Poll::Ready(self.rest.pop_front().map(|at| {
            let why = self.stopped.clone().unwrap_or_else(|| self.shared.not_started());
            self.outcome(at, Err(why))
        }))
    }

    fn outcome(&self, at: usize, result: Result<Finished, Error>) -> PoolOutcome {
        let details = std::mem::take(&mut self.shared.state().details[at]);
        details.outcome(self.shared.scripts[at].name.clone(), result)
    }
}

fn outcomes(
    shared: &Arc<Shared>,
    order: impl Iterator<Item = usize>,
    concurrency: usize,
    progress: Option<Arc<dyn Progress>>,
    stop: Option<Stop>,
) -> Outcomes<'static, usize, Finished> {
    let running = Arc::clone(shared);
    let mut bulk = bulk::for_each(order, move |at| {
        let shared = Arc::clone(&running);
        async move { shared.run(at).await }
    });
    if let Some(progress) = progress {
        bulk = bulk.on_progress(progress);
    }
    let stopping = Arc::clone(shared);
    bulk.concurrency(concurrency)
        .stop_when(async move {
            let mut told = stopping.stop.subscribe();
            let told = told.wait_for(|is_stopped| *is_stopped);
            match stop {
                Some(stop) => drop(select(pin!(told), stop).await),
                None => drop(told.await),
            }
            stopping.stop.send_replace(true);
        })
        .outcomes()
}

/// Refuses what cannot be a run.
fn check(pool: &Pool, scripts: &[PoolScript]) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::invalid_request(why));
    if scripts.is_empty() || scripts.len() > MOST_SCRIPTS {
        return refuse(format!("a pool runs 1 to {MOST_SCRIPTS} scripts, not {}", scripts.len()));
    }
    if !(1..=MOST_SLOTS).contains(&pool.slots) {
        return refuse(format!("a place has 1 to {MOST_SLOTS} slots, not {}", pool.slots));
    }
    let mut names = BTreeSet::new();
    for script in scripts {
        if script.name.is_empty() {
            return refuse("a script of the pool has an empty name".to_owned());
        }
        if !names.insert(&script.name) {
            return refuse(format!("two scripts of the pool are called {:?}", script.name));
        }
    }
    for (index, place) in pool.places.iter().enumerate() {
        if pool.places[..index].iter().any(|earlier| earlier.is_same_place(place)) {
            return refuse(format!("the place {} is in the pool twice", place.place));
        }
    }
    Ok(())
}

impl Unpin for PoolRun {}

impl Stream for PoolRun {
    type Item = PoolOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl fmt::Debug for PoolRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolRun")
            .field("places", &self.shared.places)
            .field("scripts", &self.shared.scripts.len())
            .finish_non_exhaustive()
    }
}
