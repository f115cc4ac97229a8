//! Schemas: what restricts or names values stays, what describes them goes.

use serde_json::{Map, Value, json};

use super::super::report::Report;
use super::super::tree;
use super::{Keep, OURS};

/// A keyword, and what its value has to look like.
type Keyword = (&'static str, fn(&Value) -> bool);

/// The keywords that are facts, and what their values have to look like. Anything else would make the document unreadable.
pub(crate) const KEYWORDS: [Keyword; 25] = [
    ("format", Value::is_string),
    ("pattern", Value::is_string),
    ("nullable", Value::is_boolean),
    ("readOnly", Value::is_boolean),
    ("writeOnly", Value::is_boolean),
    ("deprecated", Value::is_boolean),
    ("uniqueItems", Value::is_boolean),
    ("exclusiveMinimum", Value::is_boolean),
    ("exclusiveMaximum", Value::is_boolean),
    ("x-immutable", Value::is_boolean),
    ("minimum", Value::is_number),
    ("maximum", Value::is_number),
    ("multipleOf", Value::is_number),
    ("minLength", Value::is_u64),
    ("maxLength", Value::is_u64),
    ("minItems", Value::is_u64),
    ("maxItems", Value::is_u64),
    ("minProperties", Value::is_u64),
    ("maxProperties", Value::is_u64),
    ("required", is_list_of_names),
    ("x-enum-varnames", is_list_of_names),
    ("x-enumNames", is_list_of_names),
    ("enum", |value| value.as_array().is_some_and(|values| !values.is_empty())),
    ("default", |_| true),
    // Maps a union's name to the fields that are its members.
    ("x-oneOf", |value| value.as_object().is_some_and(|unions| unions.values().all(is_list_of_names))),
];

/// Keywords with a meaning beside a reference. OpenAPI 3.0 ignores them there, Roblox means them.
const BESIDE_REFERENCE: [&str; 5] = ["nullable", "readOnly", "writeOnly", "deprecated", "default"];

/// The facts of a schema.
pub(crate) fn strip(schema: &Value, keep: Keep, place: &str, report: &mut Report) -> Value {
    let Some(source) = schema.as_object() else {
        report.warn(format!("{place}: a schema is not an object, taken as any value"));
        return json!({});
    };
    let mut facts = keywords(source, place, report);
    keep.carry(schema, &mut facts);
    if let Some(reference) = source.get("$ref") {
        return reference_schema(reference, facts, place, report);
    }
    if let Some(kind) = source.get("type") {
        facts.insert("type".to_owned(), kind.clone());
    }
    add_exclusive_bounds(source, &mut facts);
    add_children(source, keep, &mut facts, place, report);
    if let Some(discriminator) = source.get("discriminator").and_then(discriminator) {
        facts.insert("discriminator".to_owned(), discriminator);
    }
    Value::Object(facts)
}

fn keywords(source: &Map<String, Value>, place: &str, report: &mut Report) -> Map<String, Value> {
    let mut facts = Map::new();
    for (key, is_right) in KEYWORDS {
        let Some(value) = source.get(key) else { continue };
        if is_right(value) {
            facts.insert(key.to_owned(), value.clone());
        } else if !is_known_defect(key, value) {
            report.warn(format!("{place}: {key} has an unexpected value, dropped"));
        }
    }
    facts
}

/// Malformed in a way that upstream is known for: `required` as a flag of a property, bounds of
/// JSON Schema's later drafts (read elsewhere), an enum or a list of names without members.
fn is_known_defect(key: &str, value: &Value) -> bool {
    match key {
        "required" => value.is_boolean() || *value == json!([]),
        "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "enum" | "x-enum-varnames" | "x-enumNames" => *value == json!([]) || value.is_null(),
        _ => value.is_null(),
    }
}

pub(crate) fn is_list_of_names(value: &Value) -> bool {
    let is_list = |list: &Vec<Value>| !list.is_empty() && list.iter().all(Value::is_string);
    value.as_array().is_some_and(is_list)
}

fn reference_schema(reference: &Value, facts: Map<String, Value>, place: &str, report: &mut Report) -> Value {
    if !reference.is_string() {
        report.warn(format!("{place}: a reference is not a string, taken as any value"));
        return json!({});
    }
    let mut beside = facts;
    beside.retain(|key, _| BESIDE_REFERENCE.contains(&key.as_str()) || OURS.contains(&key.as_str()));
    if beside.keys().any(|key| BESIDE_REFERENCE.contains(&key.as_str())) {
        beside.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    } else {
        beside.insert("$ref".to_owned(), reference.clone());
    }
    Value::Object(beside)
}

/// Later drafts of JSON Schema put the bound itself into `exclusiveMinimum`.
fn add_exclusive_bounds(source: &Map<String, Value>, facts: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(value) = source.get(exclusive).filter(|value| value.is_number()) {
            facts.insert(bound.to_owned(), value.clone());
            facts.insert(exclusive.to_owned(), json!(true));
        }
    }
}

fn add_children(
    source: &Map<String, Value>,
    keep: Keep,
    facts: &mut Map<String, Value>,
    place: &str,
    report: &mut Report,
) {
    let mut inner = |schema: &Value, suffix: &str| strip(schema, keep, &format!("{place}{suffix}"), report);
    if let Some(properties) = source.get("properties") {
        let properties = tree::sorted_entries(properties).into_iter();
        let properties = properties.map(|(name, schema)| (name.clone(), inner(schema, &format!(".{name}"))));
        facts.insert("properties".to_owned(), Value::Object(properties.collect()));
    }
    for (key, suffix) in [("additionalProperties", ".*"), ("items", "[]"), ("not", " (not)")] {
        if let Some(schema) = source.get(key) {
            let is_flag = key == "additionalProperties" && schema.is_boolean();
            facts.insert(key.to_owned(), if is_flag { schema.clone() } else { inner(schema, suffix) });
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let members = source.get(key).map(tree::items).unwrap_or_default().iter().enumerate();
        let members = members.map(|(index, schema)| inner(schema, &format!(".{key}[{index}]")));
        let members: Vec<Value> = members.collect();
        if !members.is_empty() {
            facts.insert(key.to_owned(), Value::Array(members));
        }
    }
}

fn discriminator(value: &Value) -> Option<Value> {
    let name = value.get("propertyName")?.as_str()?;
    let targets =
        tree::sorted_entries(&value["mapping"]).into_iter().filter(|(_, target)| target.is_string());
    let mapping: Map<_, _> = targets.map(|(key, target)| (key.clone(), target.clone())).collect();
    let mut facts = json!({ "propertyName": name });
    if !mapping.is_empty() {
        facts["mapping"] = Value::Object(mapping);
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(schema: Value) -> (Value, usize) {
        let mut report = Report::default();
        let stripped = strip(&schema, Keep::Facts, "x", &mut report);
        (stripped, report.warnings.len())
    }

    #[test]
    fn properties_may_be_called_like_prose() {
        let (stripped, warnings) = run(json!({
            "type": "object", "title": "T", "description": "D", "example": {"description": "e"},
            "required": ["description"],
            "properties": {
                "description": {"type": "string", "description": "prose", "example": "e"},
                "title": {"type": "string"}, "example": {"$ref": "#/components/schemas/A"},
                "summary": {"type": "object", "properties": {"tags": {"type": "array"}}},
                "required": {"type": "boolean", "required": true},
                "$ref": {"type": "string"},
            },
            "x-oneOf": {"a": ["title", "summary"]},
        }));
        assert_eq!(
            stripped,
            json!({
                "type": "object",
                "required": ["description"],
                "properties": {
                    "description": {"type": "string"},
                    "title": {"type": "string"}, "example": {"$ref": "#/components/schemas/A"},
                    "summary": {"type": "object", "properties": {"tags": {"type": "array"}}},
                    "required": {"type": "boolean"},
                    "$ref": {"type": "string"},
                },
                "x-oneOf": {"a": ["title", "summary"]},
            })
        );
        assert_eq!(warnings, 0);
    }

    #[test]
    fn values_that_openapi_cannot_hold_are_dropped() {
        let cases = [
            (json!(true), json!({}), 1),
            (json!({"type": "string", "nullable": "yes"}), json!({"type": "string"}), 1),
            (json!({"minimum": "1", "maxLength": -1}), json!({}), 2),
            (json!({"exclusiveMinimum": 3}), json!({"minimum": 3, "exclusiveMinimum": true}), 0),
            (json!({"enum": [], "required": false}), json!({}), 0),
            (json!({"enum": "A"}), json!({}), 1),
            (json!({"oneOf": []}), json!({}), 0),
            (json!({"$ref": 1}), json!({}), 1),
            (json!({"additionalProperties": "no"}), json!({"additionalProperties": {}}), 1),
        ];
        for (schema, expected, warnings) in cases {
            assert_eq!(run(schema.clone()), (expected, warnings), "{schema}");
        }
    }

    #[test]
    fn facts_beside_a_reference_are_kept() {
        let reference = json!({"$ref": "#/components/schemas/A"});
        let (stripped, _) =
            run(json!({"$ref": "#/components/schemas/A", "description": "d", "required": true}));
        assert_eq!(stripped, reference);
        let (stripped, _) = run(json!({"$ref": "#/components/schemas/A", "nullable": true}));
        assert_eq!(stripped, json!({"allOf": [reference], "nullable": true}));
    }
}
