//! Operations: added, removed, renamed, changed.

use std::collections::{BTreeMap, BTreeSet};

use opencloud_codegen::passes::parameters::template;
use opencloud_codegen::passes::scalars::id_names;
use serde_json::Value;

use super::super::tree::{self, OperationKey};
use super::schemas::{self, Direction};
use super::{Diff, Entry, Kind, Line, compact};

/// Facts whose changes are counted.
const SUMMARISED: [(&str, &str); 10] = [
    ("/x-roblox-scopes", "scopes of operations"),
    ("/x-roblox-rate-limits", "rate limits of operations"),
    ("/x-roblox-throttling-limit", "rate limits of operations"),
    ("/x-roblox-size-limit", "size limits of operations"),
    ("/x-roblox-stability", "stability of operations"),
    ("/x-roblox-recommended-alternatives", "recommended alternatives of operations"),
    ("/externalDocs", "reference links of operations"),
    ("/summary", "summaries of operations"),
    ("/x-opencloud/notes", "notes on operations"),
    ("/x-opencloud/upstream_id", "upstream ids of operations"),
];

/// Facts whose changes are shown.
const TOLD: [(&str, &str, bool); 14] = [
    ("/deprecated", "deprecated", false),
    ("/security", "security", false),
    ("/servers", "servers", false),
    ("/x-long-running-operation-parameters", "types of the long-running operation", false),
    ("/x-opencloud/operation", "long-running operation", true),
    ("/x-opencloud/empty_response", "empty response", true),
    ("/x-opencloud/idempotent", "idempotent", false),
    ("/x-opencloud/retry_too_many_requests", "retry of 429", false),
    ("/x-opencloud/hints", "hints", false),
    ("/x-opencloud/final_errors", "final errors", false),
    ("/x-opencloud/already_exists", "already exists", false),
    ("/x-opencloud/limits", "limits of the service", false),
    ("/x-opencloud/polling", "pace of polls", false),
    ("/x-opencloud/attempt_timeout", "time of an attempt", false),
];

/// Adds what changed about the operations.
pub(crate) fn compare(old: &Value, new: &Value, found: &mut Diff) {
    let pairs = pairs(old, new);
    let ids = id_names(&new["x-opencloud"]);
    for (before, after) in pairs {
        let (kind, subject, lines) = match (before, after) {
            (Some(key), None) => (Kind::Removed, titled(&key, key.get(old)), Vec::new()),
            (None, Some(key)) => (Kind::Added, titled(&key, key.get(new)), Vec::new()),
            (Some(before), Some(after)) => {
                let (old_operation, new_operation) = (before.get(old), after.get(new));
                let lines = changes((&before, old_operation), (&after, new_operation), &ids);
                summarise(old_operation, new_operation, found);
                let (old_id, new_id) = (id(old_operation), id(new_operation));
                if old_id != new_id {
                    (Kind::Renamed, format!("{old_id} -> {new_id}  {after}"), lines)
                } else if lines.is_empty() {
                    continue;
                } else {
                    (Kind::Changed, titled(&after, new_operation), lines)
                }
            }
            (None, None) => continue,
        };
        found.operations.push(Entry { kind, subject, lines });
    }
    found.operations.sort_by(|a, b| a.subject.cmp(&b.subject));
}

fn titled(key: &OperationKey, operation: &Value) -> String {
    format!("{}  {key}", id(operation))
}

fn id(operation: &Value) -> &str {
    operation.get("operationId").and_then(Value::as_str).unwrap_or("unnamed")
}

/// What has to agree for two operations to be taken as one.
type Identity = dyn Fn(&OperationKey, &Value) -> String;
type Pair = (Option<OperationKey>, Option<OperationKey>);

/// Which old operation is which new one: by route, then by a route with other parameter names, then
/// by name.
fn pairs(old: &Value, new: &Value) -> Vec<Pair> {
    let mut left: Vec<OperationKey> = tree::operations(old);
    let mut right: Vec<OperationKey> = tree::operations(new);
    let mut pairs = Vec::new();
    let stages: [&Identity; 3] = [
        &|key, _| key.to_string(),
        &|key, _| format!("{} {}", key.method, without_names(&key.path)),
        &|key, document| id(key.get(document)).to_owned(),
    ];
    for stage in stages {
        let mut by_name: BTreeMap<String, OperationKey> =
            right.iter().map(|key| (stage(key, new), key.clone())).collect();
        left.retain(|key| match by_name.remove(&stage(key, old)) {
            Some(heir) => {
                right.retain(|key| *key != heir);
                pairs.push((Some(key.clone()), Some(heir)));
                false
            }
            None => true,
        });
    }
    pairs.extend(left.into_iter().map(|key| (Some(key), None)));
    pairs.extend(right.into_iter().map(|key| (None, Some(key))));
    pairs
}

fn without_names(path: &str) -> String {
    template(path).iter().fold(path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "{}"))
}

fn summarise(old: &Value, new: &Value, found: &mut Diff) {
    for (pointer, what) in SUMMARISED {
        let (before, after) = (old.pointer(pointer), new.pointer(pointer));
        if before != after {
            let detail = format!("{}: {} -> {}", id(new), compact(before), compact(after));
            found.summarise(what, detail);
        }
    }
    let is_error = |status: &str| !status.starts_with('2');
    let (before, after) = (responses(old, is_error), responses(new, is_error));
    if before != after {
        let statuses =
            |errors: &BTreeMap<String, Value>| errors.keys().cloned().collect::<Vec<_>>().join(", ");
        let detail = format!("{}: {} -> {}", id(new), statuses(&before), statuses(&after));
        found.summarise("error responses of operations", detail);
    }
}

fn responses(operation: &Value, is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Value> {
    let responses = tree::sorted_entries(&operation["responses"]).into_iter();
    let wanted = responses.filter(|(status, _)| is_wanted(status));
    wanted.map(|(status, response)| (status.clone(), response.clone())).collect()
}

/// An operation of one of the documents, with where it is.
type Side<'a> = (&'a OperationKey, &'a Value);

fn changes(before: Side<'_>, after: Side<'_>, ids: &BTreeMap<String, String>) -> Vec<Line> {
    let mut lines = Vec::new();
    if before.0 != after.0 {
        lines.push(Line::new(format!("route {} -> {}", before.0, after.0), false));
    }
    path_parameters(before, after, ids, &mut lines);
    let ((_, old), (_, new)) = (before, after);
    other_parameters(old, new, &mut lines);
    body(old, new, &mut lines);
    successes(old, new, &mut lines);
    for (pointer, what, breaks) in TOLD {
        let (before, after) = (old.pointer(pointer), new.pointer(pointer));
        if before != after {
            let breaks = breaks && before.is_some() != after.is_some();
            lines.push(Line::changed(&format!("{what}:"), before, after, breaks));
        }
    }
    let (before, after) = (old.pointer("/x-opencloud/paging"), new.pointer("/x-opencloud/paging"));
    match (before, after) {
        (Some(_), None) => lines.push(Line::new("is no longer paged", true)),
        (None, Some(_)) => lines.push(Line::new("is paged now", false)),
        (Some(a), Some(b)) if a != b => lines.push(Line::changed("paging:", before, after, false)),
        _ => {}
    }
    lines
}

fn parameters(operation: &Value, is_wanted: impl Fn(&str) -> bool) -> Vec<(&str, &str, &Value)> {
    let parameters = tree::items(&operation["parameters"]).iter();
    parameters
        .filter_map(|parameter| Some((parameter["in"].as_str()?, parameter["name"].as_str()?, parameter)))
        .filter(|(place, _, _)| is_wanted(place))
        .collect()
}

/// Path parameters are arguments by position, so their names matter only where they decide the type.
fn path_parameters(before: Side<'_>, after: Side<'_>, ids: &BTreeMap<String, String>, lines: &mut Vec<Line>) {
    let in_order = |(key, operation): Side<'_>| -> Vec<(String, Value)> {
        let declared = parameters(operation, |place| place == "path");
        let schema =
            |name: &str| Some(declared.iter().find(|(_, known, _)| *known == name)?.2["schema"].clone());
        let with_schema = |name: String| (name.clone(), schema(&name).unwrap_or_default());
        template(&key.path).into_iter().map(with_schema).collect()
    };
    let (old, new) = (in_order(before), in_order(after));
    if old.len() != new.len() {
        let what = format!("path has {} parameters, not {}", new.len(), old.len());
        lines.push(Line::new(what, true));
        return;
    }
    for ((old_name, old_schema), (new_name, new_schema)) in old.iter().zip(&new) {
        if old_name != new_name {
            let breaks = ids.get(old_name) != ids.get(new_name);
            lines.push(Line::new(format!("path parameter {old_name} is called {new_name}"), breaks));
        }
        let at = format!("path parameter {new_name}");
        schemas::compare(&at, old_schema, new_schema, Direction::Sent, lines);
    }
}

fn other_parameters(old: &Value, new: &Value, lines: &mut Vec<Line>) {
    let by_name = |operation| -> BTreeMap<(String, String), Value> {
        let found = parameters(operation, |place| place != "path").into_iter();
        found.map(|(place, name, found)| ((place.to_owned(), name.to_owned()), found.clone())).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    for ((place, name), parameter) in &old {
        let Some(other) = new.get(&(place.clone(), name.clone())) else {
            lines.push(Line::new(format!("- {place} parameter {name}"), true));
            continue;
        };
        let at = format!("{place} parameter {name}");
        compare_required(&at, parameter, other, lines);
        for key in ["style", "explode", "allowReserved", "deprecated"] {
            if parameter.get(key) != other.get(key) {
                lines.push(Line::changed(&format!("{at}: {key}"), parameter.get(key), other.get(key), false));
            }
        }
        schemas::compare(&at, &parameter["schema"], &other["schema"], Direction::Sent, lines);
    }
    for ((place, name), parameter) in &new {
        if !old.contains_key(&(place.clone(), name.clone())) {
            let kind = schemas::describe(&parameter["schema"]);
            let note = if is_required(parameter) { ", required" } else { "" };
            let text = format!("+ {place} parameter {name}: {kind}{note}");
            lines.push(Line::new(text, is_required(parameter)));
        }
    }
}

fn compare_required(at: &str, old: &Value, new: &Value, lines: &mut Vec<Line>) {
    if is_required(old) != is_required(new) {
        lines.push(Line::required(at, is_required(new)));
    }
}

fn is_required(parameter_or_body: &Value) -> bool {
    parameter_or_body["required"] == true
}

fn body(old: &Value, new: &Value, lines: &mut Vec<Line>) {
    match (old.get("requestBody"), new.get("requestBody")) {
        (None, None) => {}
        (Some(_), None) => lines.push(Line::new("- body", true)),
        (None, Some(body)) => {
            let note = if is_required(body) { ", required" } else { "" };
            lines.push(Line::new(format!("+ body{note}"), is_required(body)));
        }
        (Some(before), Some(after)) => {
            compare_required("body", before, after, lines);
            content("body", &before["content"], &after["content"], Direction::Sent, lines);
        }
    }
}

/// Compares the schema that both have for the first media type, and the media types.
fn content(at: &str, old: &Value, new: &Value, direction: Direction, lines: &mut Vec<Line>) {
    let (before, after) = (tree::sorted_keys(old), tree::sorted_keys(new));
    if before != after {
        let what = format!("{at}: media types {} -> {}", before.join(", "), after.join(", "));
        let is_other = before.is_empty() != after.is_empty();
        lines.push(Line::new(what, is_other));
    }
    let any = Value::Object(serde_json::Map::new());
    let mut seen = BTreeSet::new();
    for media in before.iter().filter(|media| after.contains(media)) {
        let (old, new) = (&old[media], &new[media]);
        if old.get("encoding") != new.get("encoding") {
            lines.push(Line::new(format!("{at}: encoding of {media} changed"), false));
        }
        let mut found = Vec::new();
        let (old, new) = (old.get("schema").unwrap_or(&any), new.get("schema").unwrap_or(&any));
        schemas::compare(at, old, new, direction, &mut found);
        // The media types of one body have one schema.
        lines.extend(found.into_iter().filter(|line| seen.insert(line.text.clone())));
    }
}

fn successes(old: &Value, new: &Value, lines: &mut Vec<Line>) {
    let is_success = |status: &str| status.starts_with('2');
    let (old, new) = (responses(old, is_success), responses(new, is_success));
    for (status, response) in &old {
        let Some(other) = new.get(status) else {
            lines.push(Line::new(format!("- response {status}"), false));
            continue;
        };
        let at = format!("response {status}");
        content(&at, &response["content"], &other["content"], Direction::Received, lines);
        if response.get("headers") != other.get("headers") {
            lines.push(Line::new(format!("{at}: headers changed"), false));
        }
    }
    for status in new.keys().filter(|status| !old.contains_key(*status)) {
        lines.push(Line::new(format!("+ response {status}"), false));
    }
    let kinds = |responses: &BTreeMap<String, Value>| -> BTreeSet<String> {
        let contents = responses.values().map(|response| &response["content"]);
        let medias = contents.flat_map(|content| tree::sorted_entries(content).into_iter());
        medias.filter_map(|(_, media)| Some(schemas::describe(media.get("schema")?))).collect()
    };
    let (before, after) = (kinds(&old), kinds(&new));
    let is_told = lines.iter().any(|line| line.breaks && line.text.starts_with("response "));
    if before != after && !is_told {
        let list = |kinds: BTreeSet<String>| kinds.into_iter().collect::<Vec<_>>().join(", ");
        lines.push(Line::new(format!("result: {} -> {}", list(before), list(after)), true));
    }
}
