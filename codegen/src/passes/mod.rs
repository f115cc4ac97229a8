//! Normaliser passes: what the generator needs and the wire does not.
//!
//! Each pass is a small function from document to document that returns how many places it changed.
//! They run in the order of [`PASSES`]; each may rely on what the ones before it established, and
//! says so. `spec/open-cloud.json` itself stays true to the wire.

mod aliases;
pub(crate) mod bodies;
mod casing;
mod hoist;
mod odd;
pub(crate) mod parameters;
mod phrases;
mod prune;
mod responses;
pub(crate) mod scalars;
mod tolerance;
mod unions;
mod wrappers;

use crate::Document;

/// One step of normalising.
pub struct Pass {
    /// What it is called in reports.
    pub name: &'static str,
    /// What it does and why, in one line.
    pub purpose: &'static str,
    /// Changes the document and returns the number of places.
    pub run: fn(&mut Document) -> usize,
}

/// All passes in order.
pub const PASSES: [Pass; 13] = [
    Pass {
        name: "casing",
        purpose: "type names are in the camel case that typify would give them",
        run: casing::run,
    },
    Pass {
        name: "parameters",
        purpose: "each operation lists its own parameters, exactly those of its path, none reserved",
        run: parameters::run,
    },
    Pass { name: "bodies", purpose: "one media type for each request body", run: bodies::run },
    Pass {
        name: "responses",
        purpose: "one success schema for each operation; errors have one converter at run time",
        run: responses::run,
    },
    Pass {
        name: "odd",
        purpose: "schemas that are no schemas, and references to nothing, become any JSON value",
        run: odd::run,
    },
    Pass {
        name: "wrappers",
        purpose: "an allOf of one is what it wraps; an allOf of several objects is one object",
        run: wrappers::run,
    },
    Pass {
        name: "unions",
        purpose: "a union of objects is one object with every member's properties",
        run: unions::run,
    },
    Pass { name: "hoist", purpose: "every inline object and enum becomes a named type", run: hoist::run },
    Pass {
        name: "aliases",
        purpose: "a component that is neither object nor enum stands where it is referred to",
        run: aliases::run,
    },
    Pass { name: "prune", purpose: "only types that an operation reaches are generated", run: prune::run },
    Pass {
        name: "phrases",
        purpose: "properties, parameters and values say what they are, with their bounds and default",
        run: phrases::run,
    },
    Pass {
        name: "tolerance",
        purpose: "what would make decoding refuse an answer goes: required, defaults, bounds, formats",
        run: tolerance::run,
    },
    Pass {
        name: "scalars",
        purpose: "ids, times, durations and enums are the crate's own types",
        run: scalars::run,
    },
];

/// Runs all passes and returns what each changed.
pub fn run(document: &mut Document) -> Vec<(&'static str, usize)> {
    PASSES.iter().map(|pass| (pass.name, (pass.run)(document))).collect()
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
