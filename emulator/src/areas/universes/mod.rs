//! Universes and places: settings, publishing and the history of versions.

pub(crate) mod handlers;
pub(crate) mod history;
pub(crate) mod model;
mod publishing;
