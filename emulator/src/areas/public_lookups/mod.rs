//! What anybody may look up without a credential: users by name or id, and the places of a universe.

pub(crate) mod handlers;
