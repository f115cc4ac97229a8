//! Events of an experience: planned, changed field by field, listed in both directions.

pub(crate) mod handlers;
pub(crate) mod model;
