//! Component types: added, removed, renamed, changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::names::UPSTREAM;
use super::super::refs;
use super::super::tree;
use super::schemas::{self, Direction};
use super::{Diff, Entry, Kind};

/// New names of types by their old ones.
pub(crate) type Renamed = BTreeMap<String, String>;

/// Types with a new name: the old one is gone, and a new one has the same upstream name.
pub(crate) fn renamed(old: &Value, new: &Value) -> Renamed {
    let (old_types, new_types) = (by_name(old), by_name(new));
    let mut found = Renamed::new();
    for (name, schema) in old_types.iter().filter(|(name, _)| !new_types.contains_key(*name)) {
        let upstream = upstream_names(name, schema);
        let candidates = new_types.iter().filter(|(name, _)| !old_types.contains_key(*name));
        let heir = candidates
            .filter(|(name, schema)| !upstream.is_disjoint(&upstream_names(name, schema)))
            .map(|(name, _)| (*name).clone())
            .find(|name| !found.values().any(|taken| taken == name));
        if let Some(heir) = heir {
            found.insert((*name).clone(), heir);
        }
    }
    found
}

fn by_name(document: &Value) -> BTreeMap<&String, &Value> {
    tree::components(document).into_iter().collect()
}

fn upstream_names(name: &str, schema: &Value) -> BTreeSet<String> {
    match schema.get(UPSTREAM).and_then(Value::as_array) {
        Some(names) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        None => [name.to_owned()].into(),
    }
}

/// Adds what changed about the types.
pub(crate) fn compare(old: &Value, new: &Value, renamed: &Renamed, found: &mut Diff) {
    let (old_types, new_types) = (by_name(old), by_name(new));
    let sent = sent(new);
    for (name, schema) in &old_types {
        let new_name = renamed.get(*name).unwrap_or(name);
        let Some(other) = new_types.get(new_name) else {
            found.types.push(entry(Kind::Removed, (*name).clone(), Vec::new()));
            continue;
        };
        let direction = if sent.contains(new_name) { Direction::Sent } else { Direction::Received };
        let mut lines = Vec::new();
        schemas::compare("", schema, other, direction, &mut lines);
        if renamed.contains_key(*name) {
            found.types.push(entry(Kind::Renamed, format!("{name} -> {new_name}"), lines));
        } else if !lines.is_empty() {
            found.types.push(entry(Kind::Changed, (*name).clone(), lines));
        } else if schema != other {
            found.summarise("descriptions and other words of types", (*name).clone());
        }
    }
    for name in new_types.keys() {
        if !old_types.contains_key(*name) && !renamed.values().any(|heir| heir == *name) {
            found.types.push(entry(Kind::Added, (*name).clone(), Vec::new()));
        }
    }
}

fn entry(kind: Kind, subject: String, lines: Vec<super::Line>) -> Entry {
    Entry { kind, subject, lines }
}

/// Types that callers send, directly or inside another.
fn sent(document: &Value) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for key in tree::operations(document) {
        let operation = key.get(document);
        let request =
            json!({ "parameters": operation["parameters"], "requestBody": operation["requestBody"] });
        named.extend(refs::operation_references(&request));
    }
    refs::close(document, named)
}
