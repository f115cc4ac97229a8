//! Experiments. Each change is an operation of its own dialect and takes effect when the operation is done.

mod experiment;
pub(crate) mod handlers;
pub(crate) mod model;
pub(crate) mod numbers;
