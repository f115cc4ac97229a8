//! Orders of lists.

use super::{Condition, Expression, literal};

/// Makes an order with a direction and nothing else to choose.
macro_rules! order {
    ($(#[$doc:meta])* $name:ident { ascending: $ascending:expr, descending: $descending:literal }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[must_use = "an order does nothing until a call takes it"]
        pub struct $name {
            is_descending: bool,
        }

        impl $name {
            /// The smallest first, which is also the order without any.
            pub fn ascending() -> Self {
                Self { is_descending: false }
            }

            /// The greatest first.
            pub fn descending() -> Self {
                Self { is_descending: true }
            }
        }

        impl From<$name> for Expression<$name> {
            fn from(order: $name) -> Self {
                let ascending: Option<&str> = $ascending;
                Self::new(match if order.is_descending { Some($descending) } else { ascending } {
                    Some(text) => Condition::Text(text.to_owned()),
                    None => Condition::Everything,
                })
            }
        }
    };
}

order! {
    /// The order of the items of a sorted map: by id.
    ///
    /// ```
    /// use opencloud::filter::{Expression, SortedMapOrder};
    ///
    /// assert_eq!(Expression::from(SortedMapOrder::descending()).text(), Some("id desc"));
    /// ```
    SortedMapOrder { ascending: Some("id"), descending: "id desc" }
}

order! {
    /// The order of the entries of an ordered data store: by value.
    ///
    /// ```
    /// use opencloud::filter::{Expression, OrderedEntryOrder};
    ///
    /// assert_eq!(Expression::from(OrderedEntryOrder::descending()).text(), Some("value desc"));
    /// ```
    OrderedEntryOrder { ascending: Some("value"), descending: "value desc" }
}

order! {
    /// The order of the entries of an ordered data store in the first version of the API: by value.
    /// Ascending has no word there, so that the parameter is left out.
    ///
    /// ```
    /// use opencloud::filter::{Expression, OrderedValueOrder};
    ///
    /// assert_eq!(Expression::from(OrderedValueOrder::descending()).text(), Some("desc"));
    /// assert_eq!(Expression::from(OrderedValueOrder::ascending()).text(), None);
    /// ```
    OrderedValueOrder { ascending: None, descending: "desc" }
}

/// The order of game servers and of their logs: by one field, the smallest first unless turned
/// around.
///
/// ```
/// use opencloud::filter::{Expression, ServerOrder};
///
/// assert_eq!(Expression::from(ServerOrder::by("uptime").descending()).text(), Some("uptime desc"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an order does nothing until a call takes it"]
pub struct ServerOrder {
    field: String,
    is_descending: bool,
}

impl ServerOrder {
    /// By this field, by its name in the responses. The service orders by one field at a time.
    pub fn by(field: impl Into<String>) -> Self {
        Self { field: field.into(), is_descending: false }
    }

    /// The greatest first.
    pub fn descending(mut self) -> Self {
        self.is_descending = true;
        self
    }
}

impl From<ServerOrder> for Expression<ServerOrder> {
    fn from(order: ServerOrder) -> Self {
        let direction = if order.is_descending { " desc" } else { "" };
        Self::new(Condition::of(literal::field(&order.field).map(|field| field + direction)))
    }
}
