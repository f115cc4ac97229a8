//! Saved assets of the Creator Store. Whoever asks is the same user.

pub(crate) mod handlers;
pub(crate) mod model;
