//! Mends what upstream left dangling, or what a correction written for another version broke.
//!
//! After it the document is whole: whatever is odd has become "any value" or is gone, and was told.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::names::ident;
use super::refs::{component_of, target_of};
use super::report::Report;
use super::tree::{self, OperationKey};

/// Mends the whole document.
pub fn mend(document: &mut Value, report: &mut Report) {
    let names: BTreeSet<String> =
        tree::components(document).into_iter().map(|(name, _)| name.clone()).collect();
    tree::visit_document_mut(document, &mut |at, schema| mend_schema(schema, at, &names, report));
    for key in tree::operations(document) {
        if let Some(operation) = key.get_mut(document) {
            mend_types(operation, &key, &names, report);
        }
    }
}

fn mend_schema(schema: &mut Value, at: &str, names: &BTreeSet<String>, report: &mut Report) {
    let is_known = |reference: &Value| {
        let component = reference.as_str().and_then(component_of);
        component.is_some_and(|name| names.contains(&name))
    };
    let Some(map) = schema.as_object_mut() else {
        report.warn(format!("{at}: a schema is no object, taken as any value"));
        *schema = json!({});
        return;
    };
    if let Some(reference) = map.get("$ref")
        && !is_known(reference)
    {
        report.warn(format!("{at}: {reference} does not exist, taken as any value"));
        map.remove("$ref");
    }
    if let Some(mapping) =
        map.get_mut("discriminator").and_then(|d| d.get_mut("mapping")).and_then(Value::as_object_mut)
    {
        let gone: Vec<String> =
            mapping.iter().filter(|(_, target)| !is_known(target)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            mapping.remove(&key);
        }
    }
    mend_names_of_values(schema, at, report);
    mend_name_of_reference(schema, at, report);
}

/// A reference has the name of what it refers to. Only a schema that was inline in another version
/// can have one of its own.
fn mend_name_of_reference(schema: &mut Value, at: &str, report: &mut Report) {
    let is_component = at.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'));
    if is_component || target_of(schema).is_none() {
        return;
    }
    if let Some(name) = schema.as_object_mut().and_then(|map| map.remove("x-opencloud-type")) {
        report.warn(format!("{at}: {name} names a reference, dropped"));
    }
}

/// Names of enum values go by position, so there have to be as many as there are values.
fn mend_names_of_values(schema: &mut Value, at: &str, report: &mut Report) {
    let count = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_array).map(Vec::len);
    for key in ["x-enum-varnames", "x-enumNames"] {
        let Some(names) = count(schema, key) else {
            continue;
        };
        let values = count(schema, "enum").unwrap_or(0);
        if names == values {
            continue;
        }
        if names > values {
            report.warn(format!("{at}: {key} has {names} names for {values} values, dropped"));
            if let Some(map) = schema.as_object_mut() {
                map.remove(key);
            }
            continue;
        }
        report.warn(format!("{at}: {key} has {names} names for {values} values, the last are derived"));
        let derived: Vec<Value> = schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .skip(names)
            .map(|value| json!(name_of_value(value)))
            .collect();
        if let Some(names) = schema[key].as_array_mut() {
            names.extend(derived);
        }
    }
}

fn name_of_value(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = match text.strip_prefix('-') {
        Some(number) if value.is_number() => format!("Minus{number}"),
        _ => text,
    };
    ident::upper_camel_case(&text, "Value")
}

/// Types of a long-running operation that do not exist are not stated.
fn mend_types(operation: &mut Value, key: &OperationKey, names: &BTreeSet<String>, report: &mut Report) {
    let types = operation.get_mut("x-long-running-operation-parameters");
    if let Some(types) = types.and_then(Value::as_object_mut) {
        for word in ["metadata", "response"] {
            if types.get(word).is_some_and(|schema| schema.get("$ref").is_none()) {
                types.remove(word);
            }
        }
        if types.is_empty()
            && let Some(operation) = operation.as_object_mut()
        {
            operation.remove("x-long-running-operation-parameters");
        }
    }
    let types = operation.pointer_mut("/x-opencloud/operation");
    if let Some(types) = types.and_then(Value::as_object_mut) {
        for word in ["metadata", "response"] {
            let name = types.get(word).and_then(Value::as_str).map(str::to_owned);
            if let Some(name) = name.filter(|name| !names.contains(name)) {
                report.warn(format!("{key}: operation.{word} names {name}, which does not exist, dropped"));
                types.remove(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mut document: Value) -> (Value, Vec<String>) {
        let mut report = Report::default();
        mend(&mut document, &mut report);
        (document, report.warnings)
    }

    fn schema(schema: Value) -> (Value, usize) {
        let document = json!({"components": {"schemas": {"A": schema, "B": {}}}});
        let (document, warnings) = run(document);
        (document["components"]["schemas"]["A"].clone(), warnings.len())
    }

    #[test]
    fn references_to_nothing_become_any_value() {
        let known = json!({"$ref": "#/components/schemas/B"});
        let cases = [
            (known.clone(), known.clone(), 0),
            (json!({"$ref": "other.json#/X"}), json!({}), 1),
            (json!({"$ref": "#/components/schemas/B/items"}), json!({}), 1),
            (json!({"$ref": "#/components/schemas/X", "description": "d"}), json!({"description": "d"}), 1),
            (
                json!({"items": {"$ref": "#/components/schemas/B", "x-opencloud-type": "C"}}),
                json!({"items": known}),
                1,
            ),
            (
                json!({"discriminator": {"propertyName": "p", "mapping": {"a": "#/components/schemas/X"}}}),
                json!({"discriminator": {"propertyName": "p", "mapping": {}}}),
                0,
            ),
        ];
        for (before, after, warnings) in cases {
            assert_eq!(schema(before.clone()), (after, warnings), "{before}");
        }
    }

    #[test]
    fn there_is_one_name_for_each_enum_value() {
        let cases = [
            (json!({"enum": [1, 2], "x-enum-varnames": ["A", "B"]}), json!(["A", "B"]), 0),
            (json!({"enum": [1, -2], "x-enum-varnames": ["A"]}), json!(["A", "Minus2"]), 1),
            (json!({"enum": ["a", "some-thing"], "x-enum-varnames": ["A"]}), json!(["A", "SomeThing"]), 1),
            (json!({"enum": [1], "x-enum-varnames": ["A", "B"]}), Value::Null, 1),
        ];
        for (before, names, warnings) in cases {
            let (after, count) = schema(before.clone());
            assert_eq!((&after["x-enum-varnames"], count), (&names, warnings), "{before}");
        }
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
