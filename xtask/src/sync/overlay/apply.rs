//! Applying actions to a document, and noticing those that have nothing left to do.

use serde_json::Value;

use super::super::report::{Report, Stale};
use super::super::tree::{escape, sorted_entries, unescape};
use super::{Action, Change, Origins, Place};

/// Applies the actions in order. Returns where each of our extensions came from.
pub fn apply(document: &mut Value, actions: &[Action], report: &mut Report) -> Origins {
    let mut origins = Origins::new();
    for action in actions {
        let targets = locate(document, action);
        let stale = |why: &str| Stale {
            place: action.place.clone(),
            target: action.target.clone(),
            why: why.to_owned(),
        };
        if targets.is_empty() {
            report.stale.push(stale("the target is not in the document"));
            continue;
        }
        match &action.change {
            Change::Remove => remove(document, targets),
            Change::Update(update) => {
                let mut has_effect = false;
                for pointer in targets {
                    let Some(target) = document.pointer_mut(&pointer) else { continue };
                    let before = action.is_correction.then(|| facts(target));
                    merge(target, update, last_segment(&pointer));
                    has_effect |= before.is_none_or(|before| before != facts(target));
                    record(update, "", &pointer, action, &mut origins);
                }
                if !has_effect {
                    let why = "it changes nothing, the document says so already";
                    report.stale.push(stale(why));
                }
            }
        }
    }
    origins
}

/// JSON pointers to the nodes that the target selects.
fn locate(document: &Value, action: &Action) -> Vec<String> {
    let nodes = action.path.query_located(document);
    let mut pointers: Vec<String> = nodes.locations().map(|location| location.to_json_pointer()).collect();
    pointers.sort();
    pointers.dedup();
    pointers
}

fn last_segment(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// Overlay 1.0: objects are merged, lists are appended to, everything else is replaced.
fn merge(target: &mut Value, update: &Value, key: &str) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                match target.get_mut(key) {
                    Some(existing) => merge(existing, value, key),
                    None => drop(target.insert(key.clone(), value.clone())),
                }
            }
        }
        // Names of enum values are one list in the order of the values: ours replaces theirs.
        (target, Value::Array(_)) if key == "x-enum-varnames" => *target = update.clone(),
        (Value::Array(target), Value::Array(update)) => {
            update.iter().for_each(|item| append(target, item, key));
        }
        (Value::Array(target), item) => append(target, item, key),
        (target, _) => *target = update.clone(),
    }
}

/// Appends what is not there yet, so that a correction which upstream has made itself has no effect.
/// A parameter is there if one of the same name and place is.
fn append(list: &mut Vec<Value>, item: &Value, key: &str) {
    let is_there = list.iter().any(|other| {
        other == item || (key == "parameters" && other["name"] == item["name"] && other["in"] == item["in"])
    });
    if !is_there {
        list.push(item.clone());
    }
}

/// Removes from the last to the first, so that indices of lists stay right.
fn remove(document: &mut Value, targets: Vec<String>) {
    let mut targets: Vec<(String, String)> = targets
        .iter()
        .filter_map(|pointer| pointer.rsplit_once('/'))
        .map(|(parent, last)| (parent.to_owned(), unescape(last)))
        .collect();
    targets.sort_by_key(|(parent, last)| (parent.clone(), last.parse::<usize>().ok()));
    for (parent, last) in targets.into_iter().rev() {
        match document.pointer_mut(&parent) {
            Some(Value::Object(map)) => drop(map.remove(&last)),
            Some(Value::Array(list)) => {
                if let Some(index) = last.parse().ok().filter(|index| *index < list.len()) {
                    list.remove(index);
                }
            }
            _ => {}
        }
    }
}

/// A value without our names and sentences: what a correction has to change.
fn facts(value: &Value) -> Value {
    const OURS: [&str; 3] = ["x-opencloud", "x-opencloud-type", "x-enum-varnames"];
    const SENTENCES: [&str; 2] = ["description", "summary"];
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, member)| {
                let key = key.as_str();
                let is_sentence = SENTENCES.contains(&key) && member.is_string();
                !OURS.contains(&key) && !is_sentence
            })
            .map(|(key, member)| (key.clone(), facts(member)))
            .collect(),
        Value::Array(items) => items.iter().map(facts).collect(),
        other => other.clone(),
    }
}

/// Notes the place of each extension in the update.
fn record(update: &Value, inside: &str, target: &str, action: &Action, origins: &mut Origins) {
    for (key, member) in sorted_entries(update) {
        let inside = format!("{inside}/{}", escape(key));
        if inside.contains("/x-") {
            let line = action.lines.get(&inside).copied();
            let place = Place { file: action.place.file.clone(), line: line.unwrap_or(action.place.line) };
            origins.insert(format!("{target}{inside}"), place);
        }
        record(member, &inside, target, action, origins);
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use serde_json::json;

    fn run(document: Value, actions: &str) -> (Value, Vec<String>, Origins) {
        let text = format!("overlay: 1.0.0\nactions:\n{actions}");
        let actions = parse("x.yaml", &text).unwrap();
        let mut document = document;
        let mut report = Report::default();
        let origins = apply(&mut document, &actions, &mut report);
        let stale = report.stale.iter().map(|s| format!("{}: {}", s.place, s.why));
        (document, stale.collect(), origins)
    }

    #[test]
    fn objects_merge_lists_grow_and_scalars_change() {
        let (document, stale, _) = run(
            json!({"a": {"list": [1, 2], "map": {"x": 1, "y": 2}, "text": "old"}}),
            "- target: $.a\n  description: r\n  update: { list: [2, 3], map: { y: 3, z: 4 }, text: new, more: { b: c } }\n",
        );
        assert_eq!(
            document,
            json!({"a": {"list": [1, 2, 3], "map": {"x": 1, "y": 3, "z": 4}, "text": "new", "more": {"b": "c"}}})
        );
        assert_eq!(stale, [""; 0]);
    }

    #[test]
    fn a_filter_selects_a_parameter_and_remove_takes_several() {
        let (document, stale, _) = run(
            json!({"parameters": [{"name": "a"}, {"name": "b"}, {"name": "a"}, {"name": "c"}], "k/~": 1}),
            "- target: $.parameters[?@.name=='b']\n  description: r\n  update: { required: true }\n\
             - target: $.parameters[?@.name=='a']\n  description: r\n  remove: true\n\
             - target: $['k/~']\n  description: r\n  remove: true\n",
        );
        assert_eq!(document, json!({"parameters": [{"name": "b", "required": true}, {"name": "c"}]}));
        assert_eq!(stale, [""; 0]);
    }

    #[test]
    fn what_has_no_target_or_no_effect_is_stale() {
        let (_, stale, _) = run(
            json!({"paths": {"/a": {"get": {"required": ["x"], "parameters": [{"name": "p", "in": "query", "schema": {}}]}}}}),
            "- target: $.paths['/b'].get\n  update: { summary: s }\n\
             - target: $.paths['/a'].get\n  update: { summary: s }\n\
             - target: $.paths['/a'].get\n  update: { summary: s }\n\
             - target: $.paths['/a'].get\n  description: r\n  update: { required: [x], summary: t, description: d }\n\
             - target: $.paths['/a'].get\n  description: r\n  update: { parameters: [{ name: p, in: query }] }\n\
             - target: $.paths['/a'].get\n  description: r\n  update: { required: [y] }\n",
        );
        assert_eq!(
            stale,
            [
                "x.yaml:3: the target is not in the document",
                "x.yaml:9: it changes nothing, the document says so already",
                "x.yaml:12: it changes nothing, the document says so already",
            ]
        );
    }

    #[test]
    fn names_of_enum_values_replace_those_of_upstream() {
        let (document, _, _) = run(
            json!({"s": {"enum": [1, 2], "x-enum-varnames": ["A", "B"]}}),
            "- target: $.s\n  update: { x-enum-varnames: [One, Two] }\n",
        );
        assert_eq!(document["s"]["x-enum-varnames"], json!(["One", "Two"]));
    }

    #[test]
    fn the_place_of_each_name_is_known() {
        let (_, _, origins) = run(
            json!({"paths": {"/a": {"get": {}}}}),
            "- target: $.paths['/a'].get\n  update:\n    summary: s\n    x-opencloud:\n      area: a\n      method: m\n",
        );
        assert_eq!(origins["/paths/~1a/get/x-opencloud/method"].to_string(), "x.yaml:8");
        assert_eq!(origins.len(), 3);
    }
}
