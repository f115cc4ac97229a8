//! The one loop that exports, imports, searches and migrations go by: take some tasks, make the requests of all of
//! them at a time, then deal with what was found, in the order of the tasks.
//!
//! The requests of a batch have all ended before anything else happens: while a writer, a reader or a caller's function
//! takes its time nobody would poll them, and they would run out of theirs. So a batch is also all that is in memory.

mod keys;
mod listing;
mod pace;

pub(super) use keys::Keys;
pub(super) use listing::{Listing, Reader};
pub(super) use pace::{Pace, pace_methods};

use crate::{Error, bulk};
use std::future::Future;

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

    /// The next tasks, `most` of them at most; `None` at the end.
    fn next(&mut self, most: usize) -> impl Future<Output = Result<Option<Batch<Self::Task>>, Error>>;
}

/// What makes the requests of a task.
pub(super) trait Worker<T>: Sync {
    type Found: Send;

    fn work(&self, task: &T) -> impl Future<Output = Result<Self::Found, Error>> + Send;
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
    while let Some(Batch { tasks, turn }) = source.next(pace.concurrency).await? {
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
    Ok(())
}

/// Makes the requests of all tasks, as many at a time as the pace allows, and waits for rate limits as [`bulk`] does: what was found up to
/// the first task that failed, and why that one failed.
pub(super) async fn at_once<T: Sync, W: Worker<T>>(
    pace: &Pace,
    tasks: &[T],
    worker: &W,
) -> (Vec<W::Found>, Option<Error>) {
    let report = bulk::for_each(0..tasks.len(), |at| worker.work(&tasks[at]))
        .concurrency(pace.concurrency)
        .on_progress(pace.waits())
        .await;
    let failed_at = report.failed.first().map(|(at, _)| *at);
    let missing = report.not_tried.iter().copied().chain(failed_at).min().unwrap_or(tasks.len());
    let found = report.done.into_iter().take_while(|(at, _)| *at < missing).map(|(_, found)| found);
    let first_failure = report.failed.into_iter().next().map(|(_, error)| error);
    let failure = match failed_at == Some(missing) {
        true => first_failure,
        false => report.stopped.or(first_failure),
    };
    (found.collect(), failure)
}
