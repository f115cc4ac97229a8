//! What the service of localized names, icons and thumbnails refuses. The rest of it is made up.

pub(crate) mod handlers;
