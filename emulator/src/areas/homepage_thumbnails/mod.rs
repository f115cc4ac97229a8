//! Thumbnails of a universe for Roblox's home page: uploads that finish later, and personalizations that use them.

pub(crate) mod handlers;
pub(crate) mod model;
