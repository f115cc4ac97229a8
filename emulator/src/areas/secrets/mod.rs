//! Secrets of a universe. They come sealed for its public key, and never go out again.

pub(crate) mod handlers;
pub(crate) mod model;
