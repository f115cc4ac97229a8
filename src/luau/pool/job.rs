//! One script of a pool: where it starts, how its task is followed, and when it is started again.

use super::builder::Save;
use super::checkpoint::PoolCheckpoint;
use super::outcome::Details;
use super::places::PoolPlace;
use super::script::PoolScript;
use super::slots::{Held, Slots};
use crate::Error;
use crate::client::Options;
use crate::luau::run::{is_full, slot_wait};
use crate::luau::{Failure, Finished, Luau, Run, Task, TaskPath};
use crate::operation::{PollPolicy, pause};
use futures_util::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often a script is started at most because the service failed.
const MOST_STARTS: u32 = 3;
/// How long after a failure of the service a script is started again.
const FAILURE_WAIT: Duration = Duration::from_secs(10);
/// How long a place is given to run another version: doubled from the first to the longest.
const FIRST_VERSION_WAIT: Duration = Duration::from_secs(10);
const LONGEST_VERSION_WAIT: Duration = Duration::from_secs(60);
/// How long to wait for a slot where none is left, which is only for a moment.
const NO_SLOT_WAIT: Duration = Duration::from_secs(1);

/// What the scripts of a run share.
pub(super) struct Shared {
    pub(super) luau: Luau,
    pub(super) places: Vec<PoolPlace>,
    pub(super) scripts: Vec<PoolScript>,
    pub(super) slots: Arc<Slots>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) slot_lag: Duration,
    pub(super) slot_wait: Duration,
    pub(super) version_wait: Duration,
    pub(super) timeout: Option<Duration>,
    pub(super) read_again: Option<u32>,
    pub(super) policy: Option<PollPolicy>,
    pub(super) options: Options,
    pub(super) state: Mutex<State>,
}

/// What changes while they run.
pub(super) struct State {
    pub(super) checkpoint: PoolCheckpoint,
    pub(super) save: Option<Save>,
    /// Why no more scripts are started.
    pub(super) stopped: Option<Error>,
    /// Of each script.
    pub(super) details: Vec<Details>,
    /// The task of each script: of an earlier run, or made by this one.
    pub(super) tasks: Vec<Option<TaskPath>>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of a script at a place.
    pub(super) fn prepared(&self, script: &PoolScript, place: &PoolPlace) -> Run {
        let mut run = place.run(&self.luau, &script.text);
        run = script.timeout.or(self.timeout).into_iter().fold(run, Run::timeout);
        run = self.policy.iter().cloned().fold(run, Run::with_poll_policy);
        if script.output {
            run = run.binary_output();
        }
        run.options = self.options.clone();
        run
    }

    /// Runs a script until it has an outcome.
    pub(super) async fn run(&self, at: usize) -> Result<Finished, Error> {
        let begun = Instant::now();
        let mut version_wait = FIRST_VERSION_WAIT;
        loop {
            let (mut task, slot, is_known) = self.begin(at).await?;
            let followed = Instant::now();
            let outcome = task.wait().await;
            release(slot, is_known);
            self.state().details[at].elapsed = followed.elapsed();
            if is_known && outcome.as_ref().is_err_and(Error::is_not_found) {
                self.forget(at);
                continue;
            }
            let failure = outcome.as_ref().err().and_then(Failure::of);
            let has_ended = outcome.is_ok() || failure.is_some();
            let wait = match failure {
                Some(Failure::OtherVersion { .. }) if begun.elapsed() < self.version_wait => {
                    let wait = version_wait;
                    version_wait = (wait * 2).min(LONGEST_VERSION_WAIT);
                    Some(wait)
                }
                Some(Failure::Internal { .. }) if self.may_repeat(at) => Some(FAILURE_WAIT),
                _ => None,
            };
            let is_repeated = match wait {
                Some(wait) => self.unless_stopped(pause(wait)).await.is_some(),
                None => false,
            };
            if !is_repeated {
                if has_ended {
                    self.read_logs(at, &task).await;
                }
                return outcome;
            }
            self.forget(at);
        }
    }

    /// Whether a script that may have run in part is started again.
    fn may_repeat(&self, at: usize) -> bool {
        self.options.idempotent == Some(true) && self.state().details[at].starts < MOST_STARTS
    }

    /// The task of a script, the slot that it takes, and whether it was known before.
    async fn begin(&self, at: usize) -> Result<(Task, Option<Held>, bool), Error> {
        let known = self.state().tasks[at].clone();
        let Some(path) = known else {
            let (task, slot) = self.start(at).await?;
            return Ok((task, Some(slot), false));
        };
        let place = self.places.iter().position(|place| place.has(&path));
        // Before others take it.
        let slot = place.and_then(|place| self.slots.take_of(place));
        let task = Task::at(&self.luau, path.clone())?.with_options(self.options.clone());
        let task = self.policy.iter().cloned().fold(task, Task::with_poll_policy);
        self.state().details[at].task = Some(path);
        Ok((task, slot, true))
    }

    /// Lets a script be started anew.
    fn forget(&self, at: usize) {
        let mut state = self.state();
        state.tasks[at] = None;
        state.details[at].task = None;
        state.checkpoint.forget(&self.scripts[at]);
    }

    /// Starts a script at the place whose slot is free first. A place that others have filled is asked again, or
    /// another one.
    async fn start(&self, at: usize) -> Result<(Task, Held), Error> {
        let script = &self.scripts[at];
        let until = Instant::now() + self.slot_wait;
        let mut earlier: Option<Error> = None;
        loop {
            let slot = self.slot().await?;
            let error = match self.prepared(script, &self.places[slot.place()]).start().await {
                Ok(task) => {
                    self.note_start(at, task.path());
                    return Ok((task, slot));
                }
                Err(error) => error,
            };
            let is_full = is_full(&error);
            slot.release_after(match is_full {
                true => slot_wait(&error),
                false if error.may_have_been_applied() => self.slot_lag,
                false => Duration::ZERO,
            });
            // What an earlier request may have started runs all the same.
            let error = earlier.iter().fold(error, Error::with_earlier);
            if !is_full {
                return Err(error);
            }
            if Instant::now() >= until {
                let note = format!("slots were waited for {} s", self.slot_wait.as_secs_f64());
                return Err(error.with_note(&note));
            }
            earlier = Some(error);
        }
    }

    /// A slot that is usable, unless no more scripts are to be started.
    async fn slot(&self) -> Result<Held, Error> {
        loop {
            let slot = self.slots.take();
            let wait = slot.as_ref().map_or(NO_SLOT_WAIT, Held::wait);
            if self.unless_stopped(pause(wait)).await.is_none() {
                // It was not used.
                slot.into_iter().for_each(|slot| slot.release_after(Duration::ZERO));
                return Err(self.not_started());
            }
            if let Some(slot) = slot {
                return Ok(slot);
            }
        }
    }

    fn note_start(&self, at: usize, path: &TaskPath) {
        let mut state = self.state();
        let state = &mut *state;
        state.tasks[at] = Some(path.clone());
        let details = &mut state.details[at];
        details.starts += 1;
        details.task = Some(path.clone());
        state.checkpoint.made(&self.scripts[at], path);
        let Some(save) = &mut state.save else { return };
        if let Err(error) = save(&state.checkpoint) {
            state.stopped = Some(Error::callback("the checkpoint cannot be kept", error));
            self.stop.send_replace(true);
        }
    }

    async fn read_logs(&self, at: usize, task: &Task) {
        let Some(again) = self.read_again else { return };
        let mut logs = task.logs().read_again(again);
        loop {
            let line = logs.next().await;
            let details = &mut self.state().details[at];
            match line {
                None => return,
                Some(Ok(line)) => details.logs.push(line),
                Some(Err(error)) => details.log_error = Some(error),
            }
        }
    }

    /// Why a script was not started.
    pub(super) fn not_started(&self) -> Error {
        let why = self.state().stopped.clone();
        why.unwrap_or_else(|| {
            Error::not_in_time("the script was not started: the pool was stopped; give it to another run")
        })
    }

    /// Waits for this; `None` if no more scripts are to be started.
    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.subscribe();
        let stopped = stop.wait_for(|is_stopped| *is_stopped);
        match select(pin!(stopped), pin!(future)).await {
            Either::Left(_) => None,
            Either::Right((value, _)) => Some(value),
        }
    }
}

/// Gives a slot back. That of a task which was made before may have been free for long; if not, the service says so.
fn release(slot: Option<Held>, is_known: bool) {
    match slot {
        Some(slot) if is_known => slot.release_after(Duration::ZERO),
        slot => drop(slot),
    }
}
