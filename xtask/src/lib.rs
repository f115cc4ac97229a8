//! The repository's own commands, as a library so that tests can call them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bench;
pub mod chaos;
pub mod contract;
pub mod coverage;
mod delegate;
pub mod facts;
pub mod figures;
pub mod live;
pub mod needs;
pub mod surface;
pub mod sync;
pub mod yaml;

use std::path::PathBuf;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of `spec/open-cloud.json`.
pub(crate) fn read_document_text() -> Result<String, String> {
    let path = root().join("spec/open-cloud.json");
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// `spec/open-cloud.json`.
pub(crate) fn read_document() -> Result<serde_json::Value, String> {
    serde_json::from_str(&read_document_text()?).map_err(|error| format!("spec/open-cloud.json: {error}"))
}
