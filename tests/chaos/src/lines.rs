//! The lines of an export.

use crate::Outcome;
use serde_json::Value;

/// Scope, key and value of each line of an export.
pub(crate) fn entries_of(lines: &[u8]) -> Outcome<Vec<((String, String), Value)>> {
    #[derive(serde::Deserialize)]
    struct Line {
        scope: String,
        key: String,
        value: Value,
    }
    let lines = serde_json::Deserializer::from_slice(lines).into_iter::<Line>();
    lines
        .map(|line| line.map(|line| ((line.scope, line.key), line.value)))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the export cannot be read: {error}"))
}
