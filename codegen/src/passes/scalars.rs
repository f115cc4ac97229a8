use crate::Document;
use crate::document::{children_mut, content_schemas, items, list, reference};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The crate's own types, by `x-rust-type`: enums, ids (known by the name of the parameter or
/// property that holds them), times and durations. Integers are `i64`, numbers `f64`, and every
/// other format is left to the service.
///
/// An id that the service takes as a number is marked with `x-number`, because it is sent as one.
pub fn run(document: &mut Document) -> usize {
    let ids = id_names(document.extension());
    let mut count = 0;
    for (name, schema) in document.schemas_mut() {
        visit(None, schema, &ids, &mut count);
        if schema.get("enum").is_some() {
            schema["x-rust-type"] = rust_type(&format!("opencloud::types::{name}"));
            count += 1;
        }
    }
    document.each_operation(|_, operation| {
        for parameter in list(operation, "parameters") {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                visit(Some(&name), schema, &ids, &mut count);
            }
        }
        for key in ["requestBody", "response"] {
            for schema in content_schemas(operation, key) {
                visit(None, schema, &ids, &mut count);
            }
        }
    });
    count
}

/// Which names hold which id type.
pub fn id_names(extension: &Value) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for id in items(&extension["ids"]) {
        let Some(kind) = id["name"].as_str() else { continue };
        let held = items(&id["names"]).filter_map(Value::as_str);
        names.extend(held.map(|name| (name.to_owned(), kind.to_owned())));
    }
    names
}

/// The `x-rust-type` extension, as typify reads it.
pub fn rust_type(path: &str) -> Value {
    let (name, _) = path.split_once("::").unwrap_or((path, ""));
    json!({ "crate": name, "version": "*", "path": path })
}

fn visit(name: Option<&str>, schema: &mut Value, ids: &BTreeMap<String, String>, count: &mut usize) {
    if reference(schema).is_some() || schema.get("enum").is_some() {
        return;
    }
    for (property, child) in children_mut(schema) {
        // Durations in lists and maps stay text: no service has them, and serde's attributes work
        // on whole fields.
        let inside = matches!(property.as_deref(), Some("item" | "value"));
        if inside && child.get("format") == Some(&json!("duration")) {
            child.as_object_mut().map(|child| child.remove("format"));
        }
        // The items of `userIds`, or of a list that is itself `userId`, are ids too.
        let inner = match property.as_deref() {
            Some("item") => name.map(|name| name.strip_suffix('s').unwrap_or(name).to_owned()),
            Some("value") => None,
            other => other.map(str::to_owned),
        };
        visit(inner.as_deref(), child, ids, count);
    }
    if let Some(object) = schema.as_object_mut() {
        *count += usize::from(scalar(name, object, ids));
    }
}

fn scalar(name: Option<&str>, schema: &mut Map<String, Value>, ids: &BTreeMap<String, String>) -> bool {
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let format = schema.remove("format").and_then(|format| Some(format.as_str()?.to_owned()));
    let id = name.and_then(|name| ids.get(name));
    let (own, format) = match (kind.as_str(), format.as_deref()) {
        ("string", None | Some("int64")) | ("integer", _) if id.is_some() => {
            (id.map(|id| format!("opencloud::ids::{id}")), None)
        }
        ("string", Some("date-time")) => (Some("jiff::Timestamp".to_owned()), None),
        ("string", Some("duration")) => (Some("std::time::Duration".to_owned()), None),
        ("string", Some(kept @ ("binary" | "password"))) => (None, Some(kept)),
        ("integer", _) => (None, Some("int64")),
        ("number", _) => (None, Some("double")),
        _ => (None, None),
    };
    schema.extend(format.map(|format| ("format".to_owned(), json!(format))));
    let Some(path) = own else { return false };
    if kind == "integer" {
        schema.insert("x-number".to_owned(), json!(true));
    }
    schema.insert("x-rust-type".to_owned(), rust_type(&path));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_become_own_types() {
        let mut document = Document::parse(
            &json!({
                "openapi": "3.0.4",
                "x-opencloud": { "ids": [{ "name": "UserId", "names": ["userId"] }] },
                "paths": {},
                "components": { "schemas": {
                    "Thing": { "type": "object", "properties": {
                        "userId": { "type": "integer", "format": "int64" },
                        "userIds": { "type": "array", "items": { "type": "string" } },
                        "at": { "type": "string", "format": "date-time" },
                        "count": { "type": "integer", "format": "int32" },
                        "uuid": { "type": "string", "format": "uuid" },
                        "address": { "type": "string", "format": "password" },
                    } },
                    "Kind": { "type": "string", "enum": ["A"] },
                } },
            })
            .to_string(),
        )
        .expect("a document");
        assert_eq!(run(&mut document), 4);
        let properties = &document.schemas()["Thing"]["properties"];
        assert_eq!(properties["userId"]["x-rust-type"]["path"], "opencloud::ids::UserId");
        assert_eq!(properties["userId"]["x-number"], true);
        assert_eq!(properties["userIds"]["items"]["x-rust-type"]["path"], "opencloud::ids::UserId");
        assert_eq!(properties["at"]["x-rust-type"]["path"], "jiff::Timestamp");
        assert_eq!(properties["address"], json!({ "type": "string", "format": "password" }));
        assert_eq!(properties["count"], json!({ "type": "integer", "format": "int64" }));
        assert_eq!(properties["uuid"], json!({ "type": "string" }));
        assert_eq!(document.schemas()["Kind"]["x-rust-type"]["path"], "opencloud::types::Kind");
    }
}
