use crate::Response;
use serde_json::Value;
use std::ops::Deref;

/// What a page says of the list.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// How many items the page has.
    pub(crate) count: usize,
    /// The token of the next page.
    pub(crate) next: Option<String>,
    /// How many items the list has.
    pub(crate) total: Option<i64>,
    /// Whether more pages follow.
    pub(crate) more: Option<bool>,
    /// The property by which the service says that the list is not whole.
    pub(crate) incomplete: Option<&'static str>,
    /// The items, where each has a token of its own.
    pub(crate) entries: Option<Value>,
    /// What is wrong with an item, where that cannot be told item by item.
    pub(crate) flaw: Option<&'static str>,
}

/// One page of a list: the response of the service, and its place in the list.
#[derive(Clone, Debug)]
pub struct Page<P> {
    pub(super) response: Response<P>,
    pub(super) token: Option<String>,
    pub(super) next: Option<String>,
    pub(super) total: Option<u64>,
    pub(super) is_incomplete: bool,
}

impl<P> Page<P> {
    /// The token that leads to this page; `None` for the first.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The token that leads to the next page; `None` if this is the last.
    ///
    /// For a list that is paged by number or offset, this is the number or offset as text.
    pub fn next_token(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// The number of items in the whole list, if the service says it.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether the service says that a part of the list is missing here; only where
    /// [`allow_incomplete`](super::Pages::allow_incomplete) lets such a page through.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// The response, with status and headers.
    pub fn into_response(self) -> Response<P> {
        self.response
    }

    /// What the response says.
    pub fn into_inner(self) -> P {
        self.response.into_inner()
    }
}

impl<P> Deref for Page<P> {
    type Target = Response<P>;

    fn deref(&self) -> &Response<P> {
        &self.response
    }
}
