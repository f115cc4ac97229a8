//! Standard data stores: one state, which `v2` and `v1` put on the wire.

pub(crate) mod buffer;
pub(crate) mod model;
mod representation;
pub(crate) mod v1;
pub(crate) mod v2;
