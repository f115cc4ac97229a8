//! Paging and long-running operations: what the overlay says is validated against this version of the
//! document, and what it does not say is derived where the pattern is unmistakable.

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use super::overlay::{Origins, Place};
use super::refs;
use super::report::{Report, Stale};
use super::tree::{self, OperationKey};

const TOKENS: [&str; 4] = ["pageToken", "page_token", "PageToken", "cursor"];
const NEXT: [&str; 3] = ["nextPageToken", "nextPageCursor", "nextCursor"];
const SIZES: [&str; 7] =
    ["maxPageSize", "pageSize", "max_page_size", "page_size", "limit", "MaxPageSize", "PageSize"];

/// Checks and completes the paging and the dialect of each operation.
pub fn derive(document: &mut Value, origins: &Origins, report: &mut Report) {
    for key in tree::operations(document) {
        let mut ours = key.get(document).get("x-opencloud").cloned().unwrap_or_else(|| json!({}));
        for problem in verify(document, &key, &mut ours) {
            report.stale.push(problem.stale(&key, origins));
        }
        if ours.get("operation").is_none()
            && let Some(operation) = long_running(document, &key)
        {
            ours["operation"] = operation;
        }
        if ours.get("paging").is_none()
            && let Some(paging) = paging(document, &key)
        {
            ours["paging"] = paging;
        }
        if let Some(operation) = key.get_mut(document) {
            operation["x-opencloud"] = ours;
        }
    }
}

/// A part of our extension that does not fit this version of the document, and was left out.
struct Problem {
    pointer: &'static str,
    why: String,
}

impl Problem {
    fn stale(self, key: &OperationKey, origins: &Origins) -> Stale {
        let pointer = format!("{}/x-opencloud{}", key.pointer(), self.pointer);
        let place = origins.get(&pointer).cloned().unwrap_or_else(Place::somewhere);
        Stale { place, target: format!("{key} x-opencloud{}", self.pointer.replace('/', ".")), why: self.why }
    }
}

/// Takes out what names parameters or fields that are not there.
fn verify(document: &Value, key: &OperationKey, ours: &mut Value) -> Vec<Problem> {
    let mut problems = verify_operation(document, key, ours);
    problems.extend(verify_filters(document, key, ours));
    problems.extend(verify_scopes(document, key, ours));
    let Some(paging) = ours.get("paging").and_then(Value::as_object).cloned() else { return problems };
    let (kept, paging_problems) = verify_paging(document, key, ours, paging);
    match kept {
        Some(kept) => ours["paging"] = Value::Object(kept),
        None => remove(ours, "paging"),
    }
    problems.extend(paging_problems);
    problems
}

fn remove(object: &mut Value, key: &str) {
    object.as_object_mut().and_then(|object| object.remove(key));
}

fn verify_operation(document: &Value, key: &OperationKey, ours: &mut Value) -> Vec<Problem> {
    if let Some(poll) = ours.pointer("/operation/poll").and_then(Value::as_str).map(str::to_owned)
        && !tree::operations(document).iter().any(|other| other.method == "get" && other.path == poll)
    {
        remove(&mut ours["operation"], "poll");
        let why = format!("there is no GET {poll}");
        return vec![Problem { pointer: "/operation/poll", why }];
    }
    let requires_path = matches!(ours["operation"]["dialect"].as_str(), Some("cloud" | "luau"));
    let has_path =
        success_schema(document, key).is_some_and(|schema| field(document, schema, "path").is_some());
    if !requires_path || has_path {
        return Vec::new();
    }
    remove(ours, "operation");
    vec![Problem { pointer: "/operation", why: "the response has no path to poll at".to_owned() }]
}

/// A filter type requires a query parameter of its name that is text.
fn verify_filters(document: &Value, key: &OperationKey, ours: &mut Value) -> Vec<Problem> {
    let queries = queries(document, key);
    let mut problems = Vec::new();
    for (word, pointer) in [("filter", "/filter"), ("order_by", "/order_by")] {
        let is_taken = queries.clone().any(|parameter| {
            parameter["name"].as_str().is_some_and(|name| name.to_snake_case() == word)
                && parameter["schema"]["type"] == "string"
                && parameter["schema"].get("enum").is_none()
        });
        if !is_taken && ours.get(word).is_some() {
            remove(ours, word);
            problems.push(Problem { pointer, why: format!("the request has no text parameter {word}") });
        }
    }
    problems
}

/// What is needed must be among what the operation lists.
fn verify_scopes(document: &Value, key: &OperationKey, ours: &mut Value) -> Vec<Problem> {
    let listed = tree::items(&key.get(document)["x-roblox-scopes"]);
    let is_listed =
        |name: &&Value| listed.iter().any(|scope| scope == *name || scope.get("name") == Some(*name));
    let mut names = tree::items(&ours["needed_scopes"]).iter().flat_map(tree::items);
    let Some(unlisted) = names.find(|name| !is_listed(name)) else { return Vec::new() };
    let why = format!("the operation does not list the scope {}", unlisted.as_str().unwrap_or_default());
    remove(ours, "needed_scopes");
    vec![Problem { pointer: "/needed_scopes", why }]
}

fn verify_paging(
    document: &Value,
    key: &OperationKey,
    ours: &Value,
    mut paging: Map<String, Value>,
) -> (Option<Map<String, Value>>, Vec<Problem>) {
    let style = paging.get("style").and_then(Value::as_str).unwrap_or("token").to_owned();
    let required: &[&str] = match style.as_str() {
        "token" => &["style", "token", "items", "next"],
        "entries" => &["style", "token", "items", "next", "cursor", "key"],
        "repeat" => &["style", "items"],
        _ => &["style", "token", "items"],
    };
    for word in required {
        if !paging.contains_key(*word) {
            let why = format!("paging has no {word}");
            return (None, vec![Problem { pointer: "/paging", why }]);
        }
    }
    let in_body = paging.get("in").is_some_and(|place| place == "body");
    let is_sent = |name: &str| {
        if in_body { has_body_field(document, key, name) } else { has_query(document, key, name) }
    };
    let result = ours["operation"]["response"].as_str();
    let result = result.and_then(|name| document["components"]["schemas"].get(name));
    let responses: Vec<&Value> = success_schema(document, key).into_iter().chain(result).collect();
    let is_in_response = |path: &str| responses.iter().any(|schema| field(document, schema, path).is_some());
    let mut problems = Vec::new();
    for (word, pointer, is_request) in [
        ("token", "/paging/token", true),
        ("number", "/paging/number", true),
        ("items", "/paging/items", false),
        ("next", "/paging/next", false),
        ("size", "/paging/size", true),
        ("total", "/paging/total", false),
        ("more", "/paging/more", false),
    ] {
        let Some(name) = paging.get(word).and_then(Value::as_str).map(str::to_owned) else { continue };
        // Each item has the token of its own entry.
        let is_in_item = style == "entries" && word == "next";
        if is_in_item || if is_request { is_sent(&name) } else { is_in_response(&name) } {
            continue;
        }
        let owner = if is_request { "request" } else { "response" };
        problems.push(Problem { pointer, why: format!("the {owner} has no {name}") });
        if required.contains(&word) {
            return (None, problems);
        }
        paging.remove(word);
        if word == "size" {
            paging.remove("max");
        }
    }
    (Some(paging), problems)
}

fn queries<'a>(document: &'a Value, key: &OperationKey) -> impl Iterator<Item = &'a Value> + Clone {
    let parameters = tree::items(&key.get(document)["parameters"]).iter();
    parameters.filter(|parameter| parameter["in"] == "query")
}

fn has_query(document: &Value, key: &OperationKey, name: &str) -> bool {
    queries(document, key).any(|parameter| parameter["name"] == name)
}

fn has_body_field(document: &Value, key: &OperationKey, name: &str) -> bool {
    let bodies = tree::sorted_entries(&key.get(document)["requestBody"]["content"]);
    let mut schemas = bodies.into_iter().filter_map(|(_, media)| media.get("schema"));
    schemas.any(|schema| field(document, schema, name).is_some())
}

/// The schema of the first success that has one.
pub(crate) fn success_schema<'a>(document: &'a Value, key: &OperationKey) -> Option<&'a Value> {
    let responses = tree::sorted_entries(&key.get(document)["responses"]).into_iter();
    let mut contents = responses
        .filter(|(status, _)| status.starts_with('2'))
        .flat_map(|(_, response)| tree::sorted_entries(&response["content"]));
    contents.find_map(|(_, media)| media.get("schema")).map(|schema| refs::resolve(document, schema))
}

/// The schema at a dotted path; `None` if there is none. Below a schema that states no properties
/// anything may be.
fn field<'a>(document: &'a Value, schema: &'a Value, path: &str) -> Option<&'a Value> {
    let mut schema = refs::resolve(document, schema);
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let Some(properties) = schema.get("properties") else {
            let is_open = schema.get("type").is_none_or(|kind| kind == "object");
            return is_open.then_some(schema);
        };
        schema = refs::resolve(document, properties.get(name)?);
    }
    Some(schema)
}

/// Token paging: one of the known token parameters, one of the known next fields, one list.
fn paging(document: &Value, key: &OperationKey) -> Option<Value> {
    let queries = queries(document, key);
    let named = |names: &[&str]| {
        names.iter().find_map(|name| queries.clone().find(|parameter| parameter["name"] == *name))
    };
    let token =
        named(&TOKENS).filter(|token| refs::resolve(document, &token["schema"])["type"] == "string")?;
    let properties = success_schema(document, key)?.get("properties")?;
    let next = NEXT.iter().find(|name| properties.get(**name).is_some())?;
    let is_list = |(_, schema): &(&String, &Value)| refs::resolve(document, schema)["type"] == "array";
    let lists: Vec<_> = tree::sorted_entries(properties).into_iter().filter(is_list).collect();
    let [(items, _)] = lists[..] else { return None };
    let mut paging = json!({ "style": "token", "token": token["name"], "next": next, "items": items });
    if let Some(size) = named(&SIZES) {
        paging["size"] = size["name"].clone();
        let maximum = refs::resolve(document, &size["schema"]).get("maximum");
        if let Some(maximum) = maximum.filter(|maximum| maximum.as_u64().is_some_and(|n| n > 0)) {
            paging["max"] = maximum.clone();
        }
    }
    Some(paging)
}

/// The `cloud` dialect: a response of exactly `path`, `done`, `error`, `response` (and `metadata`).
/// Reading an operation has the same response, but starts nothing.
fn long_running(document: &Value, key: &OperationKey) -> Option<Value> {
    const FIELDS: [&str; 4] = ["path", "done", "error", "response"];
    let is_poll = key.method == "get" && key.path.contains("/operations/{");
    let properties = tree::sorted_keys(success_schema(document, key)?.get("properties")?);
    let has_all = FIELDS.iter().all(|name| properties.iter().any(|property| property == name));
    let has_more =
        properties.iter().any(|property| !FIELDS.contains(&property.as_str()) && property != "metadata");
    if is_poll || !has_all || has_more {
        return None;
    }
    let base: Vec<&str> = key.path.split('/').skip(1).take(2).collect();
    let mut operation = json!({ "dialect": "cloud", "base": format!("/{}/", base.join("/")) });
    for word in ["response", "metadata"] {
        let types = key.get(document).pointer(&format!("/x-long-running-operation-parameters/{word}"));
        if let Some(component) = types.and_then(refs::target_of) {
            operation[word] = json!(component);
        }
    }
    Some(operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(operation: Value) -> Value {
        json!({
            "paths": {"/cloud/v2/things": {"get": operation}},
            "components": {"schemas": {
                "List": {"type": "object", "properties": {
                    "things": {"type": "array", "items": {}}, "nextPageToken": {"type": "string"}, "meta": {"$ref": "#/components/schemas/Meta"},
                }},
                "Meta": {"properties": {"total": {"type": "integer"}}},
                "Operation": {"type": "object", "properties": {"path": {}, "done": {}, "error": {}, "response": {}, "metadata": {}}},
            }},
        })
    }

    fn response(name: &str) -> Value {
        json!({"200": {"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}}})
    }

    fn run(operation: Value) -> (Value, Vec<String>) {
        let mut document = document(operation);
        let mut report = Report::default();
        derive(&mut document, &Origins::new(), &mut report);
        let ours = document["paths"]["/cloud/v2/things"]["get"]["x-opencloud"].clone();
        (ours, report.stale.into_iter().map(|stale| stale.why).collect())
    }

    #[test]
    fn token_paging_is_derived() {
        let (ours, _) = run(json!({
            "parameters": [
                {"name": "pageToken", "in": "query", "schema": {"type": "string"}},
                {"name": "maxPageSize", "in": "query", "schema": {"type": "integer", "maximum": 50}},
            ],
            "responses": response("List"),
        }));
        assert_eq!(
            ours["paging"],
            json!({"style": "token", "token": "pageToken", "size": "maxPageSize", "max": 50, "next": "nextPageToken", "items": "things"})
        );
        let (ours, _) = run(json!({"parameters": [], "responses": response("List")}));
        assert_eq!(ours, json!({}));
    }

    #[test]
    fn long_running_operations_are_derived() {
        let (ours, _) = run(json!({
            "responses": response("Operation"),
            "x-long-running-operation-parameters": {"response": {"$ref": "#/components/schemas/Meta"}},
        }));
        assert_eq!(
            ours,
            json!({"operation": {"dialect": "cloud", "base": "/cloud/v2/", "response": "Meta"}})
        );
    }

    #[test]
    fn paging_that_does_not_fit_is_left_out_and_reported() {
        let paging = |extra: Value| {
            let mut paging =
                json!({"style": "token", "token": "t", "next": "nextPageToken", "items": "things"});
            paging.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            json!({
                "parameters": [{"name": "t", "in": "query", "schema": {"type": "string"}}],
                "responses": response("List"),
                "x-opencloud": {"paging": paging},
            })
        };
        let cases = [
            (json!({}), true, ""),
            (json!({"total": "meta.total"}), true, ""),
            (json!({"total": "meta.count"}), true, "the response has no meta.count"),
            (json!({"size": "s", "max": 5}), true, "the request has no s"),
            (json!({"token": "u"}), false, "the request has no u"),
            (json!({"items": "stuff"}), false, "the response has no stuff"),
            (json!({"in": "body"}), false, "the request has no t"),
        ];
        for (extra, is_kept, why) in cases {
            let (ours, stale) = run(paging(extra.clone()));
            assert_eq!(ours.get("paging").is_some(), is_kept, "{extra}");
            assert_eq!(stale.join(""), why, "{extra}");
        }
    }

    #[test]
    fn a_filter_without_its_parameter_is_left_out_and_reported() {
        let cases = [
            (json!({"name": "filter", "in": "query", "schema": {"type": "string"}}), true),
            (json!({"name": "Filter", "in": "query", "schema": {"type": "string"}}), true),
            (json!({"name": "filter", "in": "query", "schema": {"type": "string", "enum": ["A"]}}), false),
            (json!({"name": "filter", "in": "query", "schema": {"type": "integer"}}), false),
            (json!({"name": "filter", "in": "path", "schema": {"type": "string"}}), false),
            (json!({"name": "filters", "in": "query", "schema": {"type": "string"}}), false),
        ];
        for (parameter, is_kept) in cases {
            let (ours, stale) = run(json!({
                "parameters": [parameter],
                "responses": response("Meta"),
                "x-opencloud": {"filter": "ThingFilter"},
            }));
            assert_eq!(ours.get("filter").is_some(), is_kept, "{parameter}");
            assert_eq!(stale.is_empty(), is_kept, "{parameter}");
        }
        let (ours, stale) = run(json!({
            "parameters": [{"name": "orderBy", "in": "query", "schema": {"type": "string"}}],
            "responses": response("Meta"),
            "x-opencloud": {"order_by": "ThingOrder"},
        }));
        assert_eq!(ours, json!({"order_by": "ThingOrder"}));
        assert!(stale.is_empty());
    }

    #[test]
    fn a_needed_scope_that_is_not_listed_is_left_out_and_reported() {
        for (needed, why) in [
            (json!([["a:read", "b:write"]]), ""),
            (json!([]), ""),
            (json!([["a:read"], ["c:read"]]), "the operation does not list the scope c:read"),
        ] {
            let (ours, stale) = run(json!({
                "responses": response("Meta"),
                "x-roblox-scopes": [{"name": "a:read"}, "b:write"],
                "x-opencloud": {"needed_scopes": needed},
            }));
            assert_eq!(ours.get("needed_scopes").is_some(), why.is_empty(), "{needed}");
            assert_eq!(stale.join(""), why, "{needed}");
        }
    }

    #[test]
    fn a_dialect_without_its_field_is_left_out_and_reported() {
        let (ours, stale) =
            run(json!({"responses": response("Meta"), "x-opencloud": {"operation": {"dialect": "cloud"}}}));
        assert_eq!(ours, json!({}));
        assert_eq!(stale, ["the response has no path to poll at"]);
    }
}
