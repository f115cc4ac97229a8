//! Keeps the facts of a document and drops its prose.
//!
//! Each function here builds its part from the keys that are facts, so that prose which Roblox
//! adds under some new key stays out by itself. What would not be valid OpenAPI 3.0 is dropped here.

mod extensions;
mod path;
pub(crate) mod schema;

use opencloud_codegen::passes::sanitize;
use serde_json::{Map, Value, json};

use super::report::Report;
use super::tree::{self, METHODS};

/// What stays besides facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: for the upstream document.
    Facts,
    /// Names and sentences, which are ours once the overlay has been applied.
    Ours,
}

/// The keys that only the overlay gives.
const OURS: [&str; 9] = [
    "description",
    "summary",
    "x-opencloud",
    "x-opencloud-aliases",
    "x-opencloud-also",
    "x-opencloud-id-from",
    "x-opencloud-open",
    "x-opencloud-resource-name",
    "x-opencloud-type",
];

impl Keep {
    /// Copies what is ours.
    fn carry(self, source: &Value, facts: &mut Map<String, Value>) {
        for key in OURS.iter().filter(|_| self == Self::Ours) {
            let value = source.get(key);
            let is_sentence = ["description", "summary"].contains(key);
            if let Some(value) = value.filter(|value| !is_sentence || value.is_string()) {
                facts.insert((*key).to_owned(), value.clone());
            }
        }
    }
}

/// Reduces a document to its facts. Done again with [`Keep::Ours`] after the overlay, since what a
/// correction wrote for another version of the document need not fit this one.
pub fn strip(document: &Value, keep: Keep, report: &mut Report) -> Value {
    let mut paths = Map::new();
    for (key, item) in tree::sorted_entries(&document["paths"]) {
        let Some(path) = path::parse(key) else {
            report.warn(format!("{key}: not a readable path template, dropped"));
            continue;
        };
        if path.text != *key {
            report.warn(format!("{key}: a parameter occurs twice, taken as {}", path.text));
        }
        let mut stripped = Map::new();
        for (method, operation) in tree::sorted_entries(item) {
            if METHODS.contains(&method.as_str()) {
                let place = format!("{} {key}", method.to_ascii_uppercase());
                let mut strip = Stripper { place, keep, report };
                stripped.insert(method.clone(), strip.operation(operation, &path.parameters));
            }
        }
        paths.insert(path.text, Value::Object(stripped));
    }
    let mut schemas = Map::new();
    for (name, schema) in tree::components(document) {
        schemas.insert(name.clone(), schema::strip(schema, keep, &format!("schema {name}"), report));
    }
    let mut stripped = json!({
        "openapi": document["openapi"],
        "info": {
            "title": "Roblox Open Cloud",
            "version": document.pointer("/info/version").and_then(Value::as_str).unwrap_or("1.0.0"),
        },
        "servers": servers(&document["servers"]),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": security_schemes(&document["components"]["securitySchemes"]),
        },
    });
    if let Some(facts) = stripped.as_object_mut() {
        keep.carry(document, facts);
    }
    stripped
}

/// The servers' URLs.
fn servers(value: &Value) -> Value {
    let urls = tree::items(value).iter();
    urls.filter_map(|server| server.get("url")?.as_str()).map(|url| json!({ "url": url })).collect()
}

/// The members with these keys whose values are as they should be.
fn picked(source: &Value, keys: &[&str], is_right: fn(&Value) -> bool) -> Map<String, Value> {
    let of_key =
        |key: &&str| Some(((*key).to_owned(), source.get(*key).filter(|value| is_right(value))?.clone()));
    keys.iter().filter_map(of_key).collect()
}

/// Names, kinds and URLs of the security schemes; the names of scopes without what is said of them.
fn security_schemes(value: &Value) -> Value {
    let schemes = tree::sorted_entries(value).into_iter();
    schemes.filter_map(|(name, scheme)| Some((name.clone(), security_scheme(scheme)?))).collect()
}

fn security_scheme(scheme: &Value) -> Option<Value> {
    let needed: &[&str] = match scheme.get("type")?.as_str()? {
        "apiKey" if ["header", "query", "cookie"].contains(&scheme["in"].as_str()?) => {
            &["type", "name", "in"]
        }
        "http" => &["type", "scheme"],
        "openIdConnect" => &["type", "openIdConnectUrl"],
        "oauth2" => {
            let flows = tree::sorted_entries(&scheme["flows"]).into_iter();
            let flows: Map<String, Value> =
                flows.filter_map(|(name, facts)| Some((name.clone(), flow(name, facts)?))).collect();
            return Some(json!({ "type": "oauth2", "flows": flows }));
        }
        _ => return None,
    };
    let facts = picked(scheme, needed, Value::is_string);
    (facts.len() == needed.len()).then_some(Value::Object(facts))
}

fn flow(name: &str, flow: &Value) -> Option<Value> {
    let needed: &[&str] = match name {
        "implicit" => &["authorizationUrl"],
        "password" | "clientCredentials" => &["tokenUrl"],
        "authorizationCode" => &["authorizationUrl", "tokenUrl"],
        _ => return None,
    };
    let mut facts = picked(flow, &["authorizationUrl", "tokenUrl", "refreshUrl"], Value::is_string);
    let scopes: Map<String, Value> =
        tree::sorted_keys(&flow["scopes"]).into_iter().map(|scope| (scope, json!(""))).collect();
    facts.insert("scopes".to_owned(), Value::Object(scopes));
    needed.iter().all(|key| facts.contains_key(*key)).then_some(Value::Object(facts))
}

/// The passes over one operation, which all warn with the same place.
struct Stripper<'a> {
    place: String,
    keep: Keep,
    report: &'a mut Report,
}

impl Stripper<'_> {
    fn warn(&mut self, what: &str) {
        self.report.warn(format!("{}: {what}", self.place));
    }

    fn operation(&mut self, operation: &Value, template: &[String]) -> Value {
        let mut facts = extensions::of_operation(operation);
        self.keep.carry(operation, &mut facts);
        facts.extend(picked(operation, &["operationId"], Value::is_string));
        let url = &operation["externalDocs"]["url"];
        put(&mut facts, "externalDocs", url.is_string().then(|| json!({ "url": url })));
        put(&mut facts, "servers", operation.get("servers").map(servers).filter(|s| *s != json!([])));
        facts.insert("security".to_owned(), security(&operation["security"]));
        facts.insert("parameters".to_owned(), self.parameters(&operation["parameters"], template));
        let body = operation.get("requestBody").map(|body| self.request_body(body));
        if body == Some(None) {
            self.warn("the request body has no content, dropped");
        }
        put(&mut facts, "requestBody", body.flatten());
        facts.insert("responses".to_owned(), self.responses(&operation["responses"]));
        Value::Object(facts)
    }

    fn parameters(&mut self, parameters: &Value, template: &[String]) -> Value {
        let kept = sanitize::parameters(tree::items(parameters), template, &mut |what| self.warn(&what));
        kept.iter().map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&mut self, parameter: &Value) -> Value {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let (name, place) = (text("name"), text("in"));
        let mut facts = Map::new();
        self.keep.carry(parameter, &mut facts);
        facts.insert("name".to_owned(), json!(name));
        facts.insert("in".to_owned(), json!(place));
        if place == "path" || parameter.get("required") == Some(&json!(true)) {
            facts.insert("required".to_owned(), json!(true));
        }
        facts.extend(picked(parameter, &["explode", "deprecated", "allowReserved"], Value::is_boolean));
        if let Some(style) = parameter.get("style").and_then(Value::as_str) {
            if parameter_styles(place).contains(&style) {
                facts.insert("style".to_owned(), json!(style));
            } else {
                self.warn(&format!("parameter {name} has the style {style}, dropped"));
            }
        }
        let content = tree::sorted_entries(&parameter["content"]);
        let declared =
            parameter.get("schema").or_else(|| content.first().and_then(|(_, media)| media.get("schema")));
        let mut schema = match declared {
            Some(schema) => self.schema(schema, &format!("parameter {name}")),
            None => {
                self.warn(&format!("parameter {name} has no schema, taken as a string"));
                json!({ "type": "string" })
            }
        };
        let names = parameter.get("x-enum-varnames").or_else(|| parameter.get("x-enumNames"));
        if let Some(names) = names.filter(|names| schema::is_list_of_names(names)) {
            name_values(&mut schema, names);
        }
        facts.insert("schema".to_owned(), schema);
        Value::Object(facts)
    }

    fn schema(&mut self, schema: &Value, what: &str) -> Value {
        schema::strip(schema, self.keep, &format!("{}: {what}", self.place), self.report)
    }

    fn request_body(&mut self, body: &Value) -> Option<Value> {
        let content = self.content(&body["content"], "body");
        if content.is_empty() {
            return None;
        }
        let mut facts = picked(body, &["required"], |value| *value == true);
        facts.insert("content".to_owned(), Value::Object(content));
        Some(Value::Object(facts))
    }

    fn content(&mut self, content: &Value, what: &str) -> Map<String, Value> {
        let mut kept = Map::new();
        for (media, body) in tree::sorted_entries(content) {
            let mut facts = Map::new();
            put(&mut facts, "schema", body.get("schema").map(|schema| self.schema(schema, what)));
            insert(&mut facts, "encoding", self.encoding(&body["encoding"]));
            kept.insert(media.clone(), Value::Object(facts));
        }
        kept
    }

    fn encoding(&mut self, encoding: &Value) -> Map<String, Value> {
        let mut kept = Map::new();
        for (part, how) in tree::sorted_entries(encoding) {
            let mut facts = picked(how, &["contentType"], Value::is_string);
            let style = how["style"].as_str().filter(|style| parameter_styles("query").contains(style));
            put(&mut facts, "style", style.map(Value::from));
            facts.extend(picked(how, &["explode", "allowReserved"], Value::is_boolean));
            insert(&mut facts, "headers", self.headers(&how["headers"]));
            kept.insert(part.clone(), Value::Object(facts));
        }
        kept
    }

    fn headers(&mut self, headers: &Value) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, header) in tree::sorted_entries(headers) {
            let what = format!("header {name}");
            let schema = match header.get("schema") {
                Some(schema) => self.schema(schema, &what),
                None => json!({ "type": "string" }),
            };
            let mut facts = picked(header, &["required"], |value| *value == true);
            facts.insert("schema".to_owned(), schema);
            kept.insert(name.clone(), Value::Object(facts));
        }
        kept
    }

    fn responses(&mut self, responses: &Value) -> Value {
        let mut kept = Map::new();
        for (status, response) in tree::sorted_entries(responses) {
            if status.starts_with("x-") {
                continue;
            }
            let Some(status) = status_key(status) else {
                self.warn(&format!("response {status} is not a status code, dropped"));
                continue;
            };
            let what = format!("response {status}");
            let mut facts = Map::new();
            facts.insert("description".to_owned(), json!(reason(&status)));
            self.keep.carry(response, &mut facts);
            insert(&mut facts, "content", self.content(&response["content"], &what));
            insert(&mut facts, "headers", self.headers(&response["headers"]));
            kept.insert(status, Value::Object(facts));
        }
        if kept.is_empty() {
            self.warn("no responses, taken as an empty 200");
            kept.insert("200".to_owned(), json!({ "description": reason("200") }));
        }
        Value::Object(kept)
    }
}

/// Adds a fact, if there is one.
fn put(facts: &mut Map<String, Value>, name: &str, fact: Option<Value>) {
    facts.extend(fact.map(|fact| (name.to_owned(), fact)));
}

/// Adds a map, unless it is empty.
fn insert(facts: &mut Map<String, Value>, name: &str, members: Map<String, Value>) {
    put(facts, name, (!members.is_empty()).then_some(Value::Object(members)));
}

/// The alternatives, each a map of scheme to scopes.
fn security(value: &Value) -> Value {
    let names =
        |scopes| -> Value { tree::items(scopes).iter().filter(|scope| scope.is_string()).cloned().collect() };
    let schemes = |alternative| -> Value {
        let schemes = tree::sorted_entries(alternative).into_iter();
        schemes.map(|(scheme, scopes)| (scheme.clone(), names(scopes))).collect()
    };
    tree::items(value).iter().filter(|alternative| alternative.is_object()).map(schemes).collect()
}

fn parameter_styles(place: &str) -> &'static [&'static str] {
    match place {
        "path" => &["matrix", "label", "simple"],
        "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        _ => &["simple"],
    }
}

/// Upstream puts the names of enum values beside a parameter's schema at times; they belong inside.
fn name_values(schema: &mut Value, names: &Value) {
    for at in ["", "/items"] {
        if let Some(schema) = schema.pointer_mut(at)
            && schema.get("enum").is_some()
            && schema.get("x-enum-varnames").is_none()
        {
            schema["x-enum-varnames"] = names.clone();
        }
    }
}

fn status_key(status: &str) -> Option<String> {
    let upper = status.to_ascii_uppercase();
    let bytes = upper.as_bytes();
    let is_status = bytes.len() == 3
        && (b'1'..=b'5').contains(&bytes[0])
        && (bytes[1..].iter().all(u8::is_ascii_digit) || &bytes[1..] == b"XX");
    match status {
        "default" => Some("default".to_owned()),
        _ => is_status.then_some(upper),
    }
}

/// OpenAPI wants a description of each response; this is the one that the protocol gives.
fn reason(status: &str) -> &'static str {
    let code = status.parse().ok().and_then(|code| http::StatusCode::from_u16(code).ok());
    code.and_then(|code| code.canonical_reason()).unwrap_or(match status.as_bytes().first() {
        Some(b'1') => "Informational",
        Some(b'2') => "Success",
        Some(b'3') => "Redirection",
        Some(b'4') => "Client Error",
        Some(b'5') => "Server Error",
        _ => "Any other status",
    })
}

#[cfg(test)]
mod tests;
