use super::following::{Operation, Poller, State};
use crate::Error;
use futures_core::Stream;
use serde::de::DeserializeOwned;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The states of an operation until it is over, as a [`Stream`] that also has
/// [`next`](States::next).
///
/// A poll that failed and is tolerated is a [`State::Pending`] that says so. An error ends the
/// stream; the operation itself goes on.
#[must_use = "a stream polls when it is polled"]
pub struct States<T> {
    stage: Stage<T>,
}

type Step<T> = (Box<(Operation<T>, Poller)>, Result<State<T>, Error>);

enum Stage<T> {
    Idle(Box<(Operation<T>, Poller)>),
    Busy(Pin<Box<dyn Future<Output = Step<T>> + Send>>),
    Over,
}

impl<T: DeserializeOwned + Send + 'static> Operation<T> {
    /// The states until it is over, as a stream: for progress bars.
    pub fn states(self) -> States<T> {
        let poller = self.poller();
        States { stage: Stage::Idle(Box::new((self, poller))) }
    }
}

impl<T: DeserializeOwned + Send + 'static> States<T> {
    /// The next state; `None` behind [`State::Done`], [`State::Failed`] and an error.
    ///
    /// # Errors
    ///
    /// As [`Operation::wait`], but a failed operation is a state here.
    pub async fn next(&mut self) -> Option<Result<State<T>, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<State<T>, Error>>> {
        loop {
            match &mut self.stage {
                Stage::Over => return Poll::Ready(None),
                Stage::Idle(_) => {
                    let Stage::Idle(mut both) = std::mem::replace(&mut self.stage, Stage::Over) else {
                        continue;
                    };
                    self.stage = Stage::Busy(Box::pin(async move {
                        let (operation, poller) = &mut *both;
                        let state = poller.step(operation).await;
                        (both, state)
                    }));
                }
                Stage::Busy(step) => {
                    let (both, state) = ready!(step.as_mut().poll(context));
                    self.stage = match &state {
                        Ok(State::Pending(_)) => Stage::Idle(both),
                        _ => Stage::Over,
                    };
                    return Poll::Ready(Some(state));
                }
            }
        }
    }
}

impl<T> Unpin for States<T> {}

impl<T: DeserializeOwned + Send + 'static> Stream for States<T> {
    type Item = Result<State<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T> std::fmt::Debug for States<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("States").field("is_over", &matches!(self.stage, Stage::Over)).finish_non_exhaustive()
    }
}
