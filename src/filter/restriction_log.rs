//! Logs of user restrictions.

use super::literal::{self, Conjunction};
use super::{Expression, Grammar};
use crate::ids::{PlaceId, UserId};

/// What the log of user restrictions is filtered by: the user and the place, one or both.
///
/// ```
/// use opencloud::filter::{Expression, RestrictionLogFilter};
///
/// let filter: Expression<RestrictionLogFilter> = RestrictionLogFilter::new().user(123).place(456).into();
/// assert_eq!(filter.text(), Some("user == 'users/123' && place == 'places/456'"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct RestrictionLogFilter(Conjunction);

impl RestrictionLogFilter {
    /// The whole log, until a user or place is added.
    pub fn new() -> Self {
        Self::default()
    }

    /// What concerns this user.
    pub fn user(self, user: impl Into<UserId>) -> Self {
        Self(self.0.set("user ==", literal::resource("users", "a user id", user.into().as_str())))
    }

    /// What concerns this place.
    pub fn place(self, place: impl Into<PlaceId>) -> Self {
        Self(self.0.set("place ==", literal::resource("places", "a place id", place.into().as_str())))
    }
}

impl Grammar for RestrictionLogFilter {}

impl From<RestrictionLogFilter> for Expression<RestrictionLogFilter> {
    fn from(filter: RestrictionLogFilter) -> Self {
        Self::new(filter.0.condition())
    }
}
