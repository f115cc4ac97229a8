use crate::Document;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

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
        let mut seen = BTreeSet::new();
        let mut kept: Vec<Value> = Vec::new();
        for mut parameter in declared {
            let location = parameter["in"].as_str().unwrap_or_default().to_owned();
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let usable = match location.as_str() {
                "path" => wanted.contains(&name),
                "query" => !name.is_empty(),
                "header" => !RESERVED.contains(&name.to_ascii_lowercase().as_str()),
                _ => false,
            };
            if !usable || !seen.insert((location.clone(), name)) {
                count += 1;
                continue;
            }
            count += usize::from(normalise(&mut parameter, &location));
            kept.push(parameter);
        }
        for name in &wanted {
            if !seen.contains(&("path".to_owned(), name.clone())) {
                count += 1;
                kept.push(json!({
                    "name": name, "in": "path", "required": true, "schema": { "type": "string" }
                }));
            }
        }
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
fn normalise(parameter: &mut Value, location: &str) -> bool {
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
    if location == "path" && parameter.get("required") != Some(&json!(true)) {
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
