//! Universes that users follow.

pub(crate) mod handlers;
pub(crate) mod model;
