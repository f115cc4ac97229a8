use super::Report;
use super::run::{Bulk, Run};
use crate::Error;
use futures_core::Stream;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl<'a, I: Clone + Send + 'a, T: Send + 'a> Bulk<'a, I, T> {
    /// Gives each outcome as it comes, instead of a report when all have come. Calls are made while the stream is read.
    pub fn outcomes(self) -> Outcomes<'a, I, T> {
        Outcomes { run: Run::new(self) }
    }
}

/// What becomes of each input, in the order of completion: a [`Stream`] that also has [`next`](Self::next). Made by
/// [`Bulk::outcomes`](super::Bulk::outcomes).
///
/// ```no_run
/// # #[cfg(feature = "users")]
/// # async fn run(client: opencloud::Client) {
/// let users = client.users();
/// let mut outcomes = opencloud::bulk::for_each([156, 157], |user| users.get(user)).outcomes();
/// while let Some((user, outcome)) = outcomes.next().await {
///     println!("{user}: {}", if outcome.is_ok() { "found" } else { "not found" });
/// }
/// // What was not called for, because the run ended early.
/// println!("{}", outcomes.into_report());
/// # }
/// ```
#[must_use = "calls are made while this is read"]
pub struct Outcomes<'a, I, T> {
    run: Run<'a, I, T>,
}

impl<'a, I: Clone + Send + 'a, T: Send + 'a> Outcomes<'a, I, T> {
    /// An input and what became of it; `None` at the end. Dropping the future before it is done loses nothing.
    pub async fn next(&mut self) -> Option<(I, Result<T, Error>)> {
        poll_fn(|context| self.poll(context)).await
    }

    /// The report of what was not read: at the end, the inputs that were not tried, and why.
    pub fn into_report(self) -> Report<I, T> {
        self.run.into_report()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(I, Result<T, Error>)>> {
        loop {
            if let Some(finished) = self.run.take_finished() {
                return Poll::Ready(Some(finished));
            }
            if !ready!(self.run.poll_step(context)) {
                return Poll::Ready(None);
            }
        }
    }
}

// Nothing of it is pinned in place.
impl<I, T> Unpin for Outcomes<'_, I, T> {}

impl<'a, I: Clone + Send + 'a, T: Send + 'a> Stream for Outcomes<'a, I, T> {
    type Item = (I, Result<T, Error>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<I, T> fmt::Debug for Outcomes<'_, I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outcomes")
    }
}
