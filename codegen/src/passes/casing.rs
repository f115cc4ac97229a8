use crate::document::{Document, members_mut, reference, reference_to};
use crate::names;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `typify` writes every type name in camel case; the names are made so before, so that what
/// refers to them does too.
pub fn run(document: &mut Document) -> usize {
    let mut renamed = BTreeMap::new();
    let mut taken: BTreeSet<String> = document.schemas().keys().cloned().collect();
    for name in taken.clone() {
        let base = names::own_type(&name);
        if base != name
            && let Some(schema) = document.schemas_mut().remove(&name)
        {
            let new = names::unique(base, &mut taken);
            document.schemas_mut().insert(new.clone(), schema);
            renamed.insert(name, new);
        }
    }
    if !renamed.is_empty() {
        document.each_schema(|_, schema| rename(schema, &renamed));
        document.each_operation(|_, operation| {
            for key in ["responses", "requestBody", "parameters"] {
                if let Some(part) = operation.get_mut(key) {
                    rename(part, &renamed);
                }
            }
            let long_running = operation.get_mut("x-opencloud").and_then(|own| own.get_mut("operation"));
            for (_, name) in long_running.into_iter().flat_map(members_mut) {
                if let Some(new) = name.as_str().and_then(|name| renamed.get(name)) {
                    *name = Value::String(new.clone());
                }
            }
        });
    }
    renamed.len()
}

fn rename(value: &mut Value, renamed: &BTreeMap<String, String>) {
    if let Some(new) = reference(value).and_then(|name| renamed.get(name)) {
        let siblings = std::mem::replace(value, reference_to(new));
        if let (Some(object), Value::Object(siblings)) = (value.as_object_mut(), siblings) {
            object.extend(siblings.into_iter().filter(|(key, _)| key != "$ref"));
        }
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|inner| rename(inner, renamed)),
        Value::Array(items) => items.iter_mut().for_each(|inner| rename(inner, renamed)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;
    use serde_json::json;

    #[test]
    fn names_are_camel_case() {
        let mut document = testing::components(json!({
            "ABTest": { "type": "object", "properties": { "of": reference_to("x.Y_") } },
            "x.Y_": { "type": "object" },
            "AbTest": { "type": "object" },
        }));
        assert_eq!(run(&mut document), 2);
        assert_eq!(document.schemas().keys().collect::<Vec<_>>(), ["AbTest", "AbTest2", "XY"]);
        assert_eq!(document.schemas()["AbTest2"]["properties"]["of"], reference_to("XY"));
    }
}
