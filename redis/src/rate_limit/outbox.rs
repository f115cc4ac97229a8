//! What the server is told in the background: by one task at a time, however much there is.

use super::known::merged;
use super::window::{Id, Window};
use opencloud::limit::Observation;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// For how long what responses say is collected, so that many of them are one command.
const COLLECT: Duration = Duration::from_millis(50);

/// Of more places than this that are given back at a time, the others pass unused.
const MOST_RETURNS: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    content: Mutex<Content>,
    urgent: Notify,
}

#[derive(Debug, Default)]
struct Content {
    /// By the key of its window.
    news: HashMap<String, News>,
    returns: Vec<Returned>,
    moves: Vec<Moved>,
    is_urgent: bool,
    /// Whether a task empties it.
    has_task: bool,
}

/// What responses say of a window.
#[derive(Debug)]
pub(super) struct News {
    pub(super) window: Window,
    pub(super) seen: Observation,
}

/// A request that was counted in a window, and what it has cost after all.
#[derive(Debug)]
pub(super) struct Returned {
    pub(super) window: Window,
    pub(super) id: Id,
    pub(super) cost: u64,
}

/// A request that has left late, in one of its windows, and by when it has left on the server's clock.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) window: Window,
    pub(super) id: Id,
    pub(super) latest: u64,
}

/// What there is to tell.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) returns: Vec<Returned>,
    pub(super) moves: Vec<Moved>,
    pub(super) news: Vec<News>,
}

impl Outbox {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a response says. Returns whether a task is needed.
    pub(super) fn tell(&self, window: Window, seen: &Observation) -> bool {
        let mut content = self.content();
        let before = content.news.remove(&window.key);
        let seen = merged(before.as_ref().map(|news| &news.seen), seen);
        content.is_urgent |= seen.refused;
        content.news.insert(window.key.clone(), News { window, seen });
        self.need_task(content)
    }

    /// Adds a request that has cost this in a window: nothing, if it was not sent. Returns whether a task is needed.
    pub(super) fn give_back(&self, window: Window, id: Id, cost: u64) -> bool {
        let mut content = self.content();
        if content.returns.len() < MOST_RETURNS {
            content.returns.push(Returned { window, id, cost });
        }
        content.is_urgent = true;
        self.need_task(content)
    }

    /// Adds a request that has left late. Returns whether a task is needed.
    pub(super) fn moved(&self, windows: &[Window], id: Id, latest: u64) -> bool {
        let mut content = self.content();
        content.moves.extend(windows.iter().map(|window| Moved { window: window.clone(), id, latest }));
        self.need_task(content)
    }

    fn need_task(&self, mut content: MutexGuard<'_, Content>) -> bool {
        if content.is_urgent {
            self.urgent.notify_one();
        }
        !std::mem::replace(&mut content.has_task, true)
    }

    /// The task has ended before it was to, or could not be begun.
    pub(super) fn no_task(&self) {
        self.content().has_task = false;
    }

    /// Waits for what is to be told; `None` if nothing is, and then the task is to end.
    pub(super) async fn take(&self) -> Option<Told> {
        let is_urgent = self.content().is_urgent;
        if !is_urgent {
            let _ = tokio::time::timeout(COLLECT, self.urgent.notified()).await;
        }
        let mut content = self.content();
        content.is_urgent = false;
        let told = Told {
            returns: std::mem::take(&mut content.returns),
            moves: std::mem::take(&mut content.moves),
            news: std::mem::take(&mut content.news).into_values().collect(),
        };
        if told.returns.is_empty() && told.moves.is_empty() && told.news.is_empty() {
            content.has_task = false;
            return None;
        }
        Some(told)
    }
}
