//! Data stores: ids, revisions, and the values of ordered stores.

use super::literal::{self, Conjunction};
use super::{Condition, Expression, Grammar};
use jiff::Timestamp;

/// What data stores, and the entries of a data store, are filtered by: how their ids begin.
///
/// Entries that are listed over all scopes have ids of the form `scope/key`.
///
/// ```
/// use opencloud::filter::{Expression, IdFilter};
///
/// let filter: Expression<IdFilter> = IdFilter::starts_with("foo").into();
/// assert_eq!(filter.text(), Some(r#"id.startsWith("foo")"#));
/// ```
///
/// Source: <https://create.roblox.com/docs/cloud/guides/data-stores/request-handling#filters>
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct IdFilter {
    prefix: String,
}

impl IdFilter {
    /// Ids that begin with this text; an empty one is not a filter.
    pub fn starts_with(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }
}

impl Grammar for IdFilter {}

impl From<IdFilter> for Expression<IdFilter> {
    fn from(filter: IdFilter) -> Self {
        Self::new(match filter.prefix.as_str() {
            "" => Condition::Everything,
            prefix => Condition::Text(format!("id.startsWith({})", literal::quoted(prefix))),
        })
    }
}

/// What the revisions of an entry are filtered by: when they were made, both bounds included.
///
/// ```
/// use opencloud::filter::{Expression, RevisionFilter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let filter: Expression<RevisionFilter> =
///     RevisionFilter::new().since("2026-01-01T00:00:00Z".parse()?).until("2026-02-01T00:00:00Z".parse()?).into();
/// assert_eq!(
///     filter.text(),
///     Some("revision_create_time >= 2026-01-01T00:00:00Z && revision_create_time <= 2026-02-01T00:00:00Z")
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct RevisionFilter(Conjunction);

impl RevisionFilter {
    /// All revisions, until bounds are added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Revisions that were made at this time or later.
    pub fn since(self, time: Timestamp) -> Self {
        Self(self.0.set("revision_create_time >=", literal::time(time)))
    }

    /// Revisions that were made at this time or earlier.
    pub fn until(self, time: Timestamp) -> Self {
        Self(self.0.set("revision_create_time <=", literal::time(time)))
    }
}

impl Grammar for RevisionFilter {}

impl From<RevisionFilter> for Expression<RevisionFilter> {
    fn from(filter: RevisionFilter) -> Self {
        Self::new(filter.0.condition())
    }
}

/// What the entries of an ordered data store are filtered by: their values, both bounds included.
///
/// ```
/// use opencloud::filter::{Expression, OrderedEntryFilter};
///
/// let filter: Expression<OrderedEntryFilter> = OrderedEntryFilter::new().at_least(10).at_most(30).into();
/// assert_eq!(filter.text(), Some("entry >= 10 && entry <= 30"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct OrderedEntryFilter(Conjunction);

impl OrderedEntryFilter {
    /// All entries, until bounds are added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries with this value or a greater one.
    pub fn at_least(self, value: i64) -> Self {
        Self(self.0.set("entry >=", Ok(value.to_string())))
    }

    /// Entries with this value or a smaller one.
    pub fn at_most(self, value: i64) -> Self {
        Self(self.0.set("entry <=", Ok(value.to_string())))
    }
}

impl Grammar for OrderedEntryFilter {}

impl From<OrderedEntryFilter> for Expression<OrderedEntryFilter> {
    fn from(filter: OrderedEntryFilter) -> Self {
        Self::new(filter.0.condition())
    }
}
