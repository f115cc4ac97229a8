use crate::Document;
use crate::document::{reach, references};
use serde_json::Value;

/// Removes components that no operation reaches, through parameters, body, response, or the result
/// and metadata of a long-running operation.
pub fn run(document: &mut Document) -> usize {
    let mut open = Vec::new();
    for (_, _, operation) in document.operations() {
        for key in ["parameters", "requestBody", "response"] {
            if let Some(part) = operation.get(key) {
                references(part, &mut open);
            }
        }
        for key in ["response", "metadata"] {
            if let Some(name) = operation["x-opencloud"]["operation"][key].as_str() {
                open.push(name.to_owned());
            }
        }
    }
    let reached = reach(open, |name| {
        let mut named = Vec::new();
        references(document.schemas().get(name)?, &mut named);
        Some(named)
    });
    let before = document.schemas().len();
    document.schemas_mut().retain(|name: &String, _: &mut Value| reached.contains(name));
    before - document.schemas().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;
    use serde_json::json;

    #[test]
    fn only_reached_types_remain() {
        let mut document = testing::document(
            json!({
                "x-opencloud": { "operation": { "response": "Later" } },
                "requestBody": { "content": { "application/json": { "schema": reference_to("Direct") } } },
                "responses": { "400": { "schema": reference_to("Problem") } },
            }),
            json!({
                "Direct": { "properties": { "x": reference_to("Deep") } },
                "Deep": {}, "Later": {}, "Problem": {}, "Unused": reference_to("Deep"),
            }),
        );
        assert_eq!(run(&mut document), 2);
        assert_eq!(document.schemas().keys().collect::<Vec<_>>(), ["Deep", "Direct", "Later"]);
    }
}
