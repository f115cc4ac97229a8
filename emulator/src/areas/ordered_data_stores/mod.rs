//! Ordered data stores: whole numbers that are listed by value. Both APIs are over one state.

pub(crate) mod handlers;
pub(crate) mod model;
