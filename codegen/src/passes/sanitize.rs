use crate::Document;
use crate::document::{SCHEMA_PREFIX, each_inner};
use crate::names;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];
const ENUM_NAMES: [&str; 2] = ["x-enum-varnames", "x-enumNames"];

/// What no version of the document should hold and some do is repaired, and what generation cannot use becomes any value.
/// `cargo xtask sync` repairs the document in the same way and reports what it found.
pub fn run(document: &mut Document) -> usize {
    let known: BTreeSet<String> = document.schemas().keys().cloned().collect();
    let is_known = |target: &Value| {
        let name = target.as_str().and_then(|target| target.strip_prefix(SCHEMA_PREFIX));
        name.is_some_and(|name| known.contains(name))
    };
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| {
            let before = schema.clone();
            repair(schema, &is_known, &mut |_| {});
            simplify(schema);
            count += usize::from(*schema != before);
        });
    });
    count
}

/// Repairs a schema, and not those inside it: what is malformed, or refers to what is not known, becomes any value or goes.
/// `warn` is called for each repair.
pub fn repair(schema: &mut Value, is_known: &dyn Fn(&Value) -> bool, warn: &mut dyn FnMut(String)) {
    let Some(object) = schema.as_object_mut() else {
        warn("a schema is not an object, taken as any value".to_owned());
        *schema = json!({});
        return;
    };
    repair_references(object, is_known, warn);
    repair_type(object, warn);
    repair_enum(object, warn);
    if object.get("type") == Some(&json!("array")) && !object.contains_key("items") {
        object.insert("items".to_owned(), json!({}));
    }
}

fn repair_references(
    object: &mut Map<String, Value>,
    is_known: &dyn Fn(&Value) -> bool,
    warn: &mut dyn FnMut(String),
) {
    if let Some(target) = object.get("$ref").filter(|target| !is_known(target)) {
        warn(format!("{target} does not exist, taken as any value"));
        object.remove("$ref");
    }
    let mapping = object.get_mut("discriminator").and_then(|discriminator| discriminator.get_mut("mapping"));
    if let Some(mapping) = mapping.and_then(Value::as_object_mut) {
        mapping.retain(|_, target| is_known(target));
    }
}

/// A list of types is OpenAPI 3.1, and in it `null` is what 3.0 calls nullable.
fn repair_type(object: &mut Map<String, Value>, warn: &mut dyn FnMut(String)) {
    let declared: Vec<String> = match object.remove("type") {
        None => return,
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(name) => vec![name.as_str().unwrap_or_default().to_owned()],
    };
    if declared.iter().any(|name| name == "null") {
        object.insert("nullable".to_owned(), json!(true));
    }
    let named: Vec<&String> = declared.iter().filter(|name| *name != "null").collect();
    match named.as_slice() {
        [name] if TYPES.contains(&name.as_str()) => {
            object.insert("type".to_owned(), json!(name));
        }
        [] => {}
        _ => warn("an unknown type, taken as any value".to_owned()),
    }
}

/// The values of an enum are different, and there are as many names as values.
fn repair_enum(object: &mut Map<String, Value>, warn: &mut dyn FnMut(String)) {
    let values = object.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
    for key in ENUM_NAMES {
        let Some(names) = object.get_mut(key).and_then(Value::as_array_mut) else { continue };
        let (count, wanted) = (names.len(), values.len());
        if count > wanted {
            if wanted > 0 {
                warn(format!("{key} has {count} names for {wanted} values, dropped"));
            }
            object.remove(key);
        } else if count < wanted {
            warn(format!("{key} has {count} names for {wanted} values, the last are derived"));
            names.extend(values[count..].iter().map(|value| json!(name_of_value(value))));
        }
    }
    let is_first: Vec<bool> =
        values.iter().enumerate().map(|(at, value)| !values[..at].contains(value)).collect();
    if is_first.contains(&false) {
        for key in ["enum"].into_iter().chain(ENUM_NAMES) {
            let mut is_first = is_first.iter();
            if let Some(list) = object.get_mut(key).and_then(Value::as_array_mut) {
                list.retain(|_| is_first.next() == Some(&true));
            }
        }
    }
}

/// What the variant of a value is called: its words, or its number.
pub fn name_of_value(value: &Value) -> String {
    match value.as_str() {
        Some(word) => names::type_name(word),
        None => format!("Value{value}").replace('-', "Minus"),
    }
}

/// Takes out what no Rust type says.
fn simplify(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("x-opencloud-open") == Some(&json!(true)) {
        object.clear();
    }
    if object.remove("not").is_some() {
        object.remove("type");
    }
    if let Some(values) = object.get_mut("enum") {
        let values = values.as_array_mut().map(std::mem::take).unwrap_or_default();
        let kept: Vec<Value> =
            values.into_iter().filter(|value| value.is_string() || value.is_i64()).collect();
        let is_mixed = kept.iter().any(Value::is_string) && kept.iter().any(Value::is_i64);
        if kept.is_empty() || is_mixed {
            object.retain(|key, _| key != "enum" && !ENUM_NAMES.contains(&key.as_str()));
        } else {
            object.insert("enum".to_owned(), Value::Array(kept));
        }
    }
    if object.get("properties").is_some_and(|properties| !properties.is_object()) {
        object.remove("properties");
    }
    if object.contains_key("properties") {
        object.insert("type".to_owned(), json!("object"));
    }
}

/// The parameters of an operation that can be sent, each once, and those of its path that are not declared.
pub fn parameters(declared: &[Value], path: &[String], warn: &mut dyn FnMut(String)) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for parameter in declared {
        let (Some(name), Some(place)) = (parameter["name"].as_str(), parameter["in"].as_str()) else {
            warn("a parameter has no name or place, dropped".to_owned());
            continue;
        };
        let is_same = |other: &Value| other["name"] == name && other["in"] == place;
        match place {
            "path" if !path.iter().any(|known| known == name) => {
                warn(format!("parameter {name} is not in the path, dropped"));
            }
            "path" | "query" | "header" if kept.iter().any(is_same) => {
                warn(format!("parameter {name} is declared twice, the first stays"));
            }
            "path" | "query" | "header" => kept.push(parameter.clone()),
            _ => warn(format!("parameter {name} is in {place}, dropped")),
        }
    }
    for name in path {
        if !kept.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name.as_str()) {
            warn(format!("path parameter {name} is not declared, taken as a string"));
            let schema = json!({ "type": "string" });
            kept.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;

    #[test]
    fn what_generation_cannot_use_becomes_any_value() {
        let mut document = testing::components(json!({
            "Malformed": { "properties": {
                "dangling": { "$ref": "#/components/schemas/Gone" },
                "elsewhere": { "$ref": "other.json#/X" },
                "list": { "type": "array" },
                "types": { "type": ["string", "null"] },
                "several": { "type": ["string", "integer"] },
                "yes": true,
                "open": { "type": "string", "x-opencloud-open": true },
                "empty": { "type": "string", "enum": [] },
                "twice": { "type": "integer", "enum": [1, 2, 1], "x-enum-varnames": ["A", "B", "C"] },
                "nulls": { "type": "string", "enum": ["A", null] },
                "fine": { "type": "string" },
            } },
        }));
        assert_eq!(run(&mut document), 11);
        assert_eq!(
            document.schemas()["Malformed"],
            json!({ "type": "object", "properties": {
                "dangling": {}, "elsewhere": {}, "list": { "type": "array", "items": {} },
                "types": { "type": "string", "nullable": true }, "several": {}, "open": {},
                "twice": { "type": "integer", "enum": [1, 2], "x-enum-varnames": ["A", "B"] },
                "yes": {}, "empty": { "type": "string" }, "nulls": { "type": "string", "enum": ["A"] },
                "fine": { "type": "string" },
            } })
        );
        assert_eq!(run(&mut document), 0);
    }

    #[test]
    fn what_is_repaired_is_told() {
        let is_known = |target: &Value| *target == reference_to("B")["$ref"];
        for (before, after, count) in [
            (reference_to("B"), reference_to("B"), 0),
            (json!({ "$ref": "other.json#/X" }), json!({}), 1),
            (json!({ "$ref": "#/components/schemas/B/items" }), json!({}), 1),
            (
                json!({ "$ref": "#/components/schemas/X", "description": "d" }),
                json!({ "description": "d" }),
                1,
            ),
            (
                json!({ "discriminator": { "propertyName": "p", "mapping": { "a": "#/components/schemas/X" } } }),
                json!({ "discriminator": { "propertyName": "p", "mapping": {} } }),
                0,
            ),
            (json!(true), json!({}), 1),
            (json!({ "type": ["string", "null"] }), json!({ "type": "string", "nullable": true }), 0),
            (json!({ "type": ["string", "integer"] }), json!({}), 1),
            (json!({ "type": "int" }), json!({}), 1),
            (json!({ "type": "array" }), json!({ "type": "array", "items": {} }), 0),
        ] {
            let (mut schema, mut warnings) = (before.clone(), Vec::new());
            repair(&mut schema, &is_known, &mut |what| warnings.push(what));
            assert_eq!((schema, warnings.len()), (after, count), "{before}");
        }
    }

    #[test]
    fn there_is_one_name_for_each_value() {
        for (before, names, count) in [
            (json!({ "enum": [1, 2], "x-enum-varnames": ["A", "B"] }), json!(["A", "B"]), 0),
            (json!({ "enum": [1, -2], "x-enum-varnames": ["A"] }), json!(["A", "ValueMinus2"]), 1),
            (json!({ "enum": ["a", "some-thing"], "x-enum-varnames": ["A"] }), json!(["A", "SomeThing"]), 1),
            (json!({ "enum": [1], "x-enum-varnames": ["A", "B"] }), Value::Null, 1),
            (json!({ "x-enum-varnames": ["A", "B"] }), Value::Null, 0),
        ] {
            let (mut schema, mut warnings) = (before.clone(), Vec::new());
            repair(&mut schema, &|_| true, &mut |what| warnings.push(what));
            assert_eq!((&schema["x-enum-varnames"], warnings.len()), (&names, count), "{before}");
        }
    }
}
