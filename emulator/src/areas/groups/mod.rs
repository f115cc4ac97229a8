//! Groups: roles, memberships and join requests. Every group exists, with the same roles and members at first.

pub(crate) mod handlers;
pub(crate) mod model;
