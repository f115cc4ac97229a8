//! What a filter or order comes to: text to send, or a reason not to.

use std::fmt;
use std::marker::PhantomData;

/// What a call is filtered or ordered by; `F` says by which grammar, so that the filter of one list
/// cannot be given to another.
///
/// Every filter and [`raw`] text becomes one by itself where a call takes it. Naming the type is
/// useful to choose between filters, and to see what would be sent.
///
/// ```
/// use opencloud::filter::{Expression, InventoryFilter};
///
/// let only_limiteds = true;
/// let filter: Expression<InventoryFilter> = match only_limiteds {
///     true => InventoryFilter::types().only_collectibles(true).into(),
///     false => InventoryFilter::ids().badges([2124445684]).into(),
/// };
/// assert_eq!(filter.text(), Some("onlyCollectibles=true;inventoryItemAssetTypes=*"));
/// ```
pub struct Expression<F> {
    condition: Condition,
    grammar: PhantomData<fn() -> F>,
}

/// What becomes of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It is sent without the parameter.
    #[default]
    Everything,
    /// It is not sent, since nothing can match; the response is empty.
    Nothing,
    /// It is sent with this text.
    Text(String),
    /// It is sent with this text, which we do not understand.
    Raw(String),
    /// It is refused for this reason.
    Invalid(String),
}

/// What a filter is checked by besides its own grammar.
pub(crate) trait Grammar {
    /// Why a call with these path parameters cannot have this filter, if so.
    fn refuse(path: &[String], filter: &Condition) -> Option<String> {
        let _ = (path, filter);
        None
    }
}

impl Condition {
    /// Text, or the reason why there is none.
    pub(crate) fn of(written: Result<String, String>) -> Self {
        match written {
            Ok(text) => Self::Text(text),
            Err(reason) => Self::Invalid(reason),
        }
    }
}

impl<F> Expression<F> {
    pub(crate) fn new(condition: Condition) -> Self {
        Self { condition, grammar: PhantomData }
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }

    /// The text that is sent; `None` if nothing is sent or the parameter is left out.
    pub fn text(&self) -> Option<&str> {
        match &self.condition {
            Condition::Text(text) | Condition::Raw(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing can match, as with an empty list of ids. Such a call is not sent, and its
    /// response is empty.
    pub fn matches_nothing(&self) -> bool {
        self.condition == Condition::Nothing
    }

    /// Why a call with it is refused, if it is: a value that the grammar cannot express.
    pub fn problem(&self) -> Option<&str> {
        match &self.condition {
            Condition::Invalid(reason) => Some(reason),
            _ => None,
        }
    }
}

impl<F> Clone for Expression<F> {
    fn clone(&self) -> Self {
        Self::new(self.condition.clone())
    }
}

impl<F> fmt::Debug for Expression<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.condition).finish()
    }
}

/// Text that is sent as it is; made by [`raw`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(String);

/// A filter or order in the service's own grammar, sent as it is (percent-encoded, as every value).
///
/// ```
/// use opencloud::filter::{self, Expression, InventoryFilter};
///
/// let filter: Expression<InventoryFilter> = filter::raw("newField=true").into();
/// assert_eq!(filter.text(), Some("newField=true"));
/// ```
pub fn raw(text: impl Into<String>) -> Raw {
    Raw(text.into())
}

impl<F> From<Raw> for Expression<F> {
    fn from(raw: Raw) -> Self {
        Self::new(Condition::Raw(raw.0))
    }
}

/// Why a filter cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(String);

impl Invalid {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}
