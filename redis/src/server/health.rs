//! Whether the server is there, as far as the last commands have shown.

use super::Error;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a server that is away is tried again.
const PROBE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Health {
    /// Whose: the rate limit, the replay guard, ...
    what: &'static str,
    /// What is done while it is away.
    instead: &'static str,
    away: Mutex<Option<Away>>,
}

#[derive(Debug)]
struct Away {
    since: Instant,
    probe: Instant,
    error: Error,
}

impl Health {
    pub(crate) fn new(what: &'static str, instead: &'static str) -> Self {
        Self { what, instead, away: Mutex::default() }
    }

    pub(crate) fn instead(&mut self, instead: &'static str) {
        self.instead = instead;
    }

    /// Whether to ask the server: it is there, or it is time to try again. Otherwise why it was away.
    pub(crate) fn ask(&self) -> Result<(), Error> {
        match &mut *self.away.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(away) if Instant::now() < away.probe => Err(away.error.clone()),
            Some(away) => {
                away.probe = Instant::now() + PROBE;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes note of what came of a command, and tells when the server goes and comes.
    pub(crate) fn note<T>(&self, server: &str, result: &Result<T, Error>) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match (result, &mut *away) {
            (Err(error), None) if error.is_away() => {
                let now = Instant::now();
                *away = Some(Away { since: now, probe: now + PROBE, error: error.clone() });
                drop(away);
                trace::gone(self.what, server, self.instead, error);
            }
            (Err(error), Some(known)) if error.is_away() => known.error = error.clone(),
            (Ok(_), Some(known)) => {
                let since = known.since.elapsed();
                *away = None;
                drop(away);
                trace::back(self.what, server, since);
            }
            _ => {}
        }
    }
}

pub(crate) mod trace {
    use super::Error;
    use std::time::Duration;

    #[cfg(feature = "tracing")]
    pub(super) fn gone(what: &str, server: &str, instead: &str, error: &Error) {
        tracing::warn!(what, server, instead, %error, "the Redis server is away");
    }

    #[cfg(feature = "tracing")]
    pub(super) fn back(what: &str, server: &str, after: Duration) {
        tracing::info!(what, server, away_ms = after.as_millis() as u64, "the Redis server is back");
    }

    /// A lease ends before its work does.
    #[cfg(feature = "tracing")]
    pub(crate) fn lost(what: &str, server: &str, name: &str) {
        tracing::warn!(what, server, name, "the lease was lost");
    }

    #[cfg(not(feature = "tracing"))]
    pub(super) fn gone(_: &str, _: &str, _: &str, _: &Error) {}

    #[cfg(not(feature = "tracing"))]
    pub(super) fn back(_: &str, _: &str, _: Duration) {}

    #[cfg(not(feature = "tracing"))]
    pub(crate) fn lost(_: &str, _: &str, _: &str) {}
}
