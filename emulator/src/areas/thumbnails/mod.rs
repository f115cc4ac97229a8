//! Pictures in three dimensions: rendered when they are first asked for (TH-01).

pub(crate) mod handlers;
pub(crate) mod model;
