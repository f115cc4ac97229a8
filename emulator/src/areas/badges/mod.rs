//! Badges: created with a form, changed with JSON. Nothing of the API reads them back.

pub(crate) mod handlers;
pub(crate) mod model;
