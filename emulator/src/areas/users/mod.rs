//! Users: profiles, thumbnails, inventories, quotas and notifications.

pub(crate) mod handlers;
pub(crate) mod model;
