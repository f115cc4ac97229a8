//! Products of the Creator Store: one for each asset that was ever distributed.

pub(crate) mod handlers;
pub(crate) mod model;
