use crate::Document;
use crate::document::{BESIDE, each_inner, properties_mut};
use serde_json::{Value, json};

/// Keywords that would make a generated type refuse, or silently send, a value. What a request
/// needs is kept aside as `x-required`: it becomes an argument, not a reason to refuse a response.
const STRICT: [&str; 16] = [
    "default",
    "example",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "discriminator",
];

pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| {
            let Some(object) = schema.as_object_mut() else { return };
            for keyword in STRICT {
                count += usize::from(object.remove(keyword).is_some());
            }
            if let Some(Value::Array(required)) = object.remove("required") {
                count += 1;
                object.insert("x-required".to_owned(), Value::Array(required));
            }
            let closed = !object.get("additionalProperties").is_some_and(Value::is_object);
            let named = object.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
            if closed || named {
                count += usize::from(object.remove("additionalProperties").is_some());
            }
            // A property that is an object of unknown content may as well be a list one day.
            let is_bare = object.keys().all(|key| key == "type" || BESIDE.contains(&key.as_str()));
            if !named && is_bare && object.get("type") == Some(&json!("object")) {
                object.remove("type");
            }
            // An absent list and an empty one are different things in a request.
            for (_, property) in properties_mut(schema).filter(|(_, property)| property.is_object()) {
                if property.get("$ref").is_none() {
                    property["nullable"] = json!(true);
                }
            }
        });
    });
    // A response that has no content yet stays an object.
    for schema in document.schemas_mut().values_mut().filter_map(Value::as_object_mut) {
        if !schema.contains_key("enum") {
            schema.entry("type").or_insert_with(|| json!("object"));
        }
    }
    // Whether a type may be null is its place's business, not the type's.
    for schema in document.schemas_mut().values_mut().filter_map(Value::as_object_mut) {
        count += usize::from(schema.remove("nullable").is_some());
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn nothing_strict_is_left() {
        let mut document = testing::components(json!({
            "Thing": {
                "type": "object",
                "required": ["a"],
                "additionalProperties": false,
                "properties": {
                    "a": { "type": "integer", "minimum": 1, "default": 5 },
                    "default": { "type": "string", "maxLength": 3 },
                },
            },
        }));
        assert!(run(&mut document) >= 5);
        assert_eq!(
            document.schemas()["Thing"],
            json!({
                "type": "object",
                "x-required": ["a"],
                "properties": {
                    "a": { "type": "integer", "nullable": true },
                    "default": { "type": "string", "nullable": true },
                },
            })
        );
    }
}
