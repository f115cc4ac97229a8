//! Normaliser passes: what the generator requires and the wire does not.
//!
//! Each pass is a small function from document to document that returns how many places it changed.
//! They run in the order of [`PASSES`]; each may rely on what the ones before it established, and
//! says so. `spec/open-cloud.json` itself stays true to the wire.

mod aliases;
pub(crate) mod bodies;
mod casing;
mod cycles;
pub(crate) mod describe;
mod hoist;
pub mod parameters;
mod phrases;
mod prune;
mod responses;
pub mod sanitize;
pub mod scalars;
mod tolerance;
mod unions;
mod wrappers;

use crate::Document;

/// A pass changes the document and returns the number of places.
type Pass = fn(&mut Document) -> usize;

/// All passes in order, by name.
pub const PASSES: [(&str, Pass); 15] = [
    // Type names are in the camel case that typify would give them.
    ("casing", casing::run),
    // Each operation lists its own parameters, exactly those of its path, none reserved.
    ("parameters", parameters::run),
    // One media type for each request body.
    ("bodies", bodies::run),
    // One success schema for each operation; errors have one converter at run time.
    ("responses", responses::run),
    // Malformed schemas, and references to nothing, become any JSON value.
    ("sanitize", sanitize::run),
    // An allOf of one is what it wraps; an allOf of several objects is one object.
    ("wrappers", wrappers::run),
    // A union of objects is one object with every member's properties.
    ("unions", unions::run),
    // Every inline object and enum becomes a named type.
    ("hoist", hoist::run),
    // A component that is neither object nor enum stands where it is referred to.
    ("aliases", aliases::run),
    // Only types that an operation reaches are generated.
    ("prune", prune::run),
    // Properties, parameters and values say what they are, with their bounds and default.
    ("phrases", phrases::run),
    // What would make decoding refuse a response goes: required, defaults, bounds, formats.
    ("tolerance", tolerance::run),
    // Ids, times, durations and enums are the crate's own types.
    ("scalars", scalars::run),
    // A property through which a type holds itself is a Box.
    ("cycles", cycles::run),
    // What is said of each property is where progenitor looks for it, with what its flags mean.
    ("describe", describe::run),
];

/// Runs all passes and returns what each changed.
pub fn run(document: &mut Document) -> Vec<(&'static str, usize)> {
    PASSES.iter().map(|(name, run)| (*name, run(document))).collect()
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::Document;
    use serde_json::{Value, json};

    /// A document with these components and one operation that uses all of them.
    pub fn components(schemas: Value) -> Document {
        let properties: serde_json::Map<String, Value> = schemas
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| (name.clone(), crate::document::reference_to(name)))
            .collect();
        document(
            json!({ "operationId": "area.get", "response": { "content": { "application/json": {
                "schema": { "type": "object", "properties": properties }
            } } } }),
            schemas,
        )
    }

    /// A document with this operation at `GET /things/{id}`.
    pub fn document(operation: Value, schemas: Value) -> Document {
        Document::parse(
            &json!({
                "openapi": "3.0.4",
                "paths": { "/things/{id}": { "get": operation } },
                "components": { "schemas": schemas },
            })
            .to_string(),
        )
        .expect("a document")
    }

    /// The operation of [`document`].
    pub fn operation(document: &Document) -> Value {
        document.value()["paths"]["/things/{id}"]["get"].clone()
    }
}
