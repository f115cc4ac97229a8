use super::pager::Settings;
use super::{List, Pages};
use crate::Error;
use crate::transport::Origin;
use crate::wire::debug_fields;
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The items of a list, as a [`Stream`] that also has [`next`](Items::next).
///
/// Dropping a `next()` before it is done loses nothing: the request goes on with the next one.
#[must_use = "a list is read when it is polled"]
pub struct Items<T> {
    pages: Box<dyn ItemSource<T>>,
    ready: std::vec::IntoIter<T>,
    token: Option<String>,
    left: Option<u64>,
    is_over: bool,
}

/// The items of a page, and the token that led to it.
type Batch<T> = (Option<String>, Vec<T>);

/// Pages of which only the items are known.
trait ItemSource<T>: Send {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Batch<T>, Error>>>;
    fn set(&mut self, change: &mut dyn FnMut(&mut Settings));
    fn prefetch(&mut self, pages: usize);
}

struct MappedPages<P, T> {
    /// Always there, but for the moment in which a setting is made.
    pages: Option<Pages<P>>,
    items: fn(P) -> Vec<T>,
    traced: fn(T, &Origin) -> T,
}

impl<P: Send + 'static, T> MappedPages<P, T> {
    fn change(&mut self, change: impl FnOnce(Pages<P>) -> Pages<P>) {
        self.pages = self.pages.take().map(change);
    }
}

impl<P: Send + 'static, T> ItemSource<T> for MappedPages<P, T> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Batch<T>, Error>>> {
        let Some(pages) = &mut self.pages else { return Poll::Ready(None) };
        pages.poll(context).map(|page| {
            page.map(|page| {
                page.map(|page| {
                    let token = page.token().map(str::to_owned);
                    let (page, origin) = page.into_response().into_parts();
                    let items = (self.items)(page).into_iter();
                    (token, items.map(|item| (self.traced)(item, &origin)).collect())
                })
            })
        })
    }

    fn set(&mut self, change: &mut dyn FnMut(&mut Settings)) {
        self.change(|pages| pages.set(change));
    }

    fn prefetch(&mut self, count: usize) {
        self.change(|pages| pages.prefetch(count));
    }
}

impl<T: 'static> Items<T> {
    pub(crate) fn of<L: List<Item = T>>(list: L) -> Self {
        Self {
            pages: Box::new(MappedPages { pages: Some(Pages::of(list)), items: L::items, traced: L::traced }),
            ready: Vec::new().into_iter(),
            token: None,
            left: None,
            is_over: false,
        }
    }

    /// Stops after this many items, and asks for no larger pages than that needs. Like all settings,
    /// it must come before the first item.
    pub fn limit(mut self, items: u64) -> Self {
        self.left = Some(items);
        self.set(|settings| settings.items = Some(items))
    }

    /// Asks for pages of this many items. The default is the largest that the service allows, if
    /// that is known; a larger one is cut to it.
    pub fn page_size(self, items: u64) -> Self {
        self.set(|settings| settings.page_size = Some(items))
    }

    /// Begins at the page that a token leads to: of [`Error::resume_token`],
    /// [`Items::resume_token`] or [`Page::next_token`](super::Page::next_token). All other inputs of
    /// the call must be the same as they were.
    pub fn resume(self, token: impl Into<String>) -> Self {
        let token = token.into();
        self.set(|settings| settings.resume = Some(token.clone()))
    }

    /// Fetches this many pages ahead, in a task of the current tokio runtime, while the caller is
    /// busy with items. The default is none.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages.prefetch(pages);
        self
    }

    /// Takes pages of which the service says that a part of the list is missing. Without this such a
    /// page is an error; [`Pages`] tell which ones they are.
    pub fn allow_incomplete(self) -> Self {
        self.set(|settings| settings.allow_incomplete = true)
    }

    fn set(mut self, mut change: impl FnMut(&mut Settings)) -> Self {
        self.pages.set(&mut change);
        self
    }

    /// The next item; `None` behind the last one.
    ///
    /// # Errors
    ///
    /// As of every call, and of kind [`Paging`](crate::ErrorKind::Paging) if the list does not end.
    /// An error ends the list; [`Error::resume_token`] says where to go on.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// All items.
    ///
    /// # Errors
    ///
    /// As [`Items::next`]; the items before the error are dropped, so that a part is never taken for
    /// the whole.
    pub async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// The token of the page that the last item came from; `None` on the first page. Beginning there
    /// loses nothing, but that page's items come again.
    pub fn resume_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if self.is_over || self.left == Some(0) {
                return Poll::Ready(None);
            }
            if let Some(item) = self.ready.next() {
                self.left = self.left.map(|left| left - 1);
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll(context)) {
                Some(Ok((token, items))) => {
                    self.token = token;
                    self.ready = items.into_iter();
                }
                end => {
                    self.is_over = true;
                    return Poll::Ready(end.and_then(Result::err).map(Err));
                }
            }
        }
    }
}

impl<T> Unpin for Items<T> {}

impl<T: 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.left.and_then(|left| usize::try_from(left).ok()))
    }
}

debug_fields!(Items<T> { left });

/// The methods of a call that lists.
macro_rules! list_methods {
    ($name:ident, $page:ty, $item:ty) => {
        impl $name {
            /// The items of all pages, as a stream that fetches page after page.
            pub fn items(self) -> crate::paging::Items<$item> {
                crate::paging::Items::of(self)
            }

            /// The pages, each with its token, status and headers.
            pub fn pages(self) -> crate::paging::Pages<$page> {
                crate::paging::Pages::of(self)
            }
        }
    };
}
pub(crate) use list_methods;
