//! Sample values.
