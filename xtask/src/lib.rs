//! The repository's own commands, as a library so that tests can call them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod coverage;
pub mod delegate;
pub mod facts;
pub mod surface;
pub mod sync;
pub mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

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

/// The name and text of each file in some folders and below them. What is not text is left out.
pub(crate) fn texts(root: &Path, folders: &[&str]) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut open: Vec<String> = folders.iter().map(ToString::to_string).collect();
    while let Some(name) = open.pop() {
        let path = root.join(&name);
        let problem = |error: std::io::Error| format!("{name}: {error}");
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(problem)? {
                let entry = entry.map_err(problem)?.file_name();
                let entry = entry.to_string_lossy();
                if entry != "target" && !entry.starts_with('.') {
                    open.push(format!("{name}/{entry}"));
                }
            }
        } else if path.is_file()
            && let Ok(text) = String::from_utf8(fs::read(&path).map_err(problem)?)
        {
            found.push((name, text));
        }
    }
    Ok(found)
}
