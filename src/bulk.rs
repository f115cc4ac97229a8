//! One call for each of many things: some at a time, each with an outcome of its own.
//!
//! ```no_run
//! # #[cfg(feature = "groups")]
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let report = client.groups().accept_join_requests(7, [156, 157, 158]).concurrency(2).await;
//! println!("{report}"); // 2 done, 1 failed
//! for (user, error) in &report.failed {
//!     println!("{user}: {error}");
//! }
//! # Ok(())
//! # }
//! ```

use crate::call::{CallFuture, option_methods};
use crate::client::Options;
use crate::{Error, ErrorKind};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::HashSet;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::hash::Hash;
use std::pin::Pin;

pub(crate) const DEFAULT_CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 64;

/// How the call for one thing is made.
type MakeCall<K, T> = Box<dyn Fn(&K, Options) -> CallFuture<T> + Send + Sync>;

/// One call for each of many things, made when this is awaited. A thing that is named twice is called
/// for once.
///
/// The `with_*` options are those of each call. A failed call does not keep the others from being made,
/// unless it shows that they would all fail the same way: a credential that is missing, wrong or
/// expired, or an account that is moderated.
#[must_use = "the calls are made when this is awaited"]
pub struct Bulk<K, T> {
    keys: Vec<K>,
    call: MakeCall<K, T>,
    concurrency: usize,
    options: Options,
}

impl<K: Clone + Eq + Hash, T> Bulk<K, T> {
    pub(crate) fn new(
        keys: impl IntoIterator<Item = K>,
        call: impl Fn(&K, Options) -> CallFuture<T> + Send + Sync + 'static,
    ) -> Self {
        let mut seen = HashSet::new();
        Self {
            keys: keys.into_iter().filter(|key| seen.insert(key.clone())).collect(),
            call: Box::new(call),
            concurrency: DEFAULT_CONCURRENCY,
            options: Options::default(),
        }
    }

    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }
}

impl<K, T> Bulk<K, T> {
    /// How many calls may be under way at a time: 4 by default, 1 at least and 64 at most.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, MAX_CONCURRENCY);
        self
    }

    option_methods!(each);

    async fn run(self) -> Report<K, T> {
        let Self { keys, call, concurrency, options } = self;
        let mut waiting = keys.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut outcomes = Vec::new();
        let mut goes_on = true;
        loop {
            while goes_on && running.len() < concurrency {
                let Some((at, key)) = waiting.next() else { break };
                let sending = call(&key, options.clone());
                running.push(async move { (at, key, sending.await) });
            }
            let Some((at, key, outcome)) = running.next().await else { break };
            goes_on &= !outcome.as_ref().is_err_and(concerns_all);
            outcomes.push((at, key, outcome));
        }
        outcomes.sort_by_key(|(at, ..)| *at);
        let mut report = Report { not_tried: waiting.map(|(_, key)| key).collect(), ..Report::default() };
        for (_, key, outcome) in outcomes {
            match outcome {
                Ok(value) => report.done.push((key, value)),
                Err(error) => report.failed.push((key, error)),
            }
        }
        report
    }
}

/// Whether a failure has nothing to do with the thing that was called for.
fn concerns_all(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Configuration
            | ErrorKind::Unauthenticated
            | ErrorKind::AuthorizationRequired
            | ErrorKind::ModeratedAccount
    )
}

impl<K: Send + 'static, T: Send + 'static> IntoFuture for Bulk<K, T> {
    type Output = Report<K, T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Report<K, T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<K: fmt::Debug, T> fmt::Debug for Bulk<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("keys", &self.keys)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// What became of each thing, in the order in which the things were given.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "some of the calls may have failed"]
pub struct Report<K, T> {
    /// What has succeeded, each with its response.
    pub done: Vec<(K, T)>,
    /// What has failed, each with its reason.
    pub failed: Vec<(K, Error)>,
    /// What was not called for, because the others' failures concern it as well; see [`Bulk`].
    pub not_tried: Vec<K>,
}

impl<K, T> Report<K, T> {
    /// Whether everything has succeeded.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_tried.is_empty()
    }

    /// All responses, if everything has succeeded.
    ///
    /// # Errors
    ///
    /// The first failure. Others, and what has succeeded, are in the report only.
    pub fn complete(self) -> Result<Vec<(K, T)>, Error> {
        match self.failed.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(self.done),
        }
    }
}

impl<K, T> Default for Report<K, T> {
    fn default() -> Self {
        Self { done: Vec::new(), failed: Vec::new(), not_tried: Vec::new() }
    }
}

impl<K, T> fmt::Display for Report<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done", self.done.len())?;
        for (count, what) in [(self.failed.len(), "failed"), (self.not_tried.len(), "not tried")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
