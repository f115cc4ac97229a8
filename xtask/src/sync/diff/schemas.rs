//! How one schema differs from another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::refs;
use super::super::strip::schema::KEYWORDS;
use super::super::tree;
use super::Line;

/// Whether callers build values of a schema, so that a new required property breaks them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Sent,
    Received,
}

/// Keywords whose changes have a line of their own. All others are facts that a caller sees at most in documentation or in a
/// server's refusal.
const TOLD: [&str; 6] = ["format", "nullable", "required", "x-enum-varnames", "x-enumNames", "enum"];

/// Adds what differs. `at` names the schema in messages and may be empty.
pub(crate) fn compare(at: &str, old: &Value, new: &Value, direction: Direction, lines: &mut Vec<Line>) {
    let (before, after) = (describe(old), describe(new));
    if before != after {
        lines.push(Line::new(prefixed(at, &format!("{before} -> {after}")), true));
        return;
    }
    if flag(old, "nullable") != flag(new, "nullable") {
        let now = if flag(new, "nullable") { "nullable" } else { "not nullable" };
        lines.push(Line::new(prefixed(at, &format!("is {now} now")), false));
    }
    compare_values(at, old, new, lines);
    let others = KEYWORDS.iter().map(|(key, _)| *key).filter(|key| !TOLD.contains(key));
    for key in others.chain(["discriminator"]) {
        if old.get(key) != new.get(key) {
            lines.push(Line::changed(&prefixed(at, key), old.get(key), new.get(key), false));
        }
    }
    compare_properties(at, old, new, direction, lines);
    for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}"), ("not", "(not)")] {
        if old[key].is_object() && new[key].is_object() {
            compare(&format!("{at}{suffix}"), &old[key], &new[key], direction, lines);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for (old, new) in tree::items(&old[key]).iter().zip(tree::items(&new[key])) {
            compare(at, old, new, direction, lines);
        }
    }
}

fn prefixed(at: &str, what: &str) -> String {
    if at.is_empty() { what.to_owned() } else { format!("{at}: {what}") }
}

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

/// Values that an enum gained or lost, and the names of those that stayed.
fn compare_values(at: &str, old: &Value, new: &Value, lines: &mut Vec<Line>) {
    let (old_names, new_names) = (values(old), values(new));
    for (value, name) in &old_names {
        match new_names.get(value) {
            None => lines.push(Line::new(prefixed(at, &format!("- value {value}")), true)),
            Some(new_name) if new_name != name => {
                let what = format!("value {value} is called {new_name}, not {name}");
                lines.push(Line::new(prefixed(at, &what), true));
            }
            Some(_) => {}
        }
    }
    for value in new_names.keys().filter(|value| !old_names.contains_key(*value)) {
        lines.push(Line::new(prefixed(at, &format!("+ value {value}")), false));
    }
}

/// The values of an enum as text, with their names.
fn values(schema: &Value) -> BTreeMap<String, String> {
    let names = schema.get("x-enum-varnames").or_else(|| schema.get("x-enumNames"));
    let named = |(index, value): (usize, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = names.and_then(|names| names.get(index)?.as_str()).unwrap_or(&text).to_owned();
        (text, name)
    };
    tree::items(&schema["enum"]).iter().enumerate().map(named).collect()
}

fn compare_properties(at: &str, old: &Value, new: &Value, direction: Direction, lines: &mut Vec<Line>) {
    let (old_properties, new_properties) = (&old["properties"], &new["properties"]);
    let (old_required, new_required) = (required(old), required(new));
    let label = |name: &str| {
        if at.is_empty() { format!("property {name}") } else { format!("{at}.{name}") }
    };
    for (name, schema) in tree::sorted_entries(old_properties) {
        let Some(other) = new_properties.get(name) else {
            lines.push(Line::new(format!("- {}: {}", label(name), describe(schema)), true));
            continue;
        };
        let property = label(name);
        let is_required = new_required.contains(name.as_str());
        if old_required.contains(name.as_str()) != is_required {
            lines.push(Line::required(&property, is_required));
        }
        compare(&property, schema, other, direction, lines);
    }
    for (name, schema) in tree::sorted_entries(new_properties) {
        if old_properties.get(name).is_none() {
            let is_required = new_required.contains(name.as_str());
            let note = if is_required { ", required" } else { "" };
            let text = format!("+ {}: {}{note}", label(name), describe(schema));
            lines.push(Line::new(text, is_required && direction == Direction::Sent));
        }
    }
    // A constructor takes its arguments in this order, and many are of one type.
    let (before, after) = (required_in_order(old), required_in_order(new));
    if direction == Direction::Sent && before != after && old_required == new_required {
        let order = format!("required in the order {}, not {}", after.join(", "), before.join(", "));
        lines.push(Line::new(prefixed(at, &order), true));
    }
}

fn required(schema: &Value) -> BTreeSet<&str> {
    required_in_order(schema).into_iter().collect()
}

fn required_in_order(schema: &Value) -> Vec<&str> {
    tree::items(&schema["required"]).iter().filter_map(Value::as_str).collect()
}

/// The type that a schema becomes, in short. Two schemas of one type have one description.
pub(crate) fn describe(schema: &Value) -> String {
    if let Some(name) = refs::target_of(schema) {
        return name;
    }
    if let Some(name) = schema.get("x-opencloud-type").and_then(Value::as_str) {
        return name.to_owned();
    }
    for (key, sign) in [("allOf", " & "), ("oneOf", " | "), ("anyOf", " | ")] {
        if let Some(members) = schema.get(key).and_then(Value::as_array) {
            let members: Vec<String> = members.iter().map(describe).collect();
            return members.join(sign);
        }
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let format = schema.get("format").and_then(Value::as_str);
    match kind {
        "array" => format!("[{}]", schema.get("items").map_or_else(|| "any".to_owned(), describe)),
        "object" | "" if schema.get("properties").is_none() => match schema.get("additionalProperties") {
            Some(values) if values.is_object() => format!("map of {}", describe(values)),
            _ if kind.is_empty() => "any".to_owned(),
            _ => "object".to_owned(),
        },
        "" => "object".to_owned(),
        _ if schema.get("enum").is_some() => format!("{kind} enum"),
        _ => match format {
            Some(format) => format!("{kind} ({format})"),
            None => kind.to_owned(),
        },
    }
}
