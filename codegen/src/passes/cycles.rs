use crate::Document;
use crate::document::{members, properties_mut, reach, reference};
use crate::passes::scalars::rust_type;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Every property through which a type holds itself is a `Box`. progenitor breaks a cycle too, but at a place that depends on
/// the other types of the document, so that enabling an area could change the types of another.
///
/// Relies on `hoist`: objects are references.
pub fn run(document: &mut Document) -> usize {
    let targets = |schema: &Value| -> Vec<String> {
        let properties = members(&schema["properties"]).map(|(_, property)| property);
        properties.filter_map(reference).map(str::to_owned).collect()
    };
    let schemas = document.schemas().iter();
    let held: BTreeMap<_, _> = schemas.map(|(name, schema)| (name.clone(), targets(schema))).collect();
    let inside = |name: &str| reach([name.to_owned()], |name| held.get(name).cloned());
    let mut count = 0;
    for (name, schema) in document.schemas_mut() {
        for (_, property) in properties_mut(schema) {
            if reference(property).is_some_and(|inner| inside(inner).contains(name)) {
                let mut boxed = rust_type("std::boxed::Box");
                boxed["parameters"] = json!([{ "$ref": property["$ref"] }]);
                property["x-rust-type"] = boxed;
                property.as_object_mut().map(|property| property.remove("$ref"));
                count += 1;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;

    #[test]
    fn what_holds_itself_is_boxed_and_a_list_of_itself_is_not() {
        let mut document = testing::components(json!({
            "Tree": { "properties": {
                "parent": reference_to("Tree"),
                "leaf": reference_to("Leaf"),
                "branches": { "type": "array", "items": reference_to("Tree") },
            } },
            "Leaf": { "properties": { "at": reference_to("Tree"), "color": reference_to("Color") } },
            "Color": { "type": "string", "enum": ["RED"] },
        }));
        assert_eq!(run(&mut document), 3);
        let boxed = |of: &str, property: &str| {
            document.schemas()[of]["properties"][property]["x-rust-type"]["parameters"][0].clone()
        };
        assert_eq!(boxed("Tree", "parent"), reference_to("Tree"));
        assert_eq!(boxed("Tree", "leaf"), reference_to("Leaf"));
        assert_eq!(boxed("Leaf", "at"), reference_to("Tree"));
        assert_eq!(boxed("Leaf", "color"), Value::Null);
        assert_eq!(boxed("Tree", "branches"), Value::Null);
    }
}
