//! Fetching pages ahead, in a task of its own: a stream that nobody polls does nothing.

use super::page::Page;
use super::pager::Pager;
use crate::Error;
use std::any::Any;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages that a task fetches. Dropping it stops the task.
pub(super) struct Ahead<P> {
    /// What `Next` says, of whatever page: the channel and the task are compiled once, and not for each list.
    pages: mpsc::Receiver<Box<dyn Any + Send>>,
    task: JoinHandle<()>,
    resume: Option<String>,
    page: PhantomData<fn() -> P>,
}

/// `None` says that the list has ended; a channel that closes without it, that the task has.
type Next<P> = Option<Result<Page<P>, Error>>;

impl<P: Send + 'static> Ahead<P> {
    /// Starts to fetch: up to `pages` pages wait for the caller, or one of them is on its way. No
    /// more than `left` are fetched altogether.
    pub(super) fn start(runtime: &Handle, mut pager: Pager<P>, pages: usize, mut left: Option<u64>) -> Self {
        let (sender, receiver) = mpsc::channel::<Box<dyn Any + Send>>(pages.max(1));
        let fetching: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            // The place comes first, so that no page is fetched that has none.
            while let Ok(place) = sender.reserve().await {
                let page = pager.next().await;
                let is_last = !matches!(page, Some(Ok(_)));
                place.send(Box::new(page));
                left = left.map(|left| left.saturating_sub(1));
                if is_last || left == Some(0) || pager.list.has_enough() {
                    return;
                }
            }
        });
        Self { pages: receiver, task: runtime.spawn(fetching), resume: None, page: PhantomData }
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next<P>> {
        let next = ready!(self.pages.poll_recv(context));
        Poll::Ready(match next.and_then(|next| next.downcast::<Next<P>>().ok()) {
            Some(page) => {
                if let Some(Ok(page)) = &*page {
                    self.resume = page.next_token().map(str::to_owned);
                }
                *page
            }
            None => {
                let error = Error::paging("the task that fetched pages ahead was stopped");
                Some(Err(error.with_resume_token(self.resume.take())))
            }
        })
    }
}

impl<P> Drop for Ahead<P> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
