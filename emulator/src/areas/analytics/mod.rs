//! Analytics: queries that take a while (202) until they are done (200), and are done at once when asked again.

pub(crate) mod handlers;
pub(crate) mod model;
