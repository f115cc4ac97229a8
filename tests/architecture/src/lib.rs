//! Reads the code of the workspace and says how it hangs together.
//!
//! [`Graph::read`] parses a crate and finds which file imports which. A re-export is followed to the
//! file that defines the item, and is no import of the file it stands in: a parent that re-exports its
//! child does not depend on it. [`Graph::cycles`] lists the files that import each other, and
//! [`Floors`] checks the imports against a table of layers. [`lines::count`] counts lines of code.
//! [`figures`] is what `cargo xtask figures` prints.
//!
//! What the reading cannot see: methods (their types are imported all the same), items that macros
//! define (they count as defined in the module that is named), and names in string attributes.

pub mod figures;
mod floors;
mod graph;
pub mod lines;
mod modules;
mod resolve;
mod visit;

use std::fs;
use std::path::{Path, PathBuf};

pub use floors::{Floor, Floors, Group};
pub use graph::{Graph, Import};
pub use modules::Generated;

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What `build.rs` generates for all areas, by the module of the library that includes it.
///
/// # Errors
///
/// The document cannot be read, or nothing can be generated of it.
pub fn generated(workspace: &Path) -> Result<Generated, String> {
    let path = workspace.join("spec/open-cloud.json");
    let document = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let code = opencloud_codegen::generate(&document, None).map_err(|error| error.to_string())?;
    Ok(Generated::from([
        ("raw.rs".to_owned(), code.raw),
        ("api.rs".to_owned(), code.api),
        ("ids.rs".to_owned(), code.ids),
        ("operations.rs".to_owned(), code.operations),
        ("scopes.rs".to_owned(), code.scopes),
    ]))
}
