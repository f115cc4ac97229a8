//! What services take although the document says it otherwise.
//!
//! The JSON of protocol buffers, which the services speak, has more than one way to write a value: an
//! int64 may be a string of digits, null stands for an absent field, and a field may be named
//! `in_snake_case`. Clients of other languages make use of it, and write `True` in a query. A request
//! that the document refuses is therefore read once more in this light, and what a behaviour gets is
//! the plain form. Which of these each service takes is not documented; this is our reading. A lenient
//! emulator also takes names in any letter case, as at least one client in use writes them. A form without a file may
//! come as JSON, as a guide of Roblox sends one. An update of an asset may say a part of how that was made, as at least
//! one client does: it changes nothing.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::document::media_type::{essence, is_json};
use crate::document::names::{camel, plain};
use crate::document::nesting::unfit;
use crate::document::request::{Part, multipart, query_pairs, write_form};
use crate::document::{Document, Location, Operation};

/// Which spellings of a property's name are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// `displayName` and `display_name`.
    ProtocolBuffers,
    /// Also `DisplayName` and `displayname`.
    AnyCase,
}

impl Names {
    fn are_same(self, known: &str, sent: &str) -> bool {
        match self {
            Names::AnyCase => plain(known) == plain(sent),
            Names::ProtocolBuffers => sent.contains('_') && camel(sent) == known,
        }
    }
}

/// What is said of an asset when it is made, and never changes.
const SAID_ONCE: &str = "creationContext";

/// What must not be null, although that stands for an absent field elsewhere (UN-07).
const NEVER_NULL: &str = "placeIds";

/// Schemas are nested no deeper than this.
const MAX_DEPTH: usize = 32;

const FORM: &str = "multipart/form-data";
const JSON: &str = "application/json";

/// The boundary of forms that are written anew.
const BOUNDARY: &str = "opencloud-emulator-form";

/// Reads the requests of an operation.
pub(crate) struct Reader<'a> {
    pub(crate) document: &'a Document,
    pub(crate) operation: &'a Operation,
    pub(crate) names: Names,
}

impl Reader<'_> {
    /// The query with its booleans as `true` and `false`, and without masks that name nothing.
    pub(crate) fn query(&self, query: &str) -> String {
        let Reader { document, operation, names } = *self;
        let known = |name: String| {
            if operation.parameter(Location::Query, &name).is_some() {
                return name;
            }
            let parameters = operation.parameters.iter();
            let mut parameters = parameters.filter(|parameter| parameter.location == Location::Query);
            let same = parameters.find(|parameter| names.are_same(&parameter.name, &name));
            same.map_or(name, |parameter| parameter.name.clone())
        };
        let schema = |name: &str| {
            let parameter = operation.parameter(Location::Query, name)?;
            Some((document.resolve(&parameter.schema), parameter.required))
        };
        let says = |name: &str, keyword: &str, word: &str| {
            schema(name).is_some_and(|(schema, _)| schema.get(keyword).is_some_and(|value| value == word))
        };
        let is_boolean = |name: &str| says(name, "type", "boolean");
        let is_mask = |name: &str| says(name, "format", "field-mask");
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let said = query_pairs(query).into_iter().map(|(name, value)| (known(name), value));
        // An optional number that is empty is none: samples of the guides leave it so.
        let is_left_empty = |name: &str| {
            let is_required = schema(name).is_some_and(|(_, is_required)| is_required);
            !is_required && ["integer", "number", "boolean"].iter().any(|kind| says(name, "type", kind))
        };
        let said = said.filter(|(name, value)| !(value.is_empty() && is_left_empty(name)));
        let said = said.filter(|(name, value)| !(value.is_empty() && is_mask(name)));
        let pairs = said.map(|(name, value)| {
            let value = if is_boolean(&name) { value.to_ascii_lowercase() } else { value };
            format!("{}={}", encode(&name), encode(&value))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The body in its plain form; `None` if it cannot be read or has no other form.
    pub(crate) fn body(&self, content_type: &str, body: &[u8]) -> Option<Vec<u8>> {
        let schema = &self.operation.body.as_ref()?.media(content_type)?.schema;
        if is_json(content_type) {
            let value = read(body)?;
            return serde_json::to_vec(&self.value(schema, value, 0)).ok();
        }
        if essence(content_type) != FORM {
            return None;
        }
        let properties = self.document.resolve(schema).get("properties")?;
        let boundary = multer::parse_boundary(content_type).ok()?;
        let mut parts = multipart(content_type, body).ok()?;
        for part in &mut parts {
            let schema = properties.get(&part.name).map(|schema| self.document.resolve(schema));
            let is_object = |schema: &Value| schema.get("properties").is_some();
            if let Some(schema) = schema.filter(|schema| is_object(schema)) {
                let value = read(&part.content)?;
                part.content = serde_json::to_vec(&self.value(schema, value, 0)).ok()?.into();
            }
        }
        Some(write_form(&boundary, &parts))
    }

    /// A form that came as a JSON object of texts, and its content type. The document has only the form for what the
    /// guides send as JSON.
    pub(crate) fn form(&self, content_type: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
        let properties = self.properties_of(FORM, content_type).filter(|_| is_json(content_type))?;
        let sent = read(body)?;
        let mut parts = Vec::new();
        for (name, value) in sent.as_object()? {
            let property = self.document.resolve(properties.get(name)?);
            let is_text = property.get("type").and_then(Value::as_str) == Some("string");
            let is_file = property.get("format").and_then(Value::as_str) == Some("binary");
            let text = value.as_str().filter(|_| is_text && !is_file)?;
            let content = text.to_owned().into();
            parts.push(Part { name: name.clone(), file_name: None, content_type: None, content });
        }
        Some((format!("{FORM}; boundary={BOUNDARY}"), write_form(BOUNDARY, &parts)))
    }

    /// The JSON of what came as a form of texts, and its content type: the document may have only JSON where it had a form
    /// before (AS-09).
    pub(crate) fn json(&self, content_type: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
        let properties = self.properties_of(JSON, content_type).filter(|_| essence(content_type) == FORM)?;
        let mut object = Map::new();
        for part in multipart(content_type, body).ok()? {
            properties.get(&part.name)?;
            object.insert(part.name.clone(), part.text()?.into());
        }
        Some((JSON.to_owned(), Value::Object(object).to_string().into_bytes()))
    }

    /// What a body may have in the form that is declared, if it was sent in one that is not.
    fn properties_of(&self, declared: &str, sent: &str) -> Option<&Map<String, Value>> {
        let body = self.operation.body.as_ref().filter(|body| body.media(sent).is_none())?;
        self.document.resolve(&body.media(declared)?.schema).get("properties")?.as_object()
    }

    fn value(&self, schema: &Value, value: Value, depth: usize) -> Value {
        let schema = self.document.resolve(schema);
        if depth > MAX_DEPTH {
            return value;
        }
        match value {
            Value::String(text) if schema.get("type").and_then(Value::as_str) == Some("integer") => {
                text.parse::<i64>().map_or(Value::String(text), Value::from)
            }
            Value::Array(items) => match schema.get("items") {
                Some(of) => items.into_iter().map(|item| self.value(of, item, depth + 1)).collect(),
                None => Value::Array(items),
            },
            Value::Object(object) => Value::Object(self.object(schema, object, depth)),
            other => other,
        }
    }

    /// What Roblox's guides write otherwise than its document.
    fn rename(&self, schema: &Value, object: &mut Map<String, Value>) {
        let has =
            |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
        // CF-01: the hash of a draft.
        if has("draftHash")
            && !has("previousDraftHash")
            && let Some(hash) = object.remove("previousDraftHash")
        {
            object.entry("draftHash").or_insert(hash);
        }
        // Of a notification, what belongs to the payload stands beside it.
        if has("payload") && !has("joinExperience") {
            for name in ["join_experience", "joinExperience", "analytics_data", "analyticsData"] {
                let Some(value) = object.remove(name) else { continue };
                match object.get_mut("payload").and_then(Value::as_object_mut) {
                    Some(payload) => drop(payload.entry(name).or_insert(value)),
                    None => drop(object.insert(name.to_owned(), value)),
                }
            }
        }
    }

    fn object(&self, schema: &Value, mut object: Map<String, Value>, depth: usize) -> Map<String, Value> {
        self.rename(schema, &mut object);
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
        let known = |name: &str| {
            let same = || properties.iter().find(|(known, _)| self.names.are_same(known, name));
            properties.get_key_value(name).or_else(same)
        };
        let mut found = Map::new();
        for (name, value) in object {
            match known(&name) {
                Some((known, _)) if self.operation.method == "PATCH" && known == SAID_ONCE => {}
                Some((known, schema))
                    if value.is_null() && known != NEVER_NULL && !is_nullable(self.document, schema) => {}
                // What is written in the document's own way wins over another spelling of it.
                Some((known, _)) if *known != name && found.contains_key(known) => {}
                Some((known, schema)) => {
                    found.insert(known.clone(), self.value(schema, value, depth + 1));
                }
                None => {
                    let value = match others {
                        Some(schema) => self.value(schema, value, depth + 1),
                        None => value,
                    };
                    found.insert(name, value);
                }
            }
        }
        found
    }
}

fn is_nullable(document: &Document, schema: &Value) -> bool {
    let says = |schema: &Value| schema.get("nullable") == Some(&Value::Bool(true));
    let resolved = document.resolve(schema);
    // A schema without a type admits anything.
    says(schema) || says(resolved) || resolved.get("type").is_none()
}

fn read(json: &[u8]) -> Option<Value> {
    if unfit(json).is_some() { None } else { serde_json::from_slice(json).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(names: Names, method: &str, path: &str, sent: &Value) -> Value {
        let document = Document::embedded();
        let found = document.find(method, path).expect("a known route");
        let reader = Reader { document, operation: found.operation, names };
        let read = reader.body("application/json", sent.to_string().as_bytes());
        serde_json::from_slice(&read.expect("a body")).expect("JSON")
    }

    #[test]
    fn the_other_forms_of_json_become_the_documents() {
        let items = "/cloud/v2/universes/1/memory-store/sorted-maps/m/items/k";
        let sent = json!({ "Ttl": "60s", "value": { "Kept": null }, "numeric_sort_key": 5 });
        let snake = json!({ "Ttl": "60s", "value": { "Kept": null }, "numericSortKey": 5 });
        assert_eq!(read(Names::ProtocolBuffers, "PATCH", items, &sent), snake);
        let any = json!({ "ttl": "60s", "value": { "Kept": null }, "numericSortKey": 5 });
        assert_eq!(read(Names::AnyCase, "PATCH", items, &sent), any);
        let sent = json!({ "source": { "universe": "universes/1" },
            "payload": { "message_id": "m", "joinExperience": null, "type": "MOMENT" } });
        let read = read(Names::ProtocolBuffers, "POST", "/cloud/v2/users/1/notifications", &sent);
        assert_eq!(read["payload"], json!({ "messageId": "m", "type": "MOMENT" }));
    }

    #[test]
    fn digits_become_numbers_in_a_part_of_a_form() {
        let document = Document::embedded();
        let found = document.find("POST", "/assets/v1/assets").expect("a known route");
        let request = json!({ "creationContext": { "creator": { "userId": "156" } } });
        let form = format!(
            "--B\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{request}\r\n--B\r\n\
             Content-Disposition: form-data; name=\"fileContent\"; filename=\"a.png\"\r\n\
             Content-Type: image/png\r\n\r\n\u{1}\r\n--B--\r\n"
        );
        let content_type = "multipart/form-data; boundary=B";
        let reader = Reader { document, operation: found.operation, names: Names::ProtocolBuffers };
        let read = reader.body(content_type, form.as_bytes()).expect("a form");
        let parts = multipart(content_type, &read).expect("parts");
        let request: Value = serde_json::from_slice(&parts[0].content).expect("JSON");
        assert_eq!(request["creationContext"]["creator"]["userId"], 156);
        assert_eq!((parts[1].file_name.as_deref(), &parts[1].content[..]), (Some("a.png"), &[1][..]));
        assert_eq!(parts[1].content_type.as_deref(), Some("image/png"));
    }

    #[test]
    fn a_form_without_a_file_may_come_as_json() {
        let document = Document::embedded();
        let read = |method: &str, path: &str, sent: &Value| {
            let found = document.find(method, path).expect("a known route");
            let reader = Reader { document, operation: found.operation, names: Names::ProtocolBuffers };
            reader.form("application/json", sent.to_string().as_bytes())
        };
        let product = "/developer-products/v2/universes/1/developer-products/2";
        let (content_type, body) = read("PATCH", product, &json!({ "name": "A hat" })).expect("a form");
        let parts = multipart(&content_type, &body).expect("parts");
        assert_eq!(parts[0].name, "name");
        assert_eq!(parts[0].text(), Some("A hat"));
        assert!(read("PATCH", product, &json!({ "version": "2" })).is_none());
        let sent = json!({ "assetVersion": "assets/1/versions/2" });
        assert!(
            read("POST", "/assets/v1/assets/1/versions:rollback", &sent).is_none(),
            "AS-09: it is JSON anyway"
        );
        assert!(read("POST", "/assets/v1/assets", &json!({ "fileContent": "x" })).is_none());
        assert!(read("PATCH", "/cloud/v2/universes/1", &json!({})).is_none(), "it is JSON anyway");
    }

    #[test]
    fn booleans_may_be_capitalised_and_other_words_stay() {
        let document = Document::embedded();
        let found = document.find("GET", "/cloud/v2/universes/1/data-stores").expect("a known route");
        let sent = "showDeleted=True&filter=id.startsWith(%22A+b%22)";
        let read = Reader { document, operation: found.operation, names: Names::ProtocolBuffers }.query(sent);
        let pairs = query_pairs(&read);
        assert_eq!(pairs[0].1, "true");
        assert_eq!(pairs[1].1, "id.startsWith(\"A b\")");
    }

    #[test]
    fn a_mask_that_names_nothing_is_none() {
        let document = Document::embedded();
        let found = document.find("PATCH", "/assets/v1/assets/1").expect("a known route");
        assert_eq!(
            Reader { document, operation: found.operation, names: Names::AnyCase }.query("updateMask="),
            ""
        );
        assert_eq!(
            Reader { document, operation: found.operation, names: Names::AnyCase }.query("UpdateMask=icon"),
            "updateMask=icon"
        );
    }
}
