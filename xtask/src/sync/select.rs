//! Which operations are Open Cloud: those that take an API key or an OAuth 2.0 token. Public ones, which need no
//! credential, are selected beside them where the overlay asks for them.
//!
//! The result is a document of its own: only the selected operations, each complete in itself (its
//! parameters, bodies and responses in place, its security and servers stated), and all component
//! schemas. Nothing about the upstream document is taken for granted; what is malformed is repaired and reported.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::overlay::Action;
use super::report::Report;
use super::tree::{self, METHODS};

/// The security schemes that make an operation one of ours.
const SCHEMES: [&str; 2] = ["roblox-api-key", "roblox-oauth2"];
const MAX_REFERENCES: usize = 16;

/// How many operations there were, how many of them are Open Cloud, and how many public ones the overlay adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub upstream: usize,
    pub open_cloud: usize,
    #[serde(default)]
    pub public: usize,
}

/// One selected operation on its way into the new document.
struct Selected {
    /// The path as upstream has it, with a `#host` suffix if there was one.
    key: String,
    method: String,
    operation: Value,
}

/// Selects the operations and makes each complete in itself.
pub fn select(upstream: &Value, actions: &[Action], report: &mut Report) -> (Value, Counts) {
    let mut counts = Counts::default();
    let wanted = wanted(upstream, actions);
    let mut selected = Vec::new();
    for (key, item) in tree::sorted_entries(&upstream["paths"]) {
        let Some(item) = resolve(upstream, item) else {
            report.warn(format!("{key}: the path item is not readable, dropped"));
            continue;
        };
        for (method, operation) in tree::sorted_entries(item) {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            if !operation.is_object() {
                let method = method.to_ascii_uppercase();
                report.warn(format!("{method} {key}: the operation is not an object, dropped"));
                continue;
            }
            counts.upstream += 1;
            let security = operation.get("security").or_else(|| upstream.get("security"));
            if security.is_some_and(is_open_cloud) {
                counts.open_cloud += 1;
            } else if security.is_some_and(is_public)
                && wanted.iter().any(|wanted| std::ptr::eq(*wanted, operation))
            {
                counts.public += 1;
            } else {
                continue;
            }
            selected.push(Selected {
                key: key.clone(),
                method: method.clone(),
                operation: Completion {
                    upstream,
                    name: &format!("{} {key}", method.to_ascii_uppercase()),
                    report,
                }
                .of(item, operation),
            });
        }
    }
    let document = json!({
        "openapi": upstream["openapi"],
        "info": upstream.get("info").cloned().unwrap_or_else(|| json!({})),
        "servers": upstream.get("servers").cloned().unwrap_or_else(|| json!([])),
        "paths": paths(selected, report),
        "components": {
            "schemas": object(upstream.pointer("/components/schemas")),
            "securitySchemes": object(upstream.pointer("/components/securitySchemes")),
        },
    });
    (document, counts)
}

fn object(value: Option<&Value>) -> Value {
    value.filter(|value| value.is_object()).cloned().unwrap_or_else(|| json!({}))
}

/// The operations that the overlay asks for as public ones.
fn wanted<'a>(upstream: &'a Value, actions: &[Action]) -> Vec<&'a Value> {
    actions.iter().filter(|action| action.wants_public()).flat_map(|action| action.nodes(upstream)).collect()
}

/// Whether an empty alternative says that no credential is needed. No alternatives at all say nothing.
fn is_public(security: &Value) -> bool {
    tree::items(security).iter().any(|requirement| requirement.as_object().is_some_and(Map::is_empty))
}

fn is_open_cloud(security: &Value) -> bool {
    let takes = |requirement: &Value| SCHEMES.iter().any(|scheme| requirement.get(scheme).is_some());
    tree::items(security).iter().any(takes)
}

/// Upstream marks twins on another host by a suffix (`/v1/assets#thumbnails.roblox.com`), since a path
/// can be a key only once. The suffix goes, unless that would make two operations one.
fn paths(selected: Vec<Selected>, report: &mut Report) -> Value {
    let stripped = |key: &str| key.split('#').next().unwrap_or(key).to_owned();
    let mut seen = std::collections::BTreeMap::new();
    for entry in &selected {
        *seen.entry((stripped(&entry.key), entry.method.clone())).or_insert(0) += 1;
    }
    let mut paths = Map::new();
    for entry in selected {
        let path = stripped(&entry.key);
        let unique = seen.get(&(path.clone(), entry.method.clone())) == Some(&1);
        let path = if unique { path } else { entry.key.clone() };
        if path != stripped(&path) {
            report.warn(format!(
                "{} {path}: the same path is selected on two hosts, the suffix stays",
                entry.method.to_ascii_uppercase()
            ));
        }
        let mut operation = entry.operation;
        if let Some((_, host)) = entry.key.split_once('#')
            && operation.get("servers").is_none()
            && !host.is_empty()
        {
            operation["servers"] = json!([{ "url": format!("https://{host}") }]);
        }
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[&entry.method] = operation;
    }
    Value::Object(paths)
}

/// Puts everything that an operation shares with others into the operation itself.
struct Completion<'a> {
    upstream: &'a Value,
    /// What the operation is called in the report.
    name: &'a str,
    report: &'a mut Report,
}

impl Completion<'_> {
    fn of(&mut self, item: &Value, operation: &Value) -> Value {
        let mut complete = operation.clone();
        complete["parameters"] = Value::Array(self.parameters(item, operation));
        if operation.get("security").is_none() {
            complete["security"] = self.upstream["security"].clone();
        }
        if let (None, Some(servers)) = (operation.get("servers"), item.get("servers")) {
            complete["servers"] = servers.clone();
        }
        if let Some(body) = complete.get_mut("requestBody") {
            self.inline("requestBody", body);
        }
        let responses = complete.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            self.inline(&format!("response {status}"), response);
            let headers = response.get_mut("headers").and_then(Value::as_object_mut);
            for (header, value) in headers.into_iter().flatten() {
                self.inline(&format!("header {header}"), value);
            }
        }
        complete
    }

    /// Parameters of the path item hold for each of its operations, unless the operation has its own.
    fn parameters(&mut self, item: &Value, operation: &Value) -> Vec<Value> {
        let mut merged: Vec<Value> = Vec::new();
        for owner in [operation, item] {
            let Some(parameters) = owner.get("parameters") else { continue };
            let Some(parameters) = parameters.as_array() else {
                self.warn("parameters are not a list, dropped");
                continue;
            };
            for parameter in parameters {
                let Some(parameter) = resolve(self.upstream, parameter).filter(|p| p.is_object()) else {
                    self.warn("a parameter is not readable, dropped");
                    continue;
                };
                let is_same =
                    |other: &Value| other["name"] == parameter["name"] && other["in"] == parameter["in"];
                // What an operation itself declares twice is reported when it is sanitized.
                if std::ptr::eq(owner, operation) || !merged.iter().any(is_same) {
                    merged.push(parameter.clone());
                }
            }
        }
        merged
    }

    /// Replaces a reference by what it refers to.
    fn inline(&mut self, what: &str, value: &mut Value) {
        let target = resolve(self.upstream, value).cloned();
        *value = target.unwrap_or_else(|| {
            self.warn(&format!("{what} refers to nothing, taken as empty"));
            json!({})
        });
    }

    fn warn(&mut self, what: &str) {
        self.report.warn(format!("{}: {what}", self.name));
    }
}

/// Follows local references; `None` if they lead nowhere.
fn resolve<'a>(upstream: &'a Value, value: &'a Value) -> Option<&'a Value> {
    let mut value = value;
    for _ in 0..MAX_REFERENCES {
        match value.get("$ref") {
            None => return Some(value),
            Some(reference) => {
                let pointer = percent_decoded(reference.as_str()?.strip_prefix('#')?);
                value = upstream.pointer(&pointer)?;
            }
        }
    }
    None
}

/// References are URIs, so characters that a URI cannot hold are percent-encoded in them.
pub fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::super::overlay;
    use super::*;

    fn keyed() -> Value {
        json!([{"roblox-legacy-cookie": []}, {"roblox-api-key": []}])
    }

    fn run(document: &Value) -> (Value, Vec<String>) {
        let mut report = Report::default();
        let (document, _) = select(document, &[], &mut report);
        (document, report.warnings)
    }

    #[test]
    fn only_operations_with_a_key_or_token_are_selected() {
        let cookie = json!([{"roblox-legacy-cookie": []}]);
        let document = json!({
            "openapi": "3.0.4",
            "paths": {"/a": {
                "get": {"security": keyed()},
                "post": {"security": cookie},
                "put": {"security": []},
                "delete": {"security": [{"roblox-oauth2": ["a:read"]}]},
                "patch": {},
            }},
        });
        let mut report = Report::default();
        let (selected, counts) = select(&document, &[], &mut report);
        assert_eq!(tree::sorted_keys(&selected["paths"]["/a"]), ["delete", "get"]);
        assert_eq!(counts, Counts { upstream: 5, open_cloud: 2, public: 0 });
    }

    #[test]
    fn a_public_operation_is_selected_where_the_overlay_asks_for_it() {
        let text = "overlay: 1.0.0\nactions:\n  - target: $.paths['/a'].*\n    update:\n      x-opencloud: { public: true }\n";
        let actions = overlay::parse("f.yaml", text).expect("an overlay");
        let cookie = json!([{"roblox-legacy-cookie": []}]);
        let document = json!({
            "openapi": "3.0.4",
            "paths": {
                "/a": {
                    "get": {"security": [{}]},
                    "post": {"security": [{}, {"roblox-legacy-cookie": []}]},
                    "put": {"security": cookie},
                    "patch": {"security": []},
                    "delete": {"security": keyed()},
                },
                "/b": {"get": {"security": [{}]}},
            },
        });
        let (selected, counts) = select(&document, &actions, &mut Report::default());
        assert_eq!(tree::sorted_keys(&selected["paths"]), ["/a"]);
        assert_eq!(tree::sorted_keys(&selected["paths"]["/a"]), ["delete", "get", "post"]);
        assert_eq!(counts, Counts { upstream: 6, open_cloud: 1, public: 2 });
    }

    #[test]
    fn security_of_the_document_counts_where_the_operation_has_none() {
        let document = json!({
            "openapi": "3.0.4", "security": keyed(),
            "paths": {"/a": {"get": {}, "post": {"security": []}}},
        });
        let (selected, _) = run(&document);
        assert_eq!(selected["paths"]["/a"], json!({"get": {"parameters": [], "security": keyed()}}));
    }

    #[test]
    fn a_host_suffix_goes_unless_both_twins_are_selected() {
        let one = json!({"get": {"security": keyed()}});
        let document = json!({"openapi": "3.0.4", "paths": {
            "/a#x.roblox.com": one, "/b": one, "/b#x.roblox.com": one,
            "/c": {"get": {"security": []}}, "/c#x.roblox.com": one,
            "/d": one, "/d#x.roblox.com": {"post": {"security": keyed()}},
        }});
        let (selected, warnings) = run(&document);
        assert_eq!(tree::sorted_keys(&selected["paths"]), ["/a", "/b", "/b#x.roblox.com", "/c", "/d"]);
        let host = json!([{"url": "https://x.roblox.com"}]);
        assert_eq!(selected["paths"]["/a"]["get"]["servers"], host);
        assert_eq!(selected["paths"]["/d"]["post"]["servers"], host);
        assert!(selected["paths"]["/d"]["get"].get("servers").is_none());
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }

    #[test]
    fn shared_parts_are_put_in_place() {
        let document = json!({
            "openapi": "3.0.4",
            "paths": {"/a": {
                "parameters": [{"name": "p", "in": "query", "schema": {}}, {"$ref": "#/components/parameters/Q%20R"}],
                "servers": [{"url": "https://x"}],
                "get": {
                    "security": keyed(),
                    "parameters": [{"name": "p", "in": "query", "required": true}, {"$ref": "#/nowhere"}],
                    "requestBody": {"$ref": "#/components/requestBodies/B"},
                    "responses": {"200": {"$ref": "#/components/responses/R"}, "400": {"$ref": "#/components/responses/X"}},
                },
            }},
            "components": {
                "parameters": {"Q R": {"name": "q", "in": "header"}},
                "requestBodies": {"B": {"content": {}}},
                "responses": {"R": {"headers": {"h": {"$ref": "#/components/headers/H"}}}},
                "headers": {"H": {"schema": {}}},
            },
        });
        let (selected, warnings) = run(&document);
        let operation = &selected["paths"]["/a"]["get"];
        assert_eq!(
            operation["parameters"],
            json!([{"name": "p", "in": "query", "required": true}, {"name": "q", "in": "header"}])
        );
        assert_eq!(operation["requestBody"], json!({"content": {}}));
        assert_eq!(operation["responses"]["200"], json!({"headers": {"h": {"schema": {}}}}));
        assert_eq!(operation["responses"]["400"], json!({}));
        assert_eq!(operation["servers"], json!([{"url": "https://x"}]));
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }

    #[test]
    fn a_circle_of_references_ends() {
        let document = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert_eq!(resolve(&document, &document["a"]), None);
    }
}
