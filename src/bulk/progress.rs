use crate::Progress;
use crate::transport::in_words;
use std::time::Duration;

/// How far a run has come, and what was said of it last.
#[derive(Debug, Default)]
pub(super) struct Count {
    done: usize,
    failed: usize,
    total: Option<usize>,
    /// Whether failures are somebody else's to tell.
    only_waits: bool,
    said: String,
}

impl Count {
    pub(super) fn of(total: Option<usize>, only_waits: bool) -> Self {
        Self { total, only_waits, ..Self::default() }
    }

    pub(super) fn add(&mut self, has_succeeded: bool) {
        match has_succeeded {
            true => self.done += 1,
            false => self.failed += 1,
        }
    }

    /// Tells how many calls have ended, and how many of them have failed, if that is something new. No call is made
    /// for the time of `waiting`.
    pub(super) fn tell(&mut self, listener: &dyn Progress, waiting: Option<Duration>) {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        listener.advanced(count(self.done + self.failed), self.total.map(count));
        let failed = (self.failed > 0 && !self.only_waits).then(|| format!("{} failed", self.failed));
        let waiting = waiting.map(|wait| format!("waiting {} for a rate limit", in_words(wait)));
        let text = failed.into_iter().chain(waiting).collect::<Vec<_>>().join("; ");
        if text != self.said {
            listener.message(&text);
            self.said = text;
        }
    }
}
