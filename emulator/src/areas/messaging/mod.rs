//! Messages to live servers: they are kept, so that a test can read them back.

pub(crate) mod handlers;
pub(crate) mod model;
