//! Localization tables: entries with their translations, and how each translation came to be.

pub(crate) mod handlers;
pub(crate) mod model;
