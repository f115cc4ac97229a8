//! The form of `spec/live/bodies/*.json`. Whether they hold is tested in `tests/contract/tests/live`.

use std::collections::BTreeSet;
use std::path::Path;

use opencloud_codegen::passes::parameters::template;
use serde_json::Value;

use super::check::Vocabulary;
use super::references::is_id;
use crate::sync::error::{Error, Result};
use crate::yaml::{self, Checker};

const FOLDER: &str = "spec/live/bodies";

const KEYS: [&str; 10] =
    ["facts", "note", "operation", "endpoint", "request", "status", "headers", "body", "sdk", "emulator"];
const REQUEST: [&str; 7] = ["path", "target", "query", "headers", "body", "form", "bytes"];

/// Every problem, by file and line.
pub(super) fn check(root: &Path, known: &Vocabulary) -> std::result::Result<Vec<Error>, String> {
    if !root.join(FOLDER).is_dir() {
        return Ok(Vec::new());
    }
    let mut files = crate::texts(root, &[FOLDER])?;
    files.sort();
    let problems =
        files.iter().flat_map(|(file, text)| body(file, text, known).unwrap_or_else(|error| vec![error]));
    Ok(problems.collect())
}

/// The problems of one file.
fn body(file: &str, text: &str, known: &Vocabulary) -> Result<Vec<Error>> {
    if let Err(error) = serde_json::from_str::<Value>(text) {
        return Err(Error::new(format!("{file}:{}", error.line()), format!("not JSON: {error}")));
    }
    // JSON is YAML, of which every part has its line.
    let located = yaml::read(file, text)?;
    let mut checker = Checker { file, located: &located, problems: Vec::new() };
    checker.recording(known);
    Ok(checker.problems)
}

impl Checker<'_> {
    fn recording(&mut self, known: &Vocabulary) {
        let located = self.located;
        let root = &located.value;
        self.only("", root, &KEYS);
        let is_fact = |id: &Value| id.as_str().is_some_and(is_id);
        if !root["facts"].as_array().is_some_and(|facts| !facts.is_empty() && facts.iter().all(is_fact)) {
            self.problem("/facts", "facts should be a list of ids, and not empty");
        }
        if root["note"].as_str().is_none_or(|note| note.trim().is_empty()) {
            self.problem("/note", "note: missing, it should say which fields the facts tell of");
        }
        if !root["status"].as_u64().is_some_and(|status| (200..600).contains(&status)) {
            self.problem("/status", "status: missing, it should be the status of the response");
        }
        match (root["operation"].as_str(), root["endpoint"].as_str()) {
            (Some(operation), None) => self.request(known, operation, &root["request"], ""),
            (None, Some(_)) => self.only("/request", &root["request"], &REQUEST),
            _ => self.problem("", "there should be an operation or, for what is none, an endpoint"),
        }
        for (index, step) in root["emulator"]["before"].as_array().into_iter().flatten().enumerate() {
            let at = format!("/emulator/before/{index}");
            match step["operation"].as_str() {
                Some(operation) => self.request(known, operation, &step["request"], &at),
                None => self.problem(&at, "a step should have an operation"),
            }
        }
    }

    /// The request names what the path of its operation needs.
    fn request(&mut self, known: &Vocabulary, operation: &str, request: &Value, at: &str) {
        let Some(path) = known.operations.get(operation) else {
            return self
                .problem(&format!("{at}/operation"), format!("the document has no operation {operation}"));
        };
        let at = format!("{at}/request");
        self.only(&at, request, &REQUEST);
        let given: BTreeSet<&str> =
            request["path"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let mut needed = template(path);
        needed.sort();
        if request["target"].is_null() && !given.into_iter().eq(needed.iter().map(String::as_str)) {
            self.problem(&at, format!("the path of {operation} needs {}", needed.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "{\n\"facts\": [\"MS-01\"],\n\"note\": \"n\",\n\"operation\": \"a.get\",\n\
        \"request\": { \"path\": { \"id\": \"1\" } },\n\"status\": 200,\n\"body\": { \"x\": \"\\u0001\\/\" },\n\
        \"emulator\": { \"before\": [\n{ \"operation\": \"a.list\", \"request\": {} }] }\n}\n";

    fn problems(from: &str, to: &str) -> Vec<String> {
        assert!(WHOLE.contains(from), "{from}");
        let text = WHOLE.replacen(from, to, 1);
        let operations = [("a.get", "/a/{id}"), ("a.list", "/a")];
        let operations = operations.map(|(id, path)| (id.to_owned(), path.to_owned())).into();
        let known = Vocabulary { operations, ..Vocabulary::default() };
        match body("x", &text, &known) {
            Ok(problems) => problems.iter().map(Error::to_string).collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    #[test]
    fn a_recording_is_checked_with_lines() {
        for (from, to, expected) in [
            ("", "", None),
            ("\"MS-01\"", "", Some("x:2: facts should be a list of ids, and not empty")),
            ("MS-01", "one", Some("x:2: facts should be a list of ids, and not empty")),
            (
                "\"note\": \"n\",\n",
                "",
                Some("x:1: note: missing, it should say which fields the facts tell of"),
            ),
            ("a.get", "a.gone", Some("x:4: the document has no operation a.gone")),
            (
                "\"operation\": \"a.get\",\n",
                "",
                Some("x:1: there should be an operation or, for what is none, an endpoint"),
            ),
            ("\"operation\": \"a.get\"", "\"endpoint\": \"GET /x\"", None),
            ("\"id\": \"1\"", "", Some("x:5: the path of a.get needs id")),
            ("\"path\": { \"id\": \"1\" }", "\"target\": \"/a/1\"", None),
            ("\"path\"", "\"paths\"", Some("x:5: unknown key paths")),
            ("200", "2", Some("x:6: status: missing, it should be the status of the response")),
            ("a.list", "a.gone", Some("x:9: the document has no operation a.gone")),
            ("\"body\"", "\"bodi\"", Some("x:7: unknown key bodi")),
        ] {
            let found = problems(from, to);
            assert_eq!(found.first().map(String::as_str), expected, "{to}: {found:?}");
        }
        let found = problems("\"status\": 200,", "\"status\": ,");
        assert!(found[0].starts_with("x:6: not JSON: "), "{found:?}");
    }
}
