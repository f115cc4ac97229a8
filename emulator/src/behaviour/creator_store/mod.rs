//! The Creator Store: what is distributed there and for how much, and what somebody has saved.

pub(crate) mod products;
pub(crate) mod saves;
