//! Permissions to use assets. They can be granted but not read: what the response says is whether each asset is there.

pub(crate) mod handlers;
