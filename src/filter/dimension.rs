//! Dimensions of analytics queries, whose filters are JSON objects.

use super::Invalid;
use serde::de::DeserializeOwned;
use serde::ser::{Error, SerializeStruct};
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// What an analytics query is filtered by: the values of one dimension. The names of dimensions are
/// case-sensitive, and which there are depends on the metric.
///
/// It is part of a JSON body: [`build`](Self::build) makes the body's own type of it.
///
/// ```
/// use opencloud::filter::DimensionFilter;
///
/// # fn main() -> Result<(), opencloud::filter::Invalid> {
/// let filter: serde_json::Value = DimensionFilter::is_in("Platform", ["Mobile", "Console"]).build()?;
/// assert_eq!(
///     filter,
///     serde_json::json!({"dimension": "Platform", "values": ["Mobile", "Console"], "operation": "In"})
/// );
/// # Ok(())
/// # }
/// ```
///
/// Source: <https://create.roblox.com/docs/cloud/guides/analytics>
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a filter does nothing until a query takes it"]
pub struct DimensionFilter {
    dimension: String,
    values: Vec<String>,
    operation: &'static str,
}

impl DimensionFilter {
    /// The dimension has one of these values. An empty list is refused by [`build`](Self::build).
    pub fn is_in(dimension: impl Into<String>, values: impl IntoIterator<Item = impl Display>) -> Self {
        Self::of(dimension.into(), "In", values)
    }

    /// The dimension has none of these values. An empty list is refused by [`build`](Self::build).
    pub fn not_in(dimension: impl Into<String>, values: impl IntoIterator<Item = impl Display>) -> Self {
        Self::of(dimension.into(), "NotIn", values)
    }

    /// The dimension is greater than this.
    pub fn greater_than(dimension: impl Into<String>, value: impl Display) -> Self {
        Self::of(dimension.into(), "GreaterThan", [value])
    }

    /// The dimension is this or greater.
    pub fn at_least(dimension: impl Into<String>, value: impl Display) -> Self {
        Self::of(dimension.into(), "GreaterThanOrEqual", [value])
    }

    /// The dimension is less than this.
    pub fn less_than(dimension: impl Into<String>, value: impl Display) -> Self {
        Self::of(dimension.into(), "LessThan", [value])
    }

    /// The dimension is this or less.
    pub fn at_most(dimension: impl Into<String>, value: impl Display) -> Self {
        Self::of(dimension.into(), "LessThanOrEqual", [value])
    }

    /// The dimension matches this pattern.
    pub fn matches(dimension: impl Into<String>, pattern: impl Display) -> Self {
        Self::of(dimension.into(), "Match", [pattern])
    }

    fn of(
        dimension: String,
        operation: &'static str,
        values: impl IntoIterator<Item = impl Display>,
    ) -> Self {
        Self { dimension, values: values.into_iter().map(|value| value.to_string()).collect(), operation }
    }

    /// The filter as the type that a query's body has for it, or as JSON.
    ///
    /// # Errors
    ///
    /// If no dimension is named or a list of values is empty, which would not say whether nothing or
    /// everything is meant; and if `T` is not such a type.
    pub fn build<T: DeserializeOwned>(self) -> Result<T, Invalid> {
        serde_json::to_value(&self)
            .and_then(serde_json::from_value)
            .map_err(|error| Invalid::new(error.to_string()))
    }
}

impl Serialize for DimensionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.dimension.is_empty() {
            return Err(S::Error::custom("the filter names no dimension"));
        }
        if self.values.is_empty() {
            return Err(S::Error::custom(format!(
                "the filter of `{}` has no values; leave it out, or do not ask",
                self.dimension
            )));
        }
        let mut object = serializer.serialize_struct("DimensionFilter", 3)?;
        object.serialize_field("dimension", &self.dimension)?;
        object.serialize_field("values", &self.values)?;
        object.serialize_field("operation", self.operation)?;
        object.end()
    }
}
