//! What a call is filtered and ordered by.

use super::Call;
use super::filtered::Filtered;
use crate::Error;
use crate::filter::{Condition, Expression, Grammar};

impl<T> Call<T> {
    /// Holds the call to what the grammar of its filter asks for, even if it gets no filter.
    pub(crate) fn filtered_by<F: Grammar>(mut self) -> Self {
        self.filtered.refuse = Some(F::refuse);
        self
    }

    /// Sets the filter, in place of an earlier one.
    pub(crate) fn filter<F>(mut self, name: &'static str, filter: Expression<F>) -> Self {
        self.filtered.condition = filter.into_condition();
        let text = match &self.filtered.condition {
            Condition::Text(text) | Condition::Raw(text) => Some(text.clone()),
            _ => None,
        };
        self.query(name, Vec::from_iter(text))
    }

    /// Sets the order, in place of an earlier one.
    pub(crate) fn order_by<F>(mut self, name: &'static str, order: Expression<F>) -> Self {
        let text = match order.into_condition() {
            Condition::Text(text) | Condition::Raw(text) => Some(text),
            Condition::Invalid(reason) => {
                self.fail(Error::invalid_request(reason));
                None
            }
            Condition::Everything | Condition::Nothing => None,
        };
        self.query(name, Vec::from_iter(text))
    }

    /// Whether there is nothing to ask for, since nothing can match the filter.
    ///
    /// # Errors
    ///
    /// If the filter cannot be written, or does not fit the path.
    pub(super) fn matches_nothing(&self) -> Result<bool, Error> {
        let Filtered { condition, refuse } = &self.filtered;
        if let Condition::Invalid(reason) = condition {
            return Err(Error::invalid_request(format!("the filter cannot be sent: {reason}")));
        }
        match refuse.and_then(|refuse| refuse(&self.segments, condition)) {
            Some(reason) => Err(Error::invalid_request(reason)),
            None => Ok(*condition == Condition::Nothing),
        }
    }
}
