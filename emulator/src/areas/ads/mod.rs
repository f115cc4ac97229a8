//! Advertising: campaigns, which are reviewed before they serve, and what they are paid from.

pub(crate) mod handlers;
pub(crate) mod model;
