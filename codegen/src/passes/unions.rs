use crate::Document;
use crate::document::{each_inner, reference};
use serde_json::{Map, Value, json};

/// No union of the document has a discriminator, and an untagged one would take its first member
/// always, since every property may be missing. One object with all members' properties loses
/// nothing; a union of other things is any JSON value.
pub fn run(document: &mut Document) -> usize {
    let components = document.schemas().clone();
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| {
            let Some(object) = schema.as_object_mut() else { return };
            let Some(Value::Array(members)) = object.remove("oneOf").or_else(|| object.remove("anyOf"))
            else {
                return;
            };
            count += 1;
            let mut members: Vec<Value> =
                members.into_iter().filter(|member| member.get("type") != Some(&json!("null"))).collect();
            let kept = ["description", "x-opencloud-type", "nullable"].into_iter();
            let kept: Vec<_> = kept.filter_map(|key| Some((key.to_owned(), object.remove(key)?))).collect();
            let mut union = match members.len() {
                1 => members.remove(0),
                _ => merge_objects(&members, &components),
            };
            if let Some(merged) = union.as_object_mut().filter(|merged| merged.contains_key("properties")) {
                merged.extend(kept);
            }
            *schema = union;
        });
    });
    count
}

/// One object with the properties of all members, or any value if one of them is not an object. A
/// property that two members define differently is any value.
pub fn merge_objects(members: &[Value], components: &Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for member in members {
        let Some(found) = object_properties(member, components, 0) else { return json!({}) };
        for (name, schema) in found {
            let differs = properties.get(&name).is_some_and(|known| *known != schema);
            properties.insert(name, if differs { json!({}) } else { schema });
        }
    }
    json!({ "type": "object", "properties": properties })
}

/// References deeper than this are a cycle.
const DEPTH: usize = 16;

fn object_properties(
    schema: &Value,
    components: &Map<String, Value>,
    depth: usize,
) -> Option<Map<String, Value>> {
    if depth > DEPTH {
        return None;
    }
    if let Some(name) = reference(schema) {
        return object_properties(components.get(name)?, components, depth + 1);
    }
    if let Some(members) = ["allOf", "oneOf", "anyOf"].iter().find_map(|key| schema.get(key)?.as_array()) {
        let mut all = Map::new();
        for member in members {
            all.extend(object_properties(member, components, depth + 1)?);
        }
        return Some(all);
    }
    match schema.get("properties") {
        Some(properties) => properties.as_object().cloned(),
        None if schema.get("type") == Some(&json!("object")) => Some(Map::new()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;

    #[test]
    fn a_union_of_objects_holds_all_properties() {
        let mut document = testing::components(json!({
            "A": { "type": "object", "properties": { "a": { "type": "string" }, "x": { "type": "string" } } },
            "B": { "type": "object", "properties": { "b": { "type": "string" }, "x": { "type": "integer" } } },
            "Either": { "oneOf": [reference_to("A"), reference_to("B")] },
            "Mixed": { "anyOf": [reference_to("A"), { "type": "string" }] },
            "One": { "oneOf": [reference_to("A"), { "type": "null" }] },
        }));
        assert_eq!(run(&mut document), 3);
        assert_eq!(
            document.schemas()["Either"],
            json!({ "type": "object", "properties": {
                "a": { "type": "string" }, "b": { "type": "string" }, "x": {} } })
        );
        assert_eq!(document.schemas()["Mixed"], json!({}));
        assert_eq!(document.schemas()["One"], reference_to("A"));
    }
}
