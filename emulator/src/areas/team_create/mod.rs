//! What the development services know of a universe: whether it is open to players, and whether teams build it.

pub(crate) mod handlers;
pub(crate) mod model;
