use crate::Document;
use crate::document::{each_inner, reference, replace};
use crate::passes::hoist::is_type;
use serde_json::{Map, Value, json};

/// A named string, list or map gives a reader nothing that its content does not. A named object
/// without properties stays: it is a response that has no content yet.
///
/// Relies on `hoist`: whatever is a type stands under `components`.
pub fn run(document: &mut Document) -> usize {
    let is_alias = |schema: &Value| !is_type(schema) && !is_empty_object(schema);
    let aliases = document.schemas().iter().filter(|(_, schema)| is_alias(schema));
    let aliases: Map<_, _> = aliases.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    let mut count = 0;
    document.each_schema(|_, schema| {
        each_inner(schema, &mut |schema| {
            count += usize::from(inline(schema, &aliases, &mut Vec::new()));
        });
    });
    document.schemas_mut().retain(|name, _| !aliases.contains_key(name));
    count
}

fn inline(schema: &mut Value, aliases: &Map<String, Value>, path: &mut Vec<String>) -> bool {
    let Some((name, alias)) = reference(schema).and_then(|name| Some((name.to_owned(), aliases.get(name)?)))
    else {
        return false;
    };
    if path.contains(&name) {
        *schema = json!({});
        return true;
    }
    path.push(name);
    let mut content = alias.clone();
    each_inner(&mut content, &mut |inner| {
        inline(inner, aliases, path);
    });
    path.pop();
    replace(schema, content);
    true
}

fn is_empty_object(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("object"))
        && schema.get("additionalProperties").is_none_or(|additional| !additional.is_object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;

    #[test]
    fn aliases_stand_where_they_are_used() {
        let mut document = testing::components(json!({
            "Names": { "type": "array", "items": reference_to("Name") },
            "Name": { "type": "string" },
            "Knot": { "type": "array", "items": reference_to("Knot") },
            "Nothing": { "type": "object" },
            "Thing": { "type": "object", "properties": {
                "names": reference_to("Names"), "nothing": reference_to("Nothing"), "knot": reference_to("Knot") } },
        }));
        run(&mut document);
        assert_eq!(document.schemas().keys().collect::<Vec<_>>(), ["Nothing", "Thing"]);
        assert_eq!(
            document.schemas()["Thing"]["properties"],
            json!({
                "names": { "type": "array", "items": { "type": "string" } },
                "nothing": reference_to("Nothing"),
                "knot": { "type": "array", "items": {} },
            })
        );
    }
}
