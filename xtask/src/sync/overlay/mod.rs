//! Our overlay over Roblox's facts: OpenAPI Overlay 1.0 actions, one file per area.
//!
//! The vocabulary is described in docs/specification.md.

mod apply;
mod parse;
mod vocabulary;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::error::{Error, Result};
pub use apply::apply;
pub use parse::parse;

/// Where something stands in an overlay file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

impl Place {
    /// Of something that stands in the overlay, but of which no line is known.
    pub fn somewhere() -> Self {
        Self { file: "overlay".to_owned(), line: 0 }
    }
}

/// Where each of our extensions in the document was given, by JSON pointer.
pub type Origins = BTreeMap<String, Place>;

/// One action of an overlay file.
#[derive(Clone, Debug)]
pub struct Action {
    pub place: Place,
    pub target: String,
    path: JsonPath,
    change: Change,
    /// A correction changes what the document says about the wire; curation only adds names and sentences.
    is_correction: bool,
    /// Lines of the parts of the update, by JSON pointer into it.
    lines: BTreeMap<String, usize>,
}

#[derive(Clone, Debug)]
enum Change {
    Update(Value),
    Remove,
}

impl Action {
    /// The update, unless the action removes its target.
    pub fn update(&self) -> Option<&Value> {
        match &self.change {
            Change::Update(update) => Some(update),
            Change::Remove => None,
        }
    }

    /// Whether its targets are operations that are wanted although they take no credential of Open Cloud.
    pub fn wants_public(&self) -> bool {
        self.update().is_some_and(|update| update["x-opencloud"]["public"] == true)
    }

    /// What the target selects of a document.
    pub fn nodes<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        self.path.query(document).all()
    }
}

/// Reads all overlay files of a folder: `document.yaml` and `shared.yaml` first, then by name.
/// `shown_as` is the folder's name in messages.
pub fn load(folder: &Path, shown_as: &str) -> Result<Vec<Action>> {
    let unreadable = |error: std::io::Error| Error::new(shown_as, error.to_string());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if let Some(name) = name.to_str().filter(|name| name.ends_with(".yaml")) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| (name != "document.yaml", name != "shared.yaml", name.clone()));
    let mut actions = Vec::new();
    for name in names {
        let file = format!("{shown_as}/{name}");
        let bytes =
            std::fs::read(folder.join(&name)).map_err(|error| Error::new(&file, error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            Error::new(format!("{file}:{line}"), "not UTF-8")
        })?;
        actions.extend(parse(&file, &text)?);
    }
    Ok(actions)
}
