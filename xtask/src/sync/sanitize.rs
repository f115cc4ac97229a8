//! Repairs what upstream left dangling and what a correction written for another version broke, with the repairs of
//! generation, and reports each.

use std::collections::BTreeSet;

use opencloud_codegen::passes::sanitize::repair;
use serde_json::Value;

use super::refs::{component_of, target_of};
use super::report::Report;
use super::tree::{self, OperationKey};

/// Repairs the whole document.
pub fn sanitize(document: &mut Value, report: &mut Report) {
    let names: BTreeSet<String> =
        tree::components(document).into_iter().map(|(name, _)| name.clone()).collect();
    let is_known = |target: &Value| {
        let component = target.as_str().and_then(component_of);
        component.is_some_and(|name| names.contains(&name))
    };
    tree::visit_document_mut(document, &mut |at, schema| {
        repair(schema, &is_known, &mut |what| report.warn(format!("{at}: {what}")));
        // A reference has the name of what it refers to. Only a schema that was inline in another version can have one of
        // its own.
        let is_component = at.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'));
        if !is_component
            && target_of(schema).is_some()
            && let Some(name) = schema.as_object_mut().and_then(|map| map.remove("x-opencloud-type"))
        {
            report.warn(format!("{at}: {name} names a reference, dropped"));
        }
    });
    for key in tree::operations(document) {
        if let Some(operation) = key.get_mut(document) {
            repair_types(operation, &key, &names, report);
        }
    }
}

/// The types that a long-running operation states.
const WORDS: [&str; 2] = ["metadata", "response"];

/// Types of a long-running operation that do not exist are not stated.
fn repair_types(operation: &mut Value, key: &OperationKey, names: &BTreeSet<String>, report: &mut Report) {
    let types = operation.get_mut("x-long-running-operation-parameters");
    if let Some(types) = types.and_then(Value::as_object_mut) {
        types.retain(|word, schema| !WORDS.contains(&word.as_str()) || schema.get("$ref").is_some());
        if types.is_empty()
            && let Some(operation) = operation.as_object_mut()
        {
            operation.remove("x-long-running-operation-parameters");
        }
    }
    let types = operation.pointer_mut("/x-opencloud/operation");
    if let Some(types) = types.and_then(Value::as_object_mut) {
        types.retain(|word, name| {
            let missing =
                name.as_str().filter(|name| WORDS.contains(&word.as_str()) && !names.contains(*name));
            if let Some(name) = missing {
                report.warn(format!("{key}: operation.{word} names {name}, which does not exist, dropped"));
            }
            missing.is_none()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(mut document: Value) -> (Value, Vec<String>) {
        let mut report = Report::default();
        sanitize(&mut document, &mut report);
        (document, report.warnings)
    }

    #[test]
    fn a_reference_has_no_name_of_its_own() {
        let known = json!({"$ref": "#/components/schemas/B%20C"});
        let mut named = known.clone();
        named["x-opencloud-type"] = json!("D");
        let (document, warnings) =
            run(json!({"components": {"schemas": {"A": {"items": named}, "B C": {}}}}));
        assert_eq!(document["components"]["schemas"]["A"]["items"], known);
        assert_eq!(warnings, ["/components/schemas/A/items: \"D\" names a reference, dropped"]);
    }

    #[test]
    fn types_of_operations_exist() {
        let (document, warnings) = run(json!({
            "paths": {"/a/{b}": {"get": {
                "x-long-running-operation-parameters": {"response": {"$ref": "#/components/schemas/Gone"}},
                "x-opencloud": {"operation": {"response": "B", "metadata": "Gone"}},
            }}},
            "components": {"schemas": {"B": {}}},
        }));
        assert_eq!(
            document["paths"]["/a/{b}"]["get"],
            json!({
                "x-opencloud": {"operation": {"response": "B"}},
            })
        );
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }
}
