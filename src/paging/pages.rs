use super::List;
use super::ahead::Ahead;
use super::page::Page;
use super::pager::{Pager, Settings};
use crate::Error;
use crate::wire::debug_fields;
use futures_core::Stream;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The pages of a list, as a [`Stream`] that also has [`next`](Pages::next).
///
/// Dropping a `next()` before it is done loses nothing: the request goes on with the next one.
#[must_use = "a list is read when it is polled"]
pub struct Pages<P> {
    state: State<P>,
    left: Option<u64>,
    ahead: usize,
}

type Step<P> = (Box<Pager<P>>, Option<Result<Page<P>, Error>>);

enum State<P> {
    Idle(Box<Pager<P>>),
    Busy(Pin<Box<dyn Future<Output = Step<P>> + Send>>),
    Ahead(Ahead<P>),
    Ended,
}

impl<P: Send + 'static> Pages<P> {
    pub(crate) fn of<L: List<Page = P>>(list: L) -> Self {
        Self { state: State::Idle(Box::new(Pager::new(list))), left: None, ahead: 0 }
    }

    /// Stops after this many pages. Like all settings, it must come before the first page.
    pub fn limit(mut self, pages: u64) -> Self {
        self.left = Some(pages);
        self
    }

    /// Asks for pages of this many items. The default is the largest that the service allows, if
    /// that is known; a larger one is cut to it.
    pub fn page_size(self, items: u64) -> Self {
        self.set(|settings| settings.page_size = Some(items))
    }

    /// Begins at the page that a token leads to: of [`Page::next_token`], [`Page::token`] or
    /// [`Error::resume_token`]. All other inputs of the call must be the same as they were.
    pub fn resume(self, token: impl Into<String>) -> Self {
        let token = token.into();
        self.set(|settings| settings.resume = Some(token))
    }

    /// Fetches this many pages ahead, in a task of the current tokio runtime, while the caller is
    /// busy with a page. The default is none.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.ahead = pages;
        self
    }

    /// Takes pages of which the service says that a part of the list is missing;
    /// [`Page::is_incomplete`] tells which. Without this such a page is an error.
    pub fn allow_incomplete(self) -> Self {
        self.set(|settings| settings.allow_incomplete = true)
    }

    pub(super) fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        if let State::Idle(pager) = &mut self.state {
            change(&mut pager.list.settings);
        }
        self
    }

    /// The next page; `None` behind the last one.
    ///
    /// # Errors
    ///
    /// As of every call, and of kind [`Paging`](crate::ErrorKind::Paging) if the list does not end.
    /// An error ends the list; [`Error::resume_token`] says where to go on.
    pub async fn next(&mut self) -> Option<Result<Page<P>, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Page<P>, Error>>> {
        if self.left == Some(0) {
            self.state = State::Ended;
        }
        let page = loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Idle(_) => self.begin(),
                State::Ahead(ahead) => {
                    let page = ready!(ahead.poll_next(context));
                    if !matches!(page, Some(Ok(_))) {
                        self.state = State::Ended;
                    }
                    break page;
                }
                State::Busy(step) => {
                    let (pager, page) = ready!(step.as_mut().poll(context));
                    self.state = match &page {
                        Some(Ok(_)) => State::Idle(pager),
                        _ => State::Ended,
                    };
                    break page;
                }
            }
        };
        self.left = self.left.map(|left| left.saturating_sub(1));
        Poll::Ready(page)
    }

    fn begin(&mut self) {
        let State::Idle(mut pager) = std::mem::replace(&mut self.state, State::Ended) else { return };
        self.state = match tokio::runtime::Handle::try_current() {
            Ok(runtime) if self.ahead > 0 && self.left != Some(1) => {
                State::Ahead(Ahead::start(&runtime, *pager, self.ahead, self.left))
            }
            _ => State::Busy(Box::pin(async move {
                let page = pager.next().await;
                (pager, page)
            })),
        };
    }
}

impl<P> Unpin for Pages<P> {}

impl<P: Send + 'static> Stream for Pages<P> {
    type Item = Result<Page<P>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

debug_fields!(Pages<P> { left, ahead });
