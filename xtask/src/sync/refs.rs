//! References to component schemas: which are used, which lead nowhere, and renaming them.

use std::collections::{BTreeMap, BTreeSet};

use opencloud_codegen::document::{SCHEMA_PREFIX, reach};
use serde_json::Value;

use super::select::percent_decoded;
use super::tree::{self, unescape};

/// The component that a reference names.
pub fn component_of(reference: &str) -> Option<String> {
    let name = reference.strip_prefix(SCHEMA_PREFIX)?;
    (!name.contains('/')).then(|| unescape(&percent_decoded(name)))
}

/// The reference to a component.
pub fn reference_to(component: &str) -> String {
    format!("{SCHEMA_PREFIX}{}", tree::escape(component))
}

/// The component that a schema refers to, also through an `allOf` with that one member.
pub fn target_of(schema: &Value) -> Option<String> {
    let reference = schema.get("$ref").or_else(|| match schema.get("allOf")?.as_array()?.as_slice() {
        [only] => only.get("$ref"),
        _ => None,
    });
    component_of(reference?.as_str()?)
}

/// Follows references and one-member `allOf`s until there is a schema of its own.
pub fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let next = |schema: &&'a Value| match tree::items(&schema["allOf"]) {
        [only] => Some(only),
        _ => document["components"]["schemas"].get(component_of(schema["$ref"].as_str()?)?),
    };
    // Deeper than this is a circle.
    std::iter::successors(Some(schema), next).take(33).last().unwrap_or(schema)
}

/// The components that one schema (not a component it refers to) names.
fn references(schema: &Value, found: &mut BTreeSet<String>) {
    tree::visit(schema, "", &mut |_, schema| {
        let reference = schema.get("$ref").and_then(Value::as_str);
        found.extend(reference.and_then(component_of));
        for (_, target) in tree::sorted_entries(&schema["discriminator"]["mapping"]) {
            found.extend(target.as_str().and_then(component_of));
        }
    });
}

/// Removes the components that neither the operations use, directly or not, nor `roots`.
pub fn keep_reachable(document: &mut Value, roots: BTreeSet<String>) {
    let operations = tree::operations(document).into_iter();
    let used = operations.flat_map(|key| operation_references(key.get(document)));
    let keep = close(document, used.chain(roots).collect());
    prune(document, &keep);
}

/// The components that one operation names itself.
pub fn operation_references(operation: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for pointer in tree::operation_schemas(operation) {
        if let Some(schema) = operation.pointer(&pointer) {
            references(schema, &mut found);
        }
    }
    for key in ["response", "metadata"] {
        found.extend(operation["x-opencloud"]["operation"][key].as_str().map(str::to_owned));
    }
    found
}

/// Adds the components that the given ones refer to, and drops names of components that do not exist.
pub fn close(document: &Value, start: BTreeSet<String>) -> BTreeSet<String> {
    reach(start, |name| {
        let mut found = BTreeSet::new();
        references(document.pointer(&tree::component_pointer(name))?, &mut found);
        Some(found.into_iter().collect())
    })
}

/// Removes the components that are not in `keep`.
pub fn prune(document: &mut Value, keep: &BTreeSet<String>) {
    let schemas = document.pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
        schemas.retain(|name, _| keep.contains(name));
    }
}

/// Renames components in every reference.
pub fn rename(document: &mut Value, names: &BTreeMap<String, String>) {
    let renamed = |reference: &Value| -> Option<Value> {
        let name = component_of(reference.as_str()?)?;
        Some(Value::from(reference_to(names.get(&name)?)))
    };
    tree::visit_document_mut(document, &mut |_, schema| {
        if let Some(reference) = schema.get("$ref").and_then(renamed) {
            schema["$ref"] = reference;
        }
        if let Some(mapping) = schema.pointer_mut("/discriminator/mapping").and_then(Value::as_object_mut) {
            for (_, target) in mapping.iter_mut() {
                if let Some(reference) = renamed(target) {
                    *target = reference;
                }
            }
        }
    });
    for key in tree::operations(document) {
        let operation = key.get_mut(document);
        let types = operation.and_then(|operation| operation.pointer_mut("/x-opencloud/operation"));
        if let Some(types) = types.and_then(Value::as_object_mut) {
            for key in ["metadata", "response"] {
                if let Some(name) = types.get(key).and_then(Value::as_str).and_then(|name| names.get(name)) {
                    types.insert(key.to_owned(), Value::from(name.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({
            "paths": {"/a": {"get": {
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
                "x-long-running-operation-parameters": {"response": {"$ref": "#/components/schemas/Gone"}},
                "x-opencloud": {"operation": {"response": "L", "metadata": "Gone"}},
            }}},
            "components": {"schemas": {
                "A": {"properties": {"b": {"$ref": "#/components/schemas/B%60"}, "$ref": {"type": "string"}}},
                "B`": {"items": {"$ref": "#/components/schemas/A"}},
                "C": {"properties": {"x": {"$ref": "other.json#/X"}, "y": {"$ref": "#/components/schemas/D"}}},
                "D": {}, "L": {},
            }},
        })
    }

    #[test]
    fn only_what_is_reached_stays() {
        let mut document = document();
        let left = |roots: &[&str]| {
            let mut document = document.clone();
            keep_reachable(&mut document, roots.iter().map(|&root| root.to_owned()).collect());
            tree::components(&document).into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(left(&[]), ["A", "B`", "L"]);
        assert_eq!(left(&["C"]).len(), 5);
        prune(&mut document, &["A".to_owned()].into());
        assert_eq!(tree::components(&document).len(), 1);
    }

    #[test]
    fn renaming_leaves_property_names_alone() {
        let mut document = document();
        let names = [("A", "X"), ("B`", "Y"), ("L", "Z")];
        let names = names.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        rename(&mut document, &names);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["A"]["properties"]["b"]["$ref"], "#/components/schemas/Y");
        assert_eq!(schemas["A"]["properties"]["$ref"], json!({"type": "string"}));
        assert_eq!(schemas["B`"]["items"]["$ref"], "#/components/schemas/X");
        assert_eq!(document["paths"]["/a"]["get"]["x-opencloud"]["operation"]["response"], "Z");
    }
}
