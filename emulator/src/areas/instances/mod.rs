//! Instances of a place: a small tree that is read and changed by operations.

pub(crate) mod handlers;
pub(crate) mod model;
