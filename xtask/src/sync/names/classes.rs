//! Which of the schemas with one name are the same type.
//!
//! Two schemas can be equal only by referring to two schemas that are equal in turn. So all are taken
//! as equal that have one name, and classes are split until their members are the same.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::refs;
use super::super::tree;

/// A schema that is to become a type of that name.
pub(crate) struct Member<'a> {
    pub name: &'a str,
    /// The component it is, if it is one; others are inline.
    pub component: Option<&'a str>,
    pub schema: &'a Value,
}

/// The class of each member; members of one class have one name and one structure.
pub(crate) fn classes(members: &[Member]) -> Vec<usize> {
    let mut classes = number(members.iter().map(|member| member.name));
    loop {
        let classed = || members.iter().zip(&classes);
        let by_component: BTreeMap<&str, usize> =
            classed().filter_map(|(member, class)| Some((member.component?, *class))).collect();
        let keys = classed().map(|(member, class)| {
            let mut signature = signature(member.schema, &by_component);
            if member.component.is_none() {
                forget_use(&mut signature);
            }
            let signature = tree::sorted(&signature);
            (*class, signature.to_string())
        });
        let split = number(keys);
        if count(&split) == count(&classes) {
            return classes;
        }
        classes = split;
    }
}

/// Numbers values so that equal ones get equal numbers.
fn number<T: Ord>(values: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    values
        .map(|value| {
            let next = numbers.len() + 1;
            *numbers.entry(value).or_insert(next)
        })
        .collect()
}

fn count(classes: &[usize]) -> usize {
    classes.iter().max().copied().unwrap_or_default()
}

/// What an inline schema says about its one use does not belong to the type.
fn forget_use(signature: &mut Value) {
    const USE: [&str; 6] = ["nullable", "default", "readOnly", "writeOnly", "deprecated", "x-immutable"];
    if let Some(map) = signature.as_object_mut() {
        for key in USE {
            map.remove(key);
        }
    }
}

/// A schema without names and sentences, its references as the classes that they lead to.
fn signature(schema: &Value, classes: &BTreeMap<&str, usize>) -> Value {
    let mut signature = schema.clone();
    tree::visit_mut(&mut signature, "", &mut |_, schema| {
        let Some(map) = schema.as_object_mut() else { return };
        map.remove("description");
        map.remove("x-opencloud-type");
        let component = map.get("$ref").and_then(Value::as_str).and_then(refs::component_of);
        if let Some(class) = component.and_then(|name| classes.get(name.as_str())) {
            map.insert("$ref".to_owned(), Value::from(*class));
        }
    });
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(schemas: &[(&str, &str, Value)]) -> Vec<usize> {
        let members: Vec<Member> = schemas
            .iter()
            .map(|(component, name, schema)| Member { name, component: Some(component), schema })
            .collect();
        classes(&members)
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn sentences_do_not_tell_schemas_apart() {
        let found = run(&[
            (
                "A",
                "X",
                json!({"type": "object", "description": "a", "properties": {"description": {"type": "string"}}}),
            ),
            (
                "B",
                "X",
                json!({"type": "object", "description": "b", "properties": {"description": {"type": "string"}}}),
            ),
            ("C", "X", json!({"type": "object", "properties": {"description": {"type": "integer"}}})),
        ]);
        assert_eq!(found[0], found[1]);
        assert_ne!(found[0], found[2]);
    }

    #[test]
    fn equality_goes_through_references() {
        let list = |of: &str| json!({"items": reference(of)});
        let found = run(&[
            ("A.List", "List", list("A.Item")),
            ("B.List", "List", list("B.Item")),
            ("C.List", "List", list("C.Item")),
            ("A.Item", "Item", json!({"properties": {"next": reference("A.List")}})),
            ("B.Item", "Item", json!({"properties": {"next": reference("B.List")}})),
            ("C.Item", "Item", json!({"properties": {"next": reference("C.List"), "more": {}}})),
        ]);
        assert_eq!(found[0], found[1]);
        assert_eq!(found[3], found[4]);
        assert_ne!(found[0], found[2]);
        assert_ne!(found[3], found[5]);
    }

    #[test]
    fn the_use_of_an_inline_type_does_not_count() {
        let [a, b] = [json!({"enum": ["A"], "nullable": true}), json!({"enum": ["A"], "default": "A"})];
        let inline = [&a, &b].map(|schema| Member { name: "X", component: None, schema });
        let found = classes(&inline);
        assert_eq!(found[0], found[1]);
    }

    #[test]
    fn one_structure_with_two_names_stays_two() {
        let found = run(&[("A", "X", json!({})), ("B", "Y", json!({}))]);
        assert_ne!(found[0], found[1]);
    }
}
