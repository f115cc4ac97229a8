use crate::Document;
use crate::passes::sanitize;
use serde_json::{Map, Value, json};

/// Headers that the client sets itself; OpenAPI ignores them as parameters.
const RESERVED: [&str; 4] = ["accept", "accept-encoding", "authorization", "content-type"];

pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    document.each_operation(|path, operation| {
        let declared = match operation.remove("parameters") {
            Some(Value::Array(parameters)) => parameters,
            _ => Vec::new(),
        };
        let wanted = template(path);
        let mut kept = sanitize::parameters(&declared, &wanted, &mut |_| count += 1);
        kept.retain_mut(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default().to_ascii_lowercase();
            let is_sent = match parameter["in"].as_str() {
                Some("header") => !RESERVED.contains(&name.as_str()),
                _ => !name.is_empty(),
            };
            count += usize::from(!is_sent || normalise(parameter));
            is_sent
        });
        // Arguments follow the path; the rest keeps the document's order.
        kept.sort_by_key(|parameter| {
            let at = wanted.iter().position(|name| parameter["name"] == name.as_str());
            match parameter["in"].as_str() {
                Some("path") => at.unwrap_or(0),
                _ => usize::MAX,
            }
        });
        operation.insert("parameters".to_owned(), Value::Array(kept));
    });
    count
}

/// The parameter names of a path template, in order.
pub fn template(path: &str) -> Vec<String> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

/// A parameter has a schema, and is neither null nor, in a path, optional.
fn normalise(parameter: &mut Value) -> bool {
    let Some(parameter) = parameter.as_object_mut() else { return false };
    let mut changed = false;
    if !parameter.contains_key("schema") {
        let schema = parameter
            .remove("content")
            .and_then(|content| content.as_object()?.values().next()?.get("schema").cloned())
            .unwrap_or_else(|| json!({ "type": "string" }));
        parameter.insert("schema".to_owned(), schema);
        changed = true;
    }
    if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) {
        changed |= schema.remove("nullable").is_some();
        // An object has no agreed form in a query, path or header; its JSON text is the least bad.
        if schema.get("type").is_some_and(|kind| kind == "object") {
            *schema = Map::from_iter([("type".to_owned(), json!("string"))]);
            changed = true;
        }
    }
    if parameter["in"] == "path" && parameter.get("required") != Some(&json!(true)) {
        parameter.insert("required".to_owned(), json!(true));
        changed = true;
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn path_parameters_are_those_of_the_path() {
        let mut document = testing::document(
            json!({ "parameters": [
                { "name": "q", "in": "query", "schema": { "type": "string", "nullable": true } },
                { "name": "gone", "in": "path", "schema": { "type": "string" } },
                { "name": "Accept", "in": "header", "schema": { "type": "string" } },
                { "name": "q", "in": "query", "schema": { "type": "integer" } },
                { "name": "session", "in": "cookie", "schema": { "type": "string" } },
            ] }),
            json!({}),
        );
        assert_eq!(run(&mut document), 6);
        assert_eq!(
            testing::operation(&document)["parameters"],
            json!([
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "q", "in": "query", "schema": { "type": "string" } },
            ])
        );
    }
}
