use crate::Document;
use crate::document::{each_inner, reference};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What no version of the document should hold and some do: a schema that is `true`, a list of
/// types, a reference to nothing, an enum without values, an array without items.
pub fn run(document: &mut Document) -> usize {
    let known: BTreeSet<String> = document.schemas().keys().cloned().collect();
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| count += usize::from(repair(schema, &known)));
    });
    count
}

fn repair(schema: &mut Value, known: &BTreeSet<String>) -> bool {
    if schema.get("$ref").is_some() {
        let dangling = reference(schema).is_none_or(|name| !known.contains(name));
        if dangling {
            *schema = json!({});
        }
        return dangling;
    }
    let Some(object) = schema.as_object_mut() else {
        *schema = json!({});
        return true;
    };
    if object.get("x-opencloud-open") == Some(&json!(true)) {
        *schema = json!({});
        return true;
    }
    let mut changed = false;
    if object.get("type").is_some_and(|kind| !kind.is_string()) || object.remove("not").is_some() {
        object.remove("type");
        changed = true;
    }
    changed |= forget_repeated_values(object);
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        let before = values.len();
        values.retain(|value| value.is_string() || value.is_i64());
        let mixed = values.iter().any(Value::is_string) && values.iter().any(Value::is_i64);
        changed |= values.len() != before;
        if values.is_empty() || mixed {
            object.remove("enum");
            object.remove("x-enum-varnames");
            changed = true;
        }
    } else {
        changed |= object.remove("enum").is_some();
    }
    if object.get("type") == Some(&json!("array")) && !object.contains_key("items") {
        object.insert("items".to_owned(), json!({}));
        changed = true;
    }
    if object.get("properties").is_some_and(|properties| !properties.is_object()) {
        object.remove("properties");
        changed = true;
    }
    if object.contains_key("properties") && object.get("type") != Some(&json!("object")) {
        object.insert("type".to_owned(), json!("object"));
        changed = true;
    }
    changed
}

/// Values that stand in an enum twice, with their names.
fn forget_repeated_values(object: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(values)) = object.get("enum") else { return false };
    let first: Vec<bool> =
        values.iter().enumerate().map(|(at, value)| !values[..at].contains(value)).collect();
    if first.iter().all(|first| *first) {
        return false;
    }
    for key in ["enum", "x-enum-varnames", "x-enumNames"] {
        if let Some(Value::Array(list)) = object.get_mut(key)
            && list.len() == first.len()
        {
            let mut first = first.iter();
            list.retain(|_| first.next() == Some(&true));
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn oddities_become_any_value() {
        let mut document = testing::components(json!({
            "Odd": { "properties": {
                "dangling": { "$ref": "#/components/schemas/Gone" },
                "elsewhere": { "$ref": "other.json#/X" },
                "list": { "type": "array" },
                "types": { "type": ["string", "null"] },
                "yes": true,
                "empty": { "type": "string", "enum": [] },
                "twice": { "type": "integer", "enum": [1, 2, 1], "x-enum-varnames": ["A", "B", "C"] },
                "nulls": { "type": "string", "enum": ["A", null] },
                "fine": { "type": "string" },
            } },
        }));
        assert_eq!(run(&mut document), 9);
        assert_eq!(
            document.schemas()["Odd"],
            json!({ "type": "object", "properties": {
                "dangling": {}, "elsewhere": {}, "list": { "type": "array", "items": {} }, "types": {},
                "twice": { "type": "integer", "enum": [1, 2], "x-enum-varnames": ["A", "B"] },
                "yes": {}, "empty": { "type": "string" }, "nulls": { "type": "string", "enum": ["A"] },
                "fine": { "type": "string" },
            } })
        );
    }
}
