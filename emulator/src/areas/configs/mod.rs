//! Configuration of universes: drafts that are guarded by a hash, publishing, and the history.

pub(crate) mod handlers;
pub(crate) mod model;
mod repository;
