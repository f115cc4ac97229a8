//! Assets: uploads that finish later, metadata, versions, archiving and delivery.

pub(crate) mod handlers;
pub(crate) mod model;
