//! Fetching pages ahead, in a task of its own: a stream that nobody polls does nothing.

use super::page::Page;
use super::pager::Pager;
use crate::Error;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages that a task fetches. Dropping it stops the task.
pub(super) struct Ahead<P> {
    /// `None` says that the list has ended; a channel that closes without it, that the task has.
    pages: mpsc::Receiver<Option<Result<Page<P>, Error>>>,
    task: JoinHandle<()>,
    resume: Option<String>,
}

impl<P: Send + 'static> Ahead<P> {
    /// Starts to fetch: up to `pages` pages wait for the caller, or one of them is on its way. No
    /// more than `left` are fetched altogether.
    pub(super) fn start(runtime: &Handle, mut pager: Pager<P>, pages: usize, mut left: Option<u64>) -> Self {
        let (sender, receiver) = mpsc::channel(pages.max(1));
        let task = runtime.spawn(async move {
            // The place comes first, so that no page is fetched that has none.
            while let Ok(place) = sender.reserve().await {
                let page = pager.next().await;
                let is_last = !matches!(page, Some(Ok(_)));
                place.send(page);
                left = left.map(|left| left.saturating_sub(1));
                if is_last || left == Some(0) || pager.has_enough() {
                    return;
                }
            }
        });
        Self { pages: receiver, task, resume: None }
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page<P>, Error>>> {
        self.pages.poll_recv(context).map(|page| match page {
            Some(page) => {
                if let Some(Ok(page)) = &page {
                    self.resume = page.next_token().map(str::to_owned);
                }
                page
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
