//! Where the project names the facts.

use std::collections::BTreeSet;
use std::path::Path;

use super::ledger::Ledger;
use crate::sync::error::Error;

/// Where a fact can have an effect: a correction, the runtime, a fixture, or a test.
const FOLDERS: [&str; 8] =
    ["codegen", "emulator", "examples", "spec/live/bodies", "spec/overlay", "src", "tests", "xtask"];

/// The ids in the tests of this check, and in what fuzzing found, are made up.
const OWN: [&str; 3] = ["xtask/src/facts", "xtask/tests/facts.rs", "tests/fuzz"];

/// A place that names a fact.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) id: String,
}

/// All references of the project, by file and line.
pub(super) fn find(root: &Path) -> Result<Vec<Reference>, String> {
    let mut found = Vec::new();
    for (name, text) in crate::texts(root, &FOLDERS)? {
        if !OWN.iter().any(|own| name.starts_with(own)) {
            collect(&name, &text, &mut found);
        }
    }
    found.sort();
    Ok(found)
}

fn collect(file: &str, text: &str, found: &mut Vec<Reference>) {
    for (index, line) in text.lines().enumerate() {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        // A range such as `MS-01-MS-03` is two ids with a dash between, which nobody writes.
        for id in words.filter(|word| is_id(word)) {
            found.push(Reference { file: file.to_owned(), line: index + 1, id: id.to_owned() });
        }
    }
}

/// Two capital letters, a dash and two digits.
pub(super) fn is_id(word: &str) -> bool {
    let [a, b, b'-', c, d] = word.as_bytes() else { return false };
    [a, b].iter().all(|byte| byte.is_ascii_uppercase()) && [c, d].iter().all(|byte| byte.is_ascii_digit())
}

/// References to what is not defined, and facts that nothing refers to and that give no reason.
pub(super) fn check(ledger: &Ledger, references: &[Reference]) -> Vec<Error> {
    let defined: BTreeSet<&str> = ledger.ids().map(|(id, _)| id).collect();
    let used: BTreeSet<&str> = references.iter().map(|reference| reference.id.as_str()).collect();
    let undefined = references.iter().filter(|reference| !defined.contains(reference.id.as_str()));
    let mut problems: Vec<Error> = undefined
        .map(|reference| {
            let place = format!("{}:{}", reference.file, reference.line);
            Error::new(place, format!("{} is not in {}", reference.id, ledger.file))
        })
        .collect();
    let unused =
        ledger.facts.iter().filter(|fact| fact.no_change.is_none() && !used.contains(fact.id.as_str()));
    problems.extend(unused.map(|fact| {
        let place = format!("{}:{}", ledger.file, ledger.line(&fact.at, "id"));
        Error::new(place, format!("nothing refers to {}, and it has no no_change", fact.id))
    }));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        collect("f", text, &mut found);
        found.into_iter().map(|reference| (reference.line, reference.id)).collect()
    }

    #[test]
    fn an_id_is_found_wherever_it_stands_alone() {
        let text = "// MS-01, see (DS-14).\nfoo\n\"MS-02\" `RL-10`;UK-01:\n";
        let expected = [(1, "MS-01"), (1, "DS-14"), (3, "MS-02"), (3, "RL-10"), (3, "UK-01")];
        assert_eq!(ids(text), expected.map(|(line, id)| (line, id.to_owned())));
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in ["UTF-16", "2026-05-14", "ms-01", "MS-001", "MS-1", "AMS-01", "x_MS-01", "MS-01a"] {
            assert_eq!(ids(text), [], "{text}");
        }
    }
}
