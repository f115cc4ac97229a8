//! Turns `spec/open-cloud.json` into the Rust code of the `opencloud` crate.
//!
//! ```text
//! document -> Document::select(areas) -> passes -> Model -> emit::{raw, api, ids, operations, surface}
//! ```
//!
//! The crate is an ordinary library: `build.rs` of `opencloud` calls [`generate`], and `cargo xtask`
//! and the contract tests use the same [`Model`], so that there is one reading of the document.
//!
//! Nothing here knows an operation, a type or an area by name. Whatever the document holds is
//! generated; what it gets wrong is corrected in `spec/overlay`, and what only the generator requires
//! is done by a [pass](passes).

mod check;
pub mod document;
pub mod emit;
pub mod error;
pub mod model;
pub mod names;
pub mod passes;

pub use check::check;
pub use document::Document;
pub use error::Error;
pub use model::Model;

/// The generated files, formatted.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The types, as `progenitor` makes them of the normalised schemas, and the enums.
    pub raw: String,
    /// One handle per area, one request type per operation, and the constructors of request types.
    pub api: String,
    /// The id types.
    pub ids: String,
    /// The static table of operations.
    pub operations: String,
    /// The enum of scopes.
    pub scopes: String,
    /// The public surface of the above, as text.
    pub surface: String,
}

impl Generated {
    /// The number of generated lines.
    pub fn lines(&self) -> usize {
        let files = [&self.raw, &self.api, &self.ids, &self.operations, &self.scopes];
        files.iter().map(|file| file.lines().count()).sum()
    }
}

/// Generates the files for the given areas, or for all of them.
pub fn generate(document: &str, areas: Option<&[String]>) -> Result<Generated, Error> {
    let model = Model::build(document, areas)?;
    Ok(Generated {
        raw: emit::raw::emit(&model)?,
        api: emit::api::emit(&model)?,
        ids: emit::ids::emit(&model),
        operations: emit::operations::emit(&model)?,
        scopes: emit::operations::scopes(&model),
        surface: emit::surface::emit(&model),
    })
}
