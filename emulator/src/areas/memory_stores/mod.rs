//! Memory stores: queues and sorted maps, whose items expire.

pub(crate) mod handlers;
pub(crate) mod model;
mod representation;
