//! From the model to Rust.

pub mod api;
pub mod calls;
pub mod docs;
pub mod ids;
pub mod methods;
pub mod operations;
pub mod raw;
pub mod surface;
mod writer;

pub use writer::{Writer, doc_lines, literal};

/// The first line of every generated file.
pub(crate) const HEADER: &str = "// Generated from spec/open-cloud.json; do not edit.\n";
