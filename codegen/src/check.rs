//! Whether what is generated is Rust. A build would only say that some generated line is wrong; here the place in
//! the document is found.

use crate::{Document, Error, Generated, generate};
use serde_json::{Map, Value};

/// Checks that what is generated of a document is Rust, for whoever makes the document.
///
/// # Errors
///
/// If it is not, or if nothing can be generated. The error begins with the operation that it comes from, unless
/// only several of them together have it.
pub fn check(document: &str) -> Result<(), Error> {
    let Err(error) = try_all(document) else { return Ok(()) };
    let parsed = Document::parse(document)?;
    let culprit = parsed.operations().find_map(|(path, method, operation)| {
        let error = try_all(&alone(parsed.value(), path, method, operation)).err()?;
        let (place, error) = (format!("{} {path}: ", method.to_uppercase()), error.to_string());
        Some(Error::new(format!("{place}{}", error.strip_prefix(&place).unwrap_or(&error))))
    });
    Err(culprit.unwrap_or(error))
}

fn try_all(document: &str) -> Result<(), Error> {
    let Generated { raw, api, ids, operations, scopes, .. } = generate(document, None)?;
    let table = ("table of operations", operations);
    for (what, code) in [("types", raw), ("calls", api), ("ids", ids), table, ("scopes", scopes)] {
        syn::parse_file(&code)
            .map_err(|error| Error::new(format!("the generated {what} could not be parsed: {error}")))?;
    }
    Ok(())
}

/// The document with one operation only.
fn alone(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let mut document = document.clone();
    let item = Map::from_iter([(method.to_owned(), operation.clone())]);
    document["paths"] = Value::Object(Map::from_iter([(path.to_owned(), Value::Object(item))]));
    document.to_string()
}
