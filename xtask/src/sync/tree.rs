//! Where schemas live in an OpenAPI document.
//!
//! `description`, `title`, `required`, `$ref` and the like may all be names of properties. Every pass
//! therefore walks by position, through the functions here, and never by searching for a key.

pub use opencloud_codegen::document::METHODS;
use serde_json::Value;

/// Escapes one segment of a JSON pointer.
pub fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// Undoes [`escape`].
pub fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// The items of a list; none of anything else.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The keys of an object in sorted order; none for anything else.
///
/// Whether `serde_json` keeps maps sorted depends on features that other crates of the workspace may
/// turn on, so order that matters is always asked for.
pub fn sorted_keys(value: &Value) -> Vec<String> {
    sorted_entries(value).into_iter().map(|(key, _)| key.clone()).collect()
}

/// The members of an object, in sorted order.
pub fn sorted_entries(value: &Value) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = value.as_object().map(|map| map.iter().collect()).unwrap_or_default();
    entries.sort_by_key(|(key, _)| key.as_str());
    entries
}

/// The same value with the keys of every object in sorted order, whatever map `serde_json` uses.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(_) => Value::Object(
            sorted_entries(value).into_iter().map(|(key, member)| (key.clone(), sorted(member))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// One operation of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationKey {
    pub path: String,
    pub method: String,
}

impl OperationKey {
    pub fn pointer(&self) -> String {
        format!("/paths/{}/{}", escape(&self.path), self.method)
    }

    pub fn get<'a>(&self, document: &'a Value) -> &'a Value {
        &document["paths"][&self.path][&self.method]
    }

    pub fn get_mut<'a>(&self, document: &'a mut Value) -> Option<&'a mut Value> {
        document.get_mut("paths")?.get_mut(&self.path)?.get_mut(&self.method)
    }
}

impl std::fmt::Display for OperationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.to_ascii_uppercase(), self.path)
    }
}

/// All operations of a document, sorted by path and method.
pub fn operations(document: &Value) -> Vec<OperationKey> {
    let mut keys = Vec::new();
    for (path, item) in sorted_entries(&document["paths"]) {
        for (method, operation) in sorted_entries(item) {
            if METHODS.contains(&method.as_str()) && operation.is_object() {
                keys.push(OperationKey { path: path.clone(), method: method.clone() });
            }
        }
    }
    keys
}

/// The component schemas, sorted by name.
pub fn components(document: &Value) -> Vec<(&String, &Value)> {
    sorted_entries(&document["components"]["schemas"])
}

/// Relative pointers to the schemas directly under a schema.
pub fn schema_children(schema: &Value) -> Vec<String> {
    let properties = sorted_entries(&schema["properties"]).into_iter();
    let mut children: Vec<String> =
        properties.map(|(name, _)| format!("/properties/{}", escape(name))).collect();
    let single = ["items", "additionalProperties", "not"].into_iter();
    children.extend(single.filter(|key| schema[key].is_object()).map(|key| format!("/{key}")));
    for key in ["allOf", "oneOf", "anyOf"] {
        children.extend((0..items(&schema[key]).len()).map(|index| format!("/{key}/{index}")));
    }
    children
}

/// Relative pointers to the outermost schemas of an operation: parameters, bodies, responses,
/// response headers and the types of a long-running operation.
pub fn operation_schemas(operation: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (index, parameter) in items(&operation["parameters"]).iter().enumerate() {
        if parameter.get("schema").is_some() {
            found.push(format!("/parameters/{index}/schema"));
        }
    }
    found.extend(member_schemas(&operation["requestBody"]["content"], "/requestBody/content"));
    for (status, response) in sorted_entries(&operation["responses"]) {
        for part in ["headers", "content"] {
            found.extend(member_schemas(&response[part], &format!("/responses/{}/{part}", escape(status))));
        }
    }
    let types = "x-long-running-operation-parameters";
    found.extend(sorted_keys(&operation[types]).iter().map(|key| format!("/{types}/{}", escape(key))));
    found
}

/// Relative pointers to the schemas that the members of an object hold: headers, or media types.
fn member_schemas(members: &Value, at: &str) -> impl Iterator<Item = String> {
    let with_schema =
        sorted_entries(members).into_iter().filter(|(_, member)| member.get("schema").is_some());
    with_schema.map(move |(name, _)| format!("{at}/{}/schema", escape(name)))
}

/// Pointers to every outermost schema of a document: those of its operations and its components.
pub fn schema_roots(document: &Value) -> Vec<String> {
    let mut roots = Vec::new();
    for key in operations(document) {
        let schemas = operation_schemas(key.get(document)).into_iter();
        roots.extend(schemas.map(|schema| format!("{}{schema}", key.pointer())));
    }
    roots.extend(components(document).into_iter().map(|(name, _)| component_pointer(name)));
    roots
}

/// The pointer of a component schema.
pub fn component_pointer(name: &str) -> String {
    format!("/components/schemas/{}", escape(name))
}

/// Calls `f` with the pointer and the value of a schema and of each schema inside it.
pub fn visit<'a>(schema: &'a Value, at: &str, f: &mut dyn FnMut(&str, &'a Value)) {
    f(at, schema);
    for child in schema_children(schema) {
        if let Some(inner) = schema.pointer(&child) {
            visit(inner, &format!("{at}{child}"), f);
        }
    }
}

/// Like [`visit`], and lets `f` change each schema before its (new) children are visited.
pub fn visit_mut(schema: &mut Value, at: &str, f: &mut dyn FnMut(&str, &mut Value)) {
    f(at, schema);
    for child in schema_children(schema) {
        if let Some(inner) = schema.pointer_mut(&child) {
            visit_mut(inner, &format!("{at}{child}"), f);
        }
    }
}

/// [`visit`] for every schema of a document.
pub fn visit_document<'a>(document: &'a Value, f: &mut dyn FnMut(&str, &'a Value)) {
    for root in schema_roots(document) {
        if let Some(schema) = document.pointer(&root) {
            visit(schema, &root, f);
        }
    }
}

/// [`visit_mut`] for every schema of a document.
pub fn visit_document_mut(document: &mut Value, f: &mut dyn FnMut(&str, &mut Value)) {
    for root in schema_roots(document) {
        if let Some(schema) = document.pointer_mut(&root) {
            visit_mut(schema, &root, f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_property_may_be_called_like_a_keyword() {
        let schema = json!({
            "properties": { "items": {"type": "string"}, "properties": {"properties": {"allOf": {}}} },
            "additionalProperties": true,
            "allOf": [{"$ref": "#/components/schemas/A"}],
        });
        let mut seen = Vec::new();
        visit(&schema, "", &mut |at, _| seen.push(at.to_owned()));
        assert_eq!(
            seen,
            [
                "",
                "/properties/items",
                "/properties/properties",
                "/properties/properties/properties/allOf",
                "/allOf/0",
            ]
        );
    }

    #[test]
    fn every_schema_slot_of_an_operation_is_found() {
        let operation = json!({
            "parameters": [{"name": "a", "schema": {}}, {"name": "b"}],
            "requestBody": {"content": {"application/json": {"schema": {}}}},
            "responses": {"200": {
                "headers": {"x": {"schema": {}}},
                "content": {"text/json": {"schema": {}}, "text/plain": {}},
            }},
            "x-long-running-operation-parameters": {"response": {}},
        });
        assert_eq!(
            operation_schemas(&operation),
            [
                "/parameters/0/schema",
                "/requestBody/content/application~1json/schema",
                "/responses/200/headers/x/schema",
                "/responses/200/content/text~1json/schema",
                "/x-long-running-operation-parameters/response",
            ]
        );
    }

    #[test]
    fn methods_that_are_none_are_no_operations() {
        let document =
            json!({"paths": {"/b": {"get": {}, "parameters": [], "x-get": {}}, "/a": {"post": {}}}});
        let found: Vec<_> = operations(&document).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["POST /a", "GET /b"]);
    }
}
