//! Game servers and their logs: comparisons of fields.

use super::literal::{self, Literal, Number, Scalar, Written};
use super::{Condition, Expression, Grammar};
use std::fmt;
use std::marker::PhantomData;

/// Comparisons that must all hold; one of them may be such that nothing can match.
#[derive(Clone, Debug, PartialEq)]
struct Comparisons {
    written: Vec<Written>,
    matches_nothing: bool,
}

impl Comparisons {
    fn and(mut self, other: Self) -> Self {
        self.written.extend(other.written);
        self.matches_nothing |= other.matches_nothing;
        self
    }

    fn condition(self) -> Condition {
        let written: Result<Vec<String>, String> = self.written.into_iter().collect();
        match written {
            Ok(_) if self.matches_nothing => Condition::Nothing,
            written => Condition::of(written.map(|written| written.join(" && "))),
        }
    }
}

/// A field to compare: `F` is the filter that it makes, `V` the values that the field has.
pub struct Field<F, V> {
    name: Written,
    kind: PhantomData<fn(V) -> F>,
}

impl<F, V> Field<F, V> {
    fn new(name: &str) -> Self {
        Self { name: literal::field(name), kind: PhantomData }
    }
}

impl<F, V> Clone for Field<F, V> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), kind: PhantomData }
    }
}

impl<F, V> fmt::Debug for Field<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.name).finish()
    }
}

/// Values that have an order; true and false have none.
trait Ordered {}
impl Ordered for Number {}
impl Ordered for String {}
impl Ordered for Scalar {}

/// A filter that is made of comparisons.
trait Compared {
    fn of(comparisons: Comparisons) -> Self;
}

#[expect(private_bounds, reason = "the kinds of fields and filters are ours")]
impl<F: Compared, V: Literal> Field<F, V> {
    /// The field has this value (`==`).
    pub fn equals(self, value: impl Into<V>) -> F {
        self.compare("==", &value.into())
    }

    /// The field has one of these values (`in`). An empty list matches nothing, without a request.
    pub fn is_in(self, values: impl IntoIterator<Item = impl Into<V>>) -> F {
        let values: Result<Vec<String>, String> =
            values.into_iter().map(|value| value.into().write()).collect();
        let matches_nothing = values.as_ref().is_ok_and(Vec::is_empty);
        let written =
            self.name.and_then(|name| values.map(|values| format!("{name} in [{}]", values.join(", "))));
        F::of(Comparisons { written: vec![written], matches_nothing })
    }

    fn compare(self, operator: &str, value: &V) -> F {
        let written = self.name.and_then(|name| Ok(format!("{name} {operator} {}", value.write()?)));
        F::of(Comparisons { written: vec![written], matches_nothing: false })
    }
}

#[expect(private_bounds, reason = "the kinds of fields and filters are ours")]
impl<F: Compared, V: Literal + Ordered> Field<F, V> {
    /// The field is less than this (`<`).
    pub fn less_than(self, value: impl Into<V>) -> F {
        self.compare("<", &value.into())
    }

    /// The field is this or less (`<=`).
    pub fn at_most(self, value: impl Into<V>) -> F {
        self.compare("<=", &value.into())
    }

    /// The field is greater than this (`>`).
    pub fn greater_than(self, value: impl Into<V>) -> F {
        self.compare(">", &value.into())
    }

    /// The field is this or greater (`>=`).
    pub fn at_least(self, value: impl Into<V>) -> F {
        self.compare(">=", &value.into())
    }
}

/// Makes a filter and the fields that it knows.
macro_rules! compared {
    ($(#[$doc:meta])* $name:ident { $($method:ident = $field:literal: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[must_use = "a filter does nothing until a call takes it"]
        pub struct $name(Comparisons);

        impl $name {
            $(
                #[doc = concat!("Compares `", $field, "`.")]
                pub fn $method() -> Field<Self, $kind> {
                    Field::new($field)
                }
            )*

            /// Compares any field, by its name in the responses: for those that have no method of their
            /// own, because Roblox does not say how their values are written, or has added them.
            pub fn field(name: impl AsRef<str>) -> Field<Self, Scalar> {
                Field::new(name.as_ref())
            }

            /// What matches this filter and another (`&&`).
            pub fn and(self, other: Self) -> Self {
                Self(self.0.and(other.0))
            }
        }

        impl Compared for $name {
            fn of(comparisons: Comparisons) -> Self {
                Self(comparisons)
            }
        }

        impl Grammar for $name {}

        impl From<$name> for Expression<$name> {
            fn from(filter: $name) -> Self {
                Self::new(filter.0.condition())
            }
        }
    };
}

compared! {
    /// What game servers are filtered by: comparisons of their fields.
    ///
    /// ```
    /// use opencloud::filter::{Expression, ServerFilter};
    ///
    /// let filter: Expression<ServerFilter> = ServerFilter::occupancy()
    ///     .at_least(10)
    ///     .and(ServerFilter::full().equals(false))
    ///     .and(ServerFilter::engine_version().is_in(["0.650.0.6500613", "0.651.0.6510613"]))
    ///     .into();
    /// assert_eq!(
    ///     filter.text(),
    ///     Some(r#"occupancy >= 10 && full == false && engineVersion in ["0.650.0.6500613", "0.651.0.6510613"]"#)
    /// );
    /// ```
    ServerFilter {
        engine_version = "engineVersion": Scalar,
        frame_rate = "frameRate": Number,
        full = "full": bool,
        job_id = "jobId": String,
        max_occupancy = "maxOccupancy": Number,
        memory_usage_bytes = "memoryUsageBytes": Number,
        occupancy = "occupancy": Number,
        place_version = "placeVersion": Scalar,
        shut_down = "shutDown": bool,
        status = "status": String,
        server_type = "type": String,
    }
}

compared! {
    /// What the log of a game server is filtered by: comparisons of the fields of its messages.
    ///
    /// ```
    /// use opencloud::filter::{Expression, ServerLogFilter};
    ///
    /// let filter: Expression<ServerLogFilter> =
    ///     ServerLogFilter::severity().equals("Error").and(ServerLogFilter::skipped_count().equals(0)).into();
    /// assert_eq!(filter.text(), Some(r#"severity == "Error" && skippedCount == 0"#));
    /// ```
    ServerLogFilter {
        context = "context": String,
        job_id = "jobId": String,
        message = "message": String,
        message_template = "messageTemplate": String,
        place_version = "placeVersion": Scalar,
        rate_limited_count = "rateLimitedCount": Number,
        severity = "severity": String,
        skipped_count = "skippedCount": Number,
        stack_trace = "stackTrace": String,
    }
}
