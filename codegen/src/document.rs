//! The document as JSON, and the few ways in which passes and the model walk it.

use crate::Error;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The HTTP methods that a path item can hold.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Marks an operation that [`Document::select`] has kept for its route alone.
pub const POLL_ONLY: &str = "poll_only";

/// What a reference to a component begins with.
pub const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// An OpenAPI 3.0 document.
#[derive(Debug, Clone)]
pub struct Document(Value);

impl Document {
    /// Parses the document; it must be OpenAPI 3.0.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::new(format!("the document is not valid JSON: {error}")))?;
        match value.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.0.") => Ok(Self(value)),
            version => Err(Error::new(format!(
                "the document must be OpenAPI 3.0, not {}",
                version.unwrap_or("without a version")
            ))),
        }
    }

    /// The whole document.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The document's own extension: areas and id types.
    pub fn extension(&self) -> &Value {
        &self.0["x-opencloud"]
    }

    /// The component schemas.
    pub fn schemas(&self) -> &Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.0.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&EMPTY)
    }

    /// The component schemas, to change.
    pub fn schemas_mut(&mut self) -> &mut Map<String, Value> {
        let root = object(&mut self.0);
        let components = object(root.entry("components").or_insert_with(empty));
        object(components.entry("schemas").or_insert_with(empty))
    }

    /// Each operation: its path (without a `#host` suffix), its method and itself.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        members(&self.0["paths"]).flat_map(|(path, item)| {
            let path = path.split('#').next().unwrap_or(path);
            let operations = members(item).filter(|(method, _)| METHODS.contains(&method.as_str()));
            operations.map(move |(method, operation)| (path, method.as_str(), operation))
        })
    }

    /// Calls `change` with each operation's path and the operation.
    pub fn each_operation(&mut self, mut change: impl FnMut(&str, &mut Map<String, Value>)) {
        for (path, item) in self.0.get_mut("paths").into_iter().flat_map(members_mut) {
            let path = path.split('#').next().unwrap_or(path);
            for (method, operation) in members_mut(item) {
                if METHODS.contains(&method.as_str())
                    && let Some(operation) = operation.as_object_mut()
                {
                    change(path, operation);
                }
            }
        }
    }

    /// Keeps the operations of these areas only, and of other areas the bare routes at which they
    /// are followed.
    pub fn select(&mut self, areas: &[String]) {
        let enabled = |operation: &Value| {
            operation["x-opencloud"]["area"].as_str().is_some_and(|area| areas.iter().any(|of| of == area))
        };
        let operations = self.operations().map(|(_, _, operation)| operation).filter(|of| enabled(of));
        let polled = operations.filter_map(|of| of["x-opencloud"]["operation"]["poll"].as_str());
        let polled: Vec<String> = polled.map(str::to_owned).collect();
        for (path, item) in self.0.get_mut("paths").into_iter().flat_map(members_mut) {
            let Some(item) = item.as_object_mut() else { continue };
            let path = path.split('#').next().unwrap_or(path);
            item.retain(|method, operation| {
                if !METHODS.contains(&method.as_str()) || enabled(operation) {
                    return true;
                }
                let keep = method == "get" && polled.iter().any(|polled| polled == path);
                if keep {
                    reduce_to_route(operation);
                }
                keep
            });
        }
    }

    /// The id (`area.method`) of the GET operation at a path.
    pub fn id_of_get(&self, path: &str) -> Option<String> {
        let (_, _, operation) =
            self.operations().find(|(known, method, _)| *known == path && *method == "get")?;
        let name = |key: &str| operation["x-opencloud"][key].as_str();
        Some(format!("{}.{}", name("area")?, name("method")?))
    }

    /// Calls `change` with every top-level schema: parameters, bodies, responses and components,
    /// each with the name that an inline type found there would get.
    pub fn each_schema(&mut self, mut change: impl FnMut(&str, &mut Value)) {
        self.each_operation(|_, operation| {
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let name = crate::names::type_name(&id.replace('.', "_"));
            for parameter in list(operation, "parameters") {
                let own = crate::names::type_name(parameter["name"].as_str().unwrap_or_default());
                let inner = format!("{name}{own}");
                if let Some(schema) = parameter.get_mut("schema") {
                    change(&inner, schema);
                }
            }
            for (key, suffix) in [("requestBody", "Body"), ("response", "Result")] {
                for schema in content_schemas(operation, key) {
                    change(&format!("{name}{suffix}"), schema);
                }
            }
        });
        for (name, schema) in self.schemas_mut().iter_mut() {
            change(name, schema);
        }
    }
}

/// The schemas of a body or response, one for each media type.
pub fn content_schemas<'a>(
    operation: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Value> {
    let content = operation.get_mut(key).and_then(|body| body.get_mut("content"));
    content.into_iter().flat_map(members_mut).filter_map(|(_, media)| media.get_mut("schema"))
}

/// The properties of a schema, to change.
pub fn properties_mut(schema: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    schema.get_mut("properties").into_iter().flat_map(members_mut)
}

/// The items of a list; none of anything else.
pub fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The members of an object; none of anything else.
pub fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// As [`members`], to change.
pub fn members_mut(object: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    object.as_object_mut().into_iter().flatten()
}

/// The component that a reference names.
pub fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMA_PREFIX)
}

/// The component that a property refers to, also where it is described beside, as the only member of an `allOf`.
pub fn target(schema: &Value) -> Option<&str> {
    reference(schema).or_else(|| match schema.get("allOf")?.as_array()?.as_slice() {
        [only] => reference(only),
        _ => None,
    })
}

/// What a property says beside its type: what it is, its default, its names, and which way it travels. Whatever
/// replaces the property's schema keeps it.
pub const BESIDE: [&str; 8] = [
    "default",
    "deprecated",
    "description",
    "readOnly",
    "writeOnly",
    "x-opencloud-aliases",
    "x-opencloud-id-from",
    "x-opencloud-resource-name",
];

/// Replaces a schema, which keeps what it says of the property [beside](BESIDE) its type.
pub fn replace(schema: &mut Value, mut by: Value) {
    if let (Some(old), Some(new)) = (schema.as_object(), by.as_object_mut()) {
        for key in BESIDE {
            if let Some(said) = old.get(key) {
                new.insert(key.to_owned(), said.clone());
            }
        }
    }
    *schema = by;
}

/// A reference to a component.
pub fn reference_to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{SCHEMA_PREFIX}{name}") })
}

/// The schemas directly inside a schema.
pub fn children_mut(schema: &mut Value) -> impl Iterator<Item = (Option<String>, &mut Value)> {
    let mut children = Vec::new();
    if let Some(object) = schema.as_object_mut() {
        for (key, value) in object.iter_mut() {
            match key.as_str() {
                "properties" => {
                    children.extend(members_mut(value).map(|(name, child)| (Some(name.clone()), child)));
                }
                "items" => children.push((Some("item".to_owned()), value)),
                "additionalProperties" if value.is_object() => {
                    children.push((Some("value".to_owned()), value));
                }
                "allOf" | "oneOf" | "anyOf" => {
                    children.extend(value.as_array_mut().into_iter().flatten().map(|child| (None, child)))
                }
                _ => {}
            }
        }
    }
    children.into_iter()
}

/// Takes from an operation what would make types of it.
fn reduce_to_route(operation: &mut Value) {
    let operation = object(operation);
    for key in ["parameters", "requestBody", "responses"] {
        operation.remove(key);
    }
    object(operation.entry("x-opencloud").or_insert_with(empty)).insert(POLL_ONLY.to_owned(), true.into());
}

/// Calls `change` with the schema and every schema inside it, the innermost first.
pub fn each_inner(schema: &mut Value, change: &mut impl FnMut(&mut Value)) {
    for (_, child) in children_mut(schema) {
        each_inner(child, change);
    }
    change(schema);
}

/// The names of all components that a value refers to.
pub fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = reference(value) {
                found.push(name.to_owned());
            }
            object.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// What is reached from the names at the start: those of which `next` knows what they name in turn.
pub fn reach(
    start: impl IntoIterator<Item = String>,
    next: impl Fn(&str) -> Option<Vec<String>>,
) -> BTreeSet<String> {
    let mut open: Vec<String> = start.into_iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !reached.contains(&name)
            && let Some(named) = next(&name)
        {
            open.extend(named);
            reached.insert(name);
        }
    }
    reached
}

/// The list under a key, or none.
pub fn list<'a>(object: &'a mut Map<String, Value>, key: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = empty();
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("made an object above"),
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_route_of_another_area_stays_for_polling() {
        let operation = |area: &str, poll: Value| {
            json!({
                "x-opencloud": { "area": area, "method": "go", "operation": { "poll": poll } },
                "responses": { "200": {} },
            })
        };
        let document = json!({ "openapi": "3.0.4", "paths": {
            "/a:start": { "post": operation("a", json!("/b/operations/{id}")) },
            "/b/operations/{id}": {
                "get": operation("b", Value::Null), "delete": operation("b", Value::Null),
            },
            "/c": { "get": operation("b", Value::Null) },
        } });
        let mut document = Document::parse(&document.to_string()).expect("a document");
        document.select(&["a".to_owned()]);
        let left: Vec<_> = document
            .operations()
            .map(|(path, method, operation)| {
                (
                    path,
                    method,
                    operation["x-opencloud"][POLL_ONLY] == true,
                    operation.get("responses").is_some(),
                )
            })
            .collect();
        assert_eq!(left, [("/a:start", "post", false, true), ("/b/operations/{id}", "get", true, false)]);
        assert_eq!(document.id_of_get("/b/operations/{id}").as_deref(), Some("b.go"));
    }
}
