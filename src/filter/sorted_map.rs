//! Sorted maps of memory stores.

use super::literal::{Conjunction, Literal, SortKey};
use super::{Expression, Grammar};

/// What the items of a sorted map are filtered by: their ids and their sort keys, between bounds that
/// do not count themselves. The service has no other comparison.
///
/// ```
/// use opencloud::filter::{Expression, SortedMapFilter};
///
/// let filter: Expression<SortedMapFilter> =
///     SortedMapFilter::new().id_after("key-001").id_before("key-100").sort_key_after(5).into();
/// assert_eq!(filter.text(), Some(r#"id > "key-001" && id < "key-100" && sortKey > 5"#));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct SortedMapFilter(Conjunction);

impl SortedMapFilter {
    /// All items, until bounds are added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Items whose id comes after this one.
    pub fn id_after(self, id: impl Into<String>) -> Self {
        Self(self.0.set("id >", id.into().write()))
    }

    /// Items whose id comes before this one.
    pub fn id_before(self, id: impl Into<String>) -> Self {
        Self(self.0.set("id <", id.into().write()))
    }

    /// Items whose sort key, text or a number, is greater than this one.
    pub fn sort_key_after(self, key: impl Into<SortKey>) -> Self {
        Self(self.0.set("sortKey >", key.into().write()))
    }

    /// Items whose sort key, text or a number, is smaller than this one.
    pub fn sort_key_before(self, key: impl Into<SortKey>) -> Self {
        Self(self.0.set("sortKey <", key.into().write()))
    }
}

impl Grammar for SortedMapFilter {}

impl From<SortedMapFilter> for Expression<SortedMapFilter> {
    fn from(filter: SortedMapFilter) -> Self {
        Self::new(filter.0.condition())
    }
}
