//! Forums: categories, posts and comments.

use super::literal;
use super::{Condition, Expression, Grammar};
use crate::ids::Id;

/// What the categories of a forum are filtered by: whether they are archived.
///
/// ```
/// use opencloud::filter::{Expression, ForumCategoryFilter};
///
/// let filter: Expression<ForumCategoryFilter> = ForumCategoryFilter::archived(true).into();
/// assert_eq!(filter.text(), Some("archived==true"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct ForumCategoryFilter {
    archived: bool,
}

impl ForumCategoryFilter {
    /// Archived categories, or those that are not, which are also what is listed without a filter.
    pub fn archived(archived: bool) -> Self {
        Self { archived }
    }
}

impl Grammar for ForumCategoryFilter {}

impl From<ForumCategoryFilter> for Expression<ForumCategoryFilter> {
    fn from(filter: ForumCategoryFilter) -> Self {
        Self::new(Condition::Text(format!("archived=={}", filter.archived)))
    }
}

/// What the posts of a forum category are filtered by: that they are pinned. The opposite cannot be
/// asked for.
///
/// ```
/// use opencloud::filter::{Expression, ForumPostFilter};
///
/// let filter: Expression<ForumPostFilter> = ForumPostFilter::pinned().into();
/// assert_eq!(filter.text(), Some("pinned==true"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct ForumPostFilter(());

impl ForumPostFilter {
    /// Pinned posts.
    pub fn pinned() -> Self {
        Self(())
    }
}

impl Grammar for ForumPostFilter {}

impl From<ForumPostFilter> for Expression<ForumPostFilter> {
    fn from(_: ForumPostFilter) -> Self {
        Self::new(Condition::Text("pinned==true".to_owned()))
    }
}

/// What the comments on a forum post are filtered by: the comment that they are about.
///
/// ```
/// use opencloud::filter::{Expression, ForumCommentFilter};
///
/// let filter: Expression<ForumCommentFilter> =
///     ForumCommentFilter::replies_to("01234567-89ab-cdef-0123-456789abcdef").into();
/// assert_eq!(filter.text(), Some("repliesToCommentId==01234567-89ab-cdef-0123-456789abcdef"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct ForumCommentFilter(Condition);

impl ForumCommentFilter {
    /// Comments on this comment. The id stands without quotation marks, so that one with other than
    /// letters, digits and `-` is refused.
    pub fn replies_to(comment: impl Into<Id>) -> Self {
        let id = literal::word("a comment id", comment.into().as_str(), &['-']);
        Self(Condition::of(id.map(|id| format!("repliesToCommentId=={id}"))))
    }

    /// Comments on the post itself, as without a filter.
    pub fn top_level() -> Self {
        Self(Condition::Everything)
    }
}

impl Grammar for ForumCommentFilter {}

impl From<ForumCommentFilter> for Expression<ForumCommentFilter> {
    fn from(filter: ForumCommentFilter) -> Self {
        Self::new(filter.0)
    }
}
