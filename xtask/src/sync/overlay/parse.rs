//! One overlay file to actions, each part with its line.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::error::{Error, Result};
use super::super::tree::escape;
use super::vocabulary;
use super::{Action, Change, Place};
use crate::yaml::{self, Located};

/// Keys that only name or describe; an update with nothing else is curation.
pub(crate) const CURATION: [&str; 5] =
    ["summary", "description", "x-opencloud", "x-opencloud-type", "x-enum-varnames"];

/// Parses an overlay file. `file` is its name in messages.
pub fn parse(file: &str, text: &str) -> Result<Vec<Action>> {
    let located = yaml::read(file, text)?;
    let fail = |pointer: &str, message: String| {
        Err(Error::new(format!("{file}:{}", located.line(pointer)), message))
    };
    let Some(document) = located.value.as_object() else {
        return fail("", "an overlay is a map with overlay, info and actions".into());
    };
    for key in document.keys() {
        if !["overlay", "info", "extends", "actions"].contains(&key.as_str()) && !key.starts_with("x-") {
            return fail(&format!("/{}", escape(key)), format!("unknown key {key}"));
        }
    }
    match document.get("overlay") {
        Some(Value::String(version)) if version.starts_with("1.0.") => {}
        Some(version) => return fail("/overlay", format!("overlay version {version}, not 1.0.0")),
        None => return fail("", "overlay: missing, it should be 1.0.0".into()),
    }
    let Some(actions) = document.get("actions").and_then(Value::as_array) else {
        return fail("/actions", "actions: missing, it should be a list".into());
    };
    (0..actions.len()).map(|index| action(file, &located, &format!("/actions/{index}"))).collect()
}

fn action(file: &str, located: &Located, at: &str) -> Result<Action> {
    let place =
        |pointer: &str| Place { file: file.to_owned(), line: located.line(&format!("{at}{pointer}")) };
    let fail = |pointer: &str, message: String| Err(Error::new(place(pointer).to_string(), message));
    let Some(action) = located.value.pointer(at).and_then(Value::as_object) else {
        return fail("", "an action is a map with target and update or remove".into());
    };
    for key in action.keys() {
        if !["target", "description", "update", "remove"].contains(&key.as_str()) && !key.starts_with("x-") {
            return fail(&format!("/{}", escape(key)), format!("unknown key {key} in an action"));
        }
    }
    let Some(target) = action.get("target").and_then(Value::as_str) else {
        return fail("/target", "target: missing, it should be a JSONPath".into());
    };
    let path = JsonPath::parse(target).map_err(|error| {
        let what = format!("target {target} is not a valid JSONPath: {error}");
        Error::new(place("/target").to_string(), what)
    })?;
    let change = match (action.get("update"), action.get("remove")) {
        (Some(update), None | Some(Value::Bool(false))) => Change::Update(update.clone()),
        (None, Some(Value::Bool(true))) => Change::Remove,
        (Some(_), Some(_)) => return fail("", "an action has either update or remove".into()),
        (None, Some(Value::Bool(false)) | None) => {
            return fail("", "an action requires update or remove: true".into());
        }
        (None, Some(_)) => return fail("/remove", "remove should be true or false".into()),
    };
    let is_correction = match &change {
        Change::Remove => true,
        Change::Update(update) => !is_curation(update),
    };
    let reason = action.get("description").and_then(Value::as_str);
    if is_correction && reason.is_none_or(|reason| reason.trim().is_empty()) {
        let what = "a correction requires a description: its reason, with the evidence";
        return fail("", what.into());
    }
    if let Change::Update(update) = &change
        && let Err(problem) = vocabulary::check(update)
    {
        return fail(&format!("/update{}", problem.pointer), problem.message);
    }
    let prefix = format!("{at}/update");
    let lines = located.lines.iter();
    let lines = lines.filter_map(|(at, line)| Some((at.strip_prefix(&prefix)?.to_owned(), *line))).collect();
    Ok(Action { place: place(""), target: target.to_owned(), path, change, is_correction, lines })
}

fn is_curation(update: &Value) -> bool {
    update.as_object().is_some_and(|update| update.keys().all(|key| CURATION.contains(&key.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(actions: &str) -> String {
        format!("overlay: 1.0.0\ninfo: {{ title: t, version: 1.0.0 }}\nactions:\n{actions}")
    }

    #[test]
    fn actions_have_lines_and_kinds() {
        let text = overlay(
            "  - target: $.paths['/a'].get\n    update:\n      summary: Gets.\n      x-opencloud:\n        area: a\n        method: get\n\
             \n  - target: $.paths['/a'].get.responses\n    description: It returns 200.\n    update:\n      200: { description: OK }\n\
             \n  - target: $.paths['/b']\n    description: It is gone.\n    remove: true\n",
        );
        let actions = parse("x.yaml", &text).unwrap();
        assert_eq!(actions.len(), 3);
        assert_eq!(actions[0].place.to_string(), "x.yaml:4");
        assert_eq!(actions[0].lines["/x-opencloud/method"], 9);
        assert!(!actions[0].is_correction);
        assert_eq!(actions[1].place.to_string(), "x.yaml:11");
        assert!(actions[1].is_correction);
        assert_eq!(actions[1].update().unwrap()["200"]["description"], "OK");
        assert!(actions[2].update().is_none());
    }

    #[test]
    fn malformed_overlays_are_refused_with_their_line() {
        let head = "overlay: 1.0.0\nactions:\n";
        let cases = [
            ("", "x:1: 0 YAML documents, there should be one"),
            ("- a\n", "x:1: an overlay is a map with overlay, info and actions"),
            ("overlay: 1.0.0\ninfo: {}\nacts: []\n", "x:3: unknown key acts"),
            ("overlay: 2.0.0\nactions: []\n", "x:1: overlay version \"2.0.0\", not 1.0.0"),
            ("actions: []\n", "x:1: overlay: missing, it should be 1.0.0"),
            ("overlay: 1.0.0\nactions: {}\n", "x:2: actions: missing, it should be a list"),
            (&format!("{head}- a\n"), "x:3: an action is a map with target and update or remove"),
            (&format!("{head}- target: $\n  updaet: {{}}\n"), "x:4: unknown key updaet in an action"),
            (&format!("{head}- update: {{}}\n"), "x:3: target: missing, it should be a JSONPath"),
            (&format!("{head}- target: $\n"), "x:3: an action requires update or remove: true"),
            (
                &format!("{head}- target: $\n  remove: false\n"),
                "x:3: an action requires update or remove: true",
            ),
            (
                &format!("{head}- target: $\n  update: {{}}\n  remove: true\n"),
                "x:3: an action has either update or remove",
            ),
            (
                &format!("{head}- target: $\n  update: {{ type: string }}\n"),
                "x:3: a correction requires a description: its reason, with the evidence",
            ),
            (
                &format!("{head}- target: $\n  remove: true\n"),
                "x:3: a correction requires a description: its reason, with the evidence",
            ),
            (
                &format!("{head}- target: $\n  update:\n    ? [a]\n    : b\n"),
                "x:5: a key that is not a string",
            ),
            (&format!("{head}- target: $\n  update: !t {{}}\n"), "x:4: YAML tags are not used here"),
            (
                &format!("{head}- target: $\n  update:\n    a: 1\n    a: 2\n"),
                "x:6: not YAML: duplicated key in mapping",
            ),
        ];
        for (text, expected) in cases {
            let error = parse("x", text).unwrap_err().to_string();
            assert_eq!(error, expected, "{text}");
        }
        let error = parse("x", &format!("{head}- target: $.paths[\n  update: {{}}\n"));
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("x:3: target $.paths[ is not a valid JSONPath: "), "{error}");
        let error = parse("x", "overlay: 1.0.0\nactions:\n  - target: 'a\n").unwrap_err();
        assert!(error.to_string().starts_with("x:"), "{error}");
    }
}
