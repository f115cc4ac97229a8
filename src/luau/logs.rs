//! What scripts log.

use super::task::{Reference, Task};
use super::{ListTaskLogs, LuauLogMessage, LuauTask, LuauTaskLog, LuauTaskLogView, TaskPath};
use crate::Error;
use crate::call::Call;
use crate::operation::{State, States, Waits};
use crate::operations::LUAU_LIST_TASK_LOGS as LIST_LOGS;
use crate::wire::decode;
use futures_core::Stream;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// How much of a log the service keeps, in bytes; so there cannot be more messages.
const LONGEST_LOG: u64 = 450 * 1024;
const QUEUED: &str = "QUEUED";
/// How often the log is read before the task has ended. The service was seen to give nothing before the end
/// (LX-04), so this only helps if that changes.
const EARLY: Duration = Duration::from_secs(30);
/// How often a log that is empty after the end is read again, unless the caller says otherwise: it may be some
/// seconds late (LX-04).
const READ_AGAIN: u32 = 3;
const MOST_READ_AGAIN: u32 = 12;
/// The waits before it is read again, in seconds; the last one stays.
const LATE: [u64; 3] = [2, 3, 5];

/// How messages are asked for and read.
struct View<M> {
    view: LuauTaskLogView,
    messages: fn(LuauTaskLog) -> Vec<M>,
}

const FLAT: View<String> =
    View { view: LuauTaskLogView::Flat, messages: |log| log.messages.unwrap_or_default() };

const STRUCTURED: View<LuauLogMessage> =
    View { view: LuauTaskLogView::Structured, messages: |log| log.structured_messages.unwrap_or_default() };

impl Task {
    /// What the script logs, in order, each message with its time and kind. It comes after the script has
    /// ended. See [`Logs`].
    ///
    /// Calls `luau.list_task_logs` and `luau.get_task`; scope `universe.place.luau-execution-session:read` or
    /// `universe.place.luau-execution-session:write`.
    pub fn logs(&self) -> Logs<LuauLogMessage> {
        Logs::new(self.reference.clone(), STRUCTURED)
    }

    /// As [`logs`](Self::logs), but bare texts.
    ///
    /// Calls `luau.list_task_logs` and `luau.get_task`; scope `universe.place.luau-execution-session:read` or
    /// `universe.place.luau-execution-session:write`.
    pub fn flat_logs(&self) -> Logs<String> {
        Logs::new(self.reference.clone(), FLAT)
    }
}

/// The messages that a task logs, as a [`Stream`] that also has [`next`](Logs::next). It ends when the task
/// has ended; that the script failed is not its error, but that of [`Task::wait`](Task::wait).
///
/// The messages come after the end of the script: before it the service was seen to give an empty log. It is
/// asked every 30 seconds all the same, and what it gives is handed on. After the end the log can be some
/// seconds late, so one that is empty then is [read again](Self::read_again).
///
/// Nothing comes twice. The service keeps the newest 450 KB of a log.
///
/// ```no_run
/// # async fn run(client: opencloud::Client, script: String) -> Result<(), opencloud::Error> {
/// let mut task = client.luau().run(script).at(42, 43).start().await?;
/// let mut logs = task.logs();
/// while let Some(line) = logs.next().await.transpose()? {
///     println!("{}", line.message());
/// }
/// let finished = task.wait().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream is read when it is polled"]
pub struct Logs<M> {
    stage: Stage<M>,
    ready: std::vec::IntoIter<M>,
}

enum Stage<M> {
    Idle(Box<Following<M>>),
    Busy(Pin<Box<dyn Future<Output = Round<M>> + Send>>),
    Over,
}

type Round<M> = (Box<Following<M>>, Result<Vec<M>, Error>);

impl<M: Clone + PartialEq + Send + 'static> Logs<M> {
    fn new(task: Reference, view: View<M>) -> Self {
        let following = Following {
            task,
            view,
            states: None,
            known: Vec::new(),
            read: None,
            again: READ_AGAIN,
            is_over: false,
        };
        Self { stage: Stage::Idle(Box::new(following)), ready: Vec::new().into_iter() }
    }

    /// How often a log that is empty after the end is read again: 3 times by default (after 2, 3 and 5
    /// seconds), 12 at most. With 0, a script that logs nothing is done at once. It says nothing once the first
    /// message was asked for.
    pub fn read_again(mut self, times: u32) -> Self {
        if let Stage::Idle(following) = &mut self.stage {
            following.again = times.min(MOST_READ_AGAIN);
        }
        self
    }

    /// The next message; `None` when the task has ended and all were given. Dropping it before it is done
    /// loses nothing.
    ///
    /// # Errors
    ///
    /// If the service cannot be asked, and of kind [`Timeout`](crate::ErrorKind::Timeout) if the task does
    /// not end in time. An error ends the stream; the task goes on.
    pub async fn next(&mut self) -> Option<Result<M, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<M, Error>>> {
        loop {
            if let Some(message) = self.ready.next() {
                return Poll::Ready(Some(Ok(message)));
            }
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Over => return Poll::Ready(None),
                Stage::Idle(following) if following.is_over => {}
                Stage::Idle(mut following) => {
                    self.stage = Stage::Busy(Box::pin(async move {
                        let round = following.round().await;
                        (following, round)
                    }));
                }
                Stage::Busy(mut round) => match round.as_mut().poll(context) {
                    Poll::Pending => {
                        self.stage = Stage::Busy(round);
                        return Poll::Pending;
                    }
                    Poll::Ready((_, Err(error))) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready((following, Ok(messages))) => {
                        self.ready = messages.into_iter();
                        self.stage = Stage::Idle(following);
                    }
                },
            }
        }
    }
}

impl<M> Unpin for Logs<M> {}

impl<M: Clone + PartialEq + Send + 'static> Stream for Logs<M> {
    type Item = Result<M, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<M> fmt::Debug for Logs<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").field("is_over", &matches!(self.stage, Stage::Over)).finish_non_exhaustive()
    }
}

/// A task whose log is read while it grows.
struct Following<M> {
    task: Reference,
    view: View<M>,
    /// Made when it is first needed, because that can fail.
    states: Option<States<LuauTask>>,
    /// The log when it was read last.
    known: Vec<M>,
    /// When it was read last, or else when the following began.
    read: Option<Instant>,
    /// How often it is read again if it is empty at the end.
    again: u32,
    is_over: bool,
}

impl<M: Clone + PartialEq + 'static> Following<M> {
    /// Polls the task once and returns what has been logged since.
    async fn round(&mut self) -> Result<Vec<M>, Error> {
        let read_last = *self.read.get_or_insert_with(Instant::now);
        let states = match &mut self.states {
            Some(states) => states,
            None => self.states.insert(self.task.operation()?.states()),
        };
        match states.next().await.transpose()? {
            Some(State::Pending(progress)) => {
                self.note_path(progress.metadata().and_then(|task| task["path"].as_str()));
                if progress.status() == Some(QUEUED) || read_last.elapsed() < early() {
                    return Ok(Vec::new());
                }
            }
            over => {
                self.is_over = true;
                match over {
                    Some(State::Done(task)) => self.note_path(task.path.as_deref()),
                    Some(State::Failed(error)) => {
                        let task = error.body().and_then(|body| decode::any(body));
                        self.note_path(task.as_ref().and_then(|task| task["path"].as_str()));
                    }
                    _ => {}
                }
            }
        }
        self.read = Some(Instant::now());
        let now = match self.is_over {
            true => self.read_late().await?,
            false => match read(&self.task, &self.view).await {
                // There is no log yet.
                Err(error) if error.is_not_found() => return Ok(Vec::new()),
                messages => messages?,
            },
        };
        let new = now[repeated(&self.known, &now)..].to_vec();
        self.known = now;
        Ok(new)
    }

    /// The log of a task that has ended, which may come late.
    async fn read_late(&mut self) -> Result<Vec<M>, Error> {
        let waits = Waits::new(Duration::MAX);
        let mut again = 0;
        loop {
            let log = read(&self.task, &self.view).await;
            let may_be_late = match &log {
                Ok(log) => log.is_empty() && self.known.is_empty(),
                Err(error) => error.is_not_found(),
            };
            if !may_be_late || again == self.again {
                return log;
            }
            let wait = LATE.get(again as usize).or(LATE.last()).copied().unwrap_or_default();
            waits.next(Duration::from_secs(wait)).await;
            again += 1;
        }
    }

    /// The service may name a task by a longer path once it runs.
    fn note_path(&mut self, path: Option<&str>) {
        if let Some(path) = path.and_then(|path| path.parse().ok()) {
            self.task.path = path;
        }
    }
}

/// The least time between two readings before the end.
fn early() -> Duration {
    let limit = LIST_LOGS.api_key_limit.map_or(Duration::ZERO, |limit| {
        limit.period() / u32::try_from(limit.requests).unwrap_or(u32::MAX).max(1)
    });
    EARLY.max(limit)
}

/// The log as it is.
async fn read<M>(task: &Reference, view: &View<M>) -> Result<Vec<M>, Error> {
    let call = list_logs(task).view(view.view.clone()).with_options(task.options.clone());
    let chunks = call.items().limit(LONGEST_LOG).collect().await?;
    Ok(chunks.into_iter().flat_map(view.messages).collect())
}

/// The call that lists the log of a task. Only the longest form of the path has a documented route; that
/// the others have the same is our reading.
fn list_logs(task: &Reference) -> ListTaskLogs {
    let path: &TaskPath = &task.path;
    let (universe, place) = (path.universe(), path.place());
    let (template, between) = match (path.version(), path.session()) {
        (Some(version), Some(session)) => {
            return task.luau.list_task_logs(universe, place, version, session, path.task());
        }
        (None, Some(session)) => (
            "/cloud/v2/universes/{universe_id}/places/{place_id}/luau-execution-sessions/{session_id}/tasks/{task_id}/logs",
            Some(session),
        ),
        (Some(version), None) => (
            "/cloud/v2/universes/{universe_id}/places/{place_id}/versions/{version_id}/luau-execution-session-tasks/{task_id}/logs",
            Some(version),
        ),
        (None, None) => (
            "/cloud/v2/universes/{universe_id}/places/{place_id}/luau-execution-session-tasks/{task_id}/logs",
            None,
        ),
    };
    let call =
        Call::new(&task.luau.client, &LIST_LOGS).at(template).path(universe.clone()).path(place.clone());
    let call = between.into_iter().fold(call, |call, id| call.path(id.clone()));
    ListTaskLogs { call: call.path(path.task().clone()) }
}

/// How many of the messages that are there now were there before. A log grows at its end, and loses its
/// beginning when it is too long: so what is there now begins with an end of what was there (the longest that
/// fits), found as Knuth, Morris and Pratt do.
fn repeated<M: PartialEq>(before: &[M], now: &[M]) -> usize {
    // How long the longest beginning of `now` is that also ends at each place, but is not all up to there.
    let mut borders = vec![0; now.len()];
    let mut length = 0;
    for at in 1..now.len() {
        while length > 0 && now[at] != now[length] {
            length = borders[length - 1];
        }
        length += usize::from(now[at] == now[length]);
        borders[at] = length;
    }
    let mut length = 0;
    for message in before {
        while length > 0 && now.get(length) != Some(message) {
            length = borders[length - 1];
        }
        length += usize::from(now.get(length) == Some(message));
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_is_found_again() {
        for (before, now, expected) in [
            ("", "", 0),
            ("", "abc", 0),
            ("abc", "abc", 3),
            ("abc", "abcd", 3),
            ("abc", "", 0),
            // The same message again and again.
            ("aaa", "aaaa", 3),
            ("aab", "aabaab", 3),
            // The oldest are gone.
            ("abc", "bcd", 2),
            ("abc", "cde", 1),
            ("abc", "def", 0),
            ("abab", "abab", 4),
            ("abac", "acab", 2),
        ] {
            assert_eq!(repeated(before.as_bytes(), now.as_bytes()), expected, "{before} {now}");
        }
    }
}
