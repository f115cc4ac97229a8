//! Lists: pages that follow each other, and their items as a stream.
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let mut items = client.users().list_inventory_items(156).items().limit(500).prefetch(1);
//! while let Some(item) = items.next().await {
//!     println!("{:?}", item?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A list of tokens ends where the service gives no further token (or says that there is no more),
//! never at an empty page: services read in portions, and a portion may hold nothing. A list that is
//! paged by number or offset, and a queue, have no token that could end: they end at an empty page
//! (the former also where their total is reached or the service says that there is no more).
//!
//! A list that does not end is an error of kind [`Paging`](crate::ErrorKind::Paging):
//!
//! - a page that leads to itself, which is not yielded;
//! - a token that comes again later: the round is noticed after it was made, so that some pages may
//!   have come twice;
//! - by number or offset, two pages with items that follow each other and are the same byte for byte,
//!   of which the second is not yielded: the service does not heed the number;
//! - more than a thousand empty pages in a row.
//!
//! A list that goes on with new tokens and new items is no error, however long it is: bound it with `limit`, or stop
//! reading. Each page is bounded in bytes, as any response, and nothing is fetched that is not asked for.
//! [`Items::collect`] holds all items.
//!
//! An error is yielded once and ends the list. Its
//! [`resume_token`](crate::Error::resume_token) says where to go on, so that nothing is lost and
//! nothing comes twice:
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn run(client: opencloud::Client, error: opencloud::Error) {
//! let rest = client.users().list_inventory_items(156).items();
//! let rest = match error.resume_token() {
//!     Some(token) => rest.resume(token),
//!     None => rest, // the first page failed
//! };
//! # }
//! ```
//!
//! Only one page is held in memory, and as many more as are fetched ahead.

mod ahead;
mod entries;
mod items;
mod page;
mod pager;
mod pages;
mod position;

pub use items::Items;
pub use page::Page;
pub use pages::Pages;

pub(crate) use items::list_methods;
pub(crate) use page::Facts;

use crate::call::Call;
use crate::spec::{OperationInfo, PagingInfo, PagingStyle};
use crate::transport::{Exchanged, Origin};
use crate::{Error, Response};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::hash::{DefaultHasher, Hasher};
use std::pin::Pin;

/// A page on its way.
pub(crate) type Fetch<P> = Pin<Box<dyn Future<Output = Result<Fetched<P>, Error>> + Send>>;

/// A page as it came.
pub(crate) struct Fetched<P> {
    response: Response<P>,
    /// The hash of the body, where nothing else tells one page from another.
    body: Option<u64>,
}

impl<P> From<Response<P>> for Fetched<P> {
    fn from(response: Response<P>) -> Self {
        Self { response, body: None }
    }
}

/// Gets a page by one request.
async fn fetch<P: DeserializeOwned + Send + 'static>(call: Call<P>) -> Result<Fetched<P>, Error> {
    let operation = call.operation;
    let (exchanged, page) = call.send_decoding().await?;
    let body = hash(operation, &exchanged);
    Ok(Fetched { response: Response::new(Some(operation), exchanged, page), body })
}

/// The hash of the body, where nothing else tells one page from another.
fn hash(operation: &OperationInfo, exchanged: &Exchanged) -> Option<u64> {
    let is_counted = |info: PagingInfo| matches!(info.style, PagingStyle::PageNumber | PagingStyle::Offset);
    operation.paging.is_some_and(is_counted).then(|| {
        let mut hasher = DefaultHasher::new();
        hasher.write(exchanged.body());
        hasher.finish()
    })
}

/// A call that lists.
pub(crate) trait List: Sized {
    type Page: DeserializeOwned + Send + 'static;
    type Item: Send + 'static;

    fn into_call(self) -> Call<Self::Page>;

    /// Gets a page; by an operation, where the service reads lists so.
    fn fetch(call: Call<Self::Page>) -> Fetch<Self::Page> {
        Box::pin(fetch(call))
    }

    fn items(page: Self::Page) -> Vec<Self::Item>;

    /// An item of a page; where it is an error, that is told the page's response.
    fn traced(item: Self::Item, _page: &Origin) -> Self::Item {
        item
    }

    fn read(page: &Self::Page) -> Facts;
}
