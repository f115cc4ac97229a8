use crate::Document;
use crate::document::{BESIDE, each_inner, reference, replace};
use crate::passes::unions::merge_objects;
use serde_json::{Map, Value};

/// OpenAPI 3.0 wraps a reference in `allOf` to say more about it (nullable, a description).
pub fn run(document: &mut Document) -> usize {
    let components = document.schemas().clone();
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| count += usize::from(unwrap(schema, &components)));
    });
    count
}

fn unwrap(schema: &mut Value, components: &Map<String, Value>) -> bool {
    let Some(object) = schema.as_object_mut() else { return false };
    let Some(Value::Array(mut members)) = object.remove("allOf") else {
        // Keywords beside a reference have no meaning in OpenAPI 3.0.
        let is_kept = |key: &String| key == "$ref" || BESIDE.contains(&key.as_str());
        let siblings = object.contains_key("$ref") && !object.keys().all(is_kept);
        if siblings {
            object.retain(|key, _| is_kept(key));
        }
        return siblings;
    };
    let own = object.contains_key("properties");
    if let ([_], false) = (members.as_slice(), own) {
        let mut inner = members.remove(0);
        if reference(&inner).is_none() {
            for (key, value) in object.clone() {
                inner.as_object_mut().map(|inner| inner.entry(key).or_insert(value));
            }
        }
        replace(schema, inner);
        return true;
    }
    if own {
        members.push(Value::Object(object.clone()));
    }
    replace(schema, merge_objects(&members, components));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;
    use serde_json::json;

    #[test]
    fn wrappers_go() {
        let mut document = testing::components(json!({
            "Inner": { "type": "object", "properties": { "a": { "type": "string" } } },
            "Outer": { "type": "object", "properties": {
                "wrapped": { "allOf": [reference_to("Inner")], "nullable": true },
                "beside": { "$ref": "#/components/schemas/Inner", "description": "said here", "title": "gone",
                    "x-opencloud-aliases": ["next"], "readOnly": true },
                "default": { "allOf": [reference_to("Inner")], "default": "A" },
                "both": { "allOf": [reference_to("Inner"),
                    { "type": "object", "properties": { "b": { "type": "integer" } } }] },
            } },
        }));
        assert_eq!(run(&mut document), 4);
        assert_eq!(
            document.schemas()["Outer"]["properties"],
            json!({
                "wrapped": reference_to("Inner"),
                "beside": { "$ref": "#/components/schemas/Inner", "description": "said here",
                    "x-opencloud-aliases": ["next"], "readOnly": true },
                "default": { "$ref": "#/components/schemas/Inner", "default": "A" },
                "both": { "type": "object", "properties": {
                    "a": { "type": "string" }, "b": { "type": "integer" } } },
            })
        );
    }
}
