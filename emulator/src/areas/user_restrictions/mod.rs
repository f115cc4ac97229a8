//! Bans, of universes and of places, and their log.

pub(crate) mod handlers;
pub(crate) mod model;
