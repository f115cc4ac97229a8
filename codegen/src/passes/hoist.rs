use crate::Document;
use crate::document::{children_mut, members, reference_to, replace};
use crate::names;
use serde_json::{Map, Value, json};

/// Inline types get a name: `x-opencloud-type`, or their parent's name and the property's. Two places
/// that ask for one name share the type if it is the same, and get a number if not.
///
/// Relies on `wrappers` and `unions`: no `allOf`, `oneOf` or `anyOf` is left.
pub fn run(document: &mut Document) -> usize {
    let mut hoisted = Hoisted { known: document.schemas().clone(), count: 0 };
    document.each_schema(|name, schema| {
        // A component's own type has its name already; only what is inside it is hoisted.
        let is_component = hoisted.known.contains_key(name);
        for (property, child) in children_mut(schema) {
            hoisted.visit(&inner_name(name, property.as_deref()), child);
        }
        if !is_component {
            hoisted.lift(name, schema);
        }
    });
    let count = hoisted.count;
    for (name, schema) in hoisted.known {
        document.schemas_mut().entry(name).or_insert(schema);
    }
    count
}

struct Hoisted {
    known: Map<String, Value>,
    count: usize,
}

impl Hoisted {
    fn visit(&mut self, name: &str, schema: &mut Value) {
        for (property, child) in children_mut(schema) {
            self.visit(&inner_name(name, property.as_deref()), child);
        }
        self.lift(name, schema);
    }

    fn lift(&mut self, name: &str, schema: &mut Value) {
        if !is_type(schema) {
            return;
        }
        let nullable = schema.get("nullable").cloned();
        let name = names::own_type(schema["x-opencloud-type"].as_str().unwrap_or(name));
        let name = self.claim(&name, schema);
        replace(schema, reference_to(&name));
        if let (Some(nullable), Some(object)) = (nullable, schema.as_object_mut()) {
            object.insert("nullable".to_owned(), nullable);
        }
        self.count += 1;
    }

    /// The name under which the schema is known from now on.
    fn claim(&mut self, wanted: &str, schema: &Value) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while let Some(known) = self.known.get(&name) {
            if shape(known) == shape(schema) {
                return name;
            }
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.known.insert(name.clone(), schema.clone());
        name
    }
}

fn inner_name(parent: &str, property: Option<&str>) -> String {
    match property {
        Some(property) => format!("{parent}{}", names::type_name(property)),
        None => parent.to_owned(),
    }
}

/// Whether a schema is a type of its own: an enum, or an object with known properties.
pub fn is_type(schema: &Value) -> bool {
    schema.get("enum").is_some() || members(&schema["properties"]).next().is_some()
}

/// What makes two types the same.
fn shape(schema: &Value) -> Value {
    let mut shape = Map::new();
    for key in ["type", "enum", "x-enum-varnames", "properties"] {
        if let Some(mut value) = schema.get(key).cloned() {
            forget_prose(&mut value);
            shape.insert(key.to_owned(), value);
        }
    }
    Value::Object(shape)
}

fn forget_prose(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if !object.get("description").is_some_and(Value::is_object) {
                object.remove("description");
            }
            object.remove("nullable");
            if object.contains_key("$ref") {
                object.retain(|key, _| key == "$ref");
            }
            object.values_mut().for_each(forget_prose);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_prose),
        _ => {}
    }
    if value == &json!(null) {
        *value = json!({});
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn inline_types_get_names() {
        let size = json!({ "type": "string", "enum": ["S", "L"], "x-opencloud-type": "Size" });
        let mut document = testing::document(
            json!({
                "operationId": "things.get",
                "parameters": [
                    { "name": "size", "in": "query", "schema": size },
                    { "name": "order", "in": "query",
                      "schema": { "type": "array", "items": { "type": "string", "enum": ["up"] } } },
                ],
                "response": { "content": { "application/json": { "schema": {
                    "type": "object", "properties": { "a": { "type": "string" } } } } } },
            }),
            json!({
                "Thing": { "type": "object", "properties": {
                    "size": size,
                    "other": { "type": "string", "enum": ["X"], "x-opencloud-type": "Size" },
                    "part": { "type": "object", "properties": { "b": { "type": "string" } } },
                    "free": { "type": "object" },
                } },
            }),
        );
        assert_eq!(run(&mut document), 6);
        let operation = testing::operation(&document);
        assert_eq!(operation["parameters"][0]["schema"], reference_to("Size"));
        assert_eq!(operation["parameters"][1]["schema"]["items"], reference_to("ThingsGetOrderItem"));
        assert_eq!(
            operation["response"]["content"]["application/json"]["schema"],
            reference_to("ThingsGetResult")
        );
        assert_eq!(
            document.schemas()["Thing"]["properties"],
            json!({
                "size": reference_to("Size"), "other": reference_to("Size2"),
                "part": reference_to("ThingPart"), "free": { "type": "object" },
            })
        );
    }
}
