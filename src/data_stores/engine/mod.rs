//! The one loop that exports, imports, searches and migrations go by: take some tasks, make the requests of all of
//! them at a time, then deal with what was found, in the order of the tasks.
//!
//! The requests of a batch have all ended before anything else happens: while a writer, a reader or a caller's function
//! takes its time nobody would poll them, and they would run out of theirs. So a batch is also all that is in memory.
//!
//! Requests that fail because the service or the connection does are made again, with a backoff ([`failure_backoff`]).

mod failure_backoff;
mod keys;
mod listing;
mod pace;

pub(super) use keys::Keys;
pub(super) use listing::{Listing, Reader};
pub(super) use pace::{Pace, pace_methods};

use crate::bulk::can_pass;
use crate::operation::pause;
use crate::{Error, bulk};
use std::future::Future;
use std::time::Duration;

/// Some tasks.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) tasks: Vec<T>,
    /// They are the last ones of a page.
    pub(super) turn: Option<Turn>,
}

/// The end of a page.
#[derive(Debug)]
pub(super) struct Turn {
    /// The page token of the next one; `None` after the last.
    pub(super) next: Option<String>,
}

/// Where tasks come from.
pub(super) trait Source {
    type Task;

    /// The next tasks, `most` of them at most; `None` at the end. After a failure that can pass it may be asked again,
    /// for the same ones.
    fn next(&mut self, most: usize) -> impl Future<Output = Result<Option<Batch<Self::Task>>, Error>>;
}

/// How often a task is worked for again whose failure may be the task's own.
const MOST_DOUBTS: u32 = 2;
/// How long after it.
const DOUBT_WAIT: Duration = Duration::from_secs(1);

/// What makes the requests of a task. The same task may be worked for again after a failure, whatever of it was applied.
pub(super) trait Worker<T>: Sync {
    type Found: Send;

    fn work(&self, task: &T) -> impl Future<Output = Result<Self::Found, Error>> + Send;

    /// Whether a failure is in what was found that may be the service's, and not the task's.
    fn is_doubtful(&self, _: &Self::Found) -> bool {
        false
    }
}

/// What deals with what was found.
pub(super) trait Sink<T, F> {
    /// Takes the tasks of a batch, each with what was found. Those from the first failure on are not among them.
    fn take(&mut self, found: Vec<(T, F)>) -> impl Future<Output = Result<(), Error>>;

    /// All tasks of a page were taken.
    fn turn(&mut self, _: Turn) -> impl Future<Output = Result<(), Error>> {
        std::future::ready(Ok(()))
    }
}

/// Goes through all tasks of a source. It ends at the first failure, after the tasks before it were taken.
pub(super) async fn run<S, W, K>(
    mut pace: Pace,
    source: &mut S,
    worker: &W,
    sink: &mut K,
) -> Result<(), Error>
where
    S: Source,
    S::Task: Sync,
    W: Worker<S::Task>,
    K: Sink<S::Task, W::Found>,
{
    let mut backoff = pace.failure_backoff();
    loop {
        let Batch { tasks, turn } = match source.next(pace.concurrency).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(()),
            Err(error) if backoff.waits_for(&error).await => continue,
            Err(error) => return Err(error),
        };
        backoff.reset();
        let (found, failure) = at_once(&pace, &tasks, worker).await;
        let done = found.len();
        sink.take(tasks.into_iter().zip(found).collect()).await?;
        pace.advance(done);
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Some(turn) = turn {
            sink.turn(turn).await?;
        }
    }
}

/// What comes before the tasks, such as a list that is read as a whole.
pub(super) async fn with_backoff<T, F: Future<Output = Result<T, Error>>>(
    pace: &Pace,
    read: impl Fn() -> F,
) -> Result<T, Error> {
    let mut backoff = pace.failure_backoff();
    loop {
        match read().await {
            Err(error) if backoff.waits_for(&error).await => {}
            outcome => {
                backoff.reset();
                return outcome;
            }
        }
    }
}

/// Makes the requests of all tasks, as many at a time as the pace allows, and waits for rate limits as [`bulk`] does, and
/// for failures that pass: what was found up to the first task that failed, and why that one failed.
pub(super) async fn at_once<T: Sync, W: Worker<T>>(
    pace: &Pace,
    tasks: &[T],
    worker: &W,
) -> (Vec<W::Found>, Option<Error>) {
    let mut found: Vec<Option<W::Found>> = tasks.iter().map(|_| None).collect();
    let mut open: Vec<usize> = (0..tasks.len()).collect();
    let (mut backoff, mut doubts) = (pace.failure_backoff(), 0);
    let failure = loop {
        let report = bulk::for_each(std::mem::take(&mut open), |at| worker.work(&tasks[at]))
            .concurrency(pace.concurrency)
            .telling_only_waits(pace.waits())
            .await;
        let mut doubtful = Vec::new();
        for (at, of_task) in report.done {
            match worker.is_doubtful(&of_task) && doubts < MOST_DOUBTS {
                true => doubtful.push(at),
                false => backoff.reset(),
            }
            found[at] = Some(of_task);
        }
        open = report.not_tried;
        let mut failures = Vec::new();
        for (at, error) in report.failed {
            open.push(at);
            failures.push((at, error));
        }
        let first = open.iter().copied().min();
        let lasting = failures.iter().find(|(_, error)| !can_pass(error)).map(|(_, error)| error);
        let Some(why) = lasting.or(report.stopped.as_ref()).or(failures.first().map(|(_, error)| error))
        else {
            if doubtful.is_empty() {
                break None;
            }
            (open, doubts) = (doubtful, doubts + 1);
            pause(DOUBT_WAIT).await;
            continue;
        };
        if backoff.waits_for(why).await {
            doubts += u32::from(!doubtful.is_empty());
            open.append(&mut doubtful);
            open.sort_unstable();
            continue;
        }
        let of_first = failures.iter().find(|(at, _)| Some(*at) == first).map(|(_, error)| error);
        let failure = lasting.or(of_first).or(report.stopped.as_ref()).unwrap_or(why);
        break Some(failure.clone());
    };
    (found.into_iter().map_while(|of_task| of_task).collect(), failure)
}
