use super::following::{Operation, State};
use crate::Error;
use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use serde::de::DeserializeOwned;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The states of an operation until it is over, as a [`Stream`] that also has
/// [`next`](States::next).
///
/// A poll that failed and is tolerated is a [`State::Pending`] that says so. An error ends the
/// stream; the operation itself goes on.
#[must_use = "a stream polls when it is polled"]
pub struct States<T>(Pin<Box<dyn Stream<Item = Result<State<T>, Error>> + Send>>);

impl<T: DeserializeOwned + Send + 'static> Operation<T> {
    /// The states until it is over, as a stream: for progress bars.
    pub fn states(self) -> States<T> {
        let poller = self.poller();
        let states = unfold(Some((self, poller)), |both| async move {
            let (mut operation, mut poller) = both?;
            let state = poller.step(&mut operation).await;
            let goes_on = matches!(state, Ok(State::Pending(_)));
            Some((state, goes_on.then_some((operation, poller))))
        });
        States(Box::pin(states.fuse()))
    }
}

impl<T> States<T> {
    /// The next state; `None` behind [`State::Done`], [`State::Failed`] and an error. Dropping it before it is
    /// done loses nothing.
    ///
    /// # Errors
    ///
    /// As [`Operation::wait`], but a failed operation is a state here.
    pub async fn next(&mut self) -> Option<Result<State<T>, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for States<T> {
    type Item = Result<State<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> std::fmt::Debug for States<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}
