//! What must hold of the facts themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{About, Ledger};
use super::references::is_id;
use crate::sync::error::Error;

/// The letters of open questions.
pub(super) const UNKNOWN: &str = "UK";

/// A: recorded or measured. A*: the same, before 2025. B: production code relies on it. C: one report.
const CONFIDENCES: [&str; 4] = ["A", "A*", "B", "C"];

/// Areas of facts that belong to no operation.
const AREAS: [&str; 7] = ["transport", "rate_limits", "errors", "paging", "api_key", "oauth", "webhook"];

/// What the document knows.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// Each operation with its path.
    pub(super) operations: BTreeMap<String, String>,
    pub(super) areas: BTreeSet<String>,
}

/// Every problem, in the order of the file.
pub(super) fn check(ledger: &Ledger, known: &Vocabulary) -> Vec<Error> {
    let mut checker = Checker { ledger, known, found: Vec::new() };
    checker.ids();
    for fact in &ledger.facts {
        let (id, at) = (&fact.id, fact.at.as_str());
        checker.about(id, &fact.about, at);
        if !fact.confidence.is_empty() && !CONFIDENCES.contains(&fact.confidence.as_str()) {
            let what = format!("unknown confidence {}, it is A, A*, B or C", fact.confidence);
            checker.wrong(id, at, "confidence", what);
        }
        if !fact.since.is_empty() && !is_date(&fact.since) {
            checker.wrong(
                id,
                at,
                "since",
                format!("since {} is not YYYY, YYYY-MM or YYYY-MM-DD", fact.since),
            );
        }
        for source in fact.source.iter().filter(|source| !ledger.sources.contains(source)) {
            checker.wrong(id, at, "source", format!("{source} is not among the sources"));
        }
        let is_fact = |other: &&String| ledger.facts.iter().any(|fact| fact.id == **other);
        if let Some(other) = fact.superseded_by.as_ref().filter(|other| !is_fact(other)) {
            checker.wrong(id, at, "superseded_by", format!("there is no {other}"));
        }
    }
    for question in &ledger.unknown {
        checker.about(&question.id, &question.about, &question.at);
    }
    checker.found.sort_by_key(|(line, _)| *line);
    checker.found.into_iter().map(|(_, error)| error).collect()
}

struct Checker<'a> {
    ledger: &'a Ledger,
    known: &'a Vocabulary,
    found: Vec<(usize, Error)>,
}

impl Checker<'_> {
    fn problem(&mut self, line: usize, message: String) {
        self.found.push((line, Error::new(format!("{}:{line}", self.ledger.file), message)));
    }

    /// A problem of a field of the entry at a place.
    fn wrong(&mut self, id: &str, at: &str, field: &str, what: String) {
        self.problem(self.ledger.line(at, field), format!("{id}: {what}"));
    }

    fn ids(&mut self) {
        let (ledger, mut seen) = (self.ledger, BTreeMap::new());
        let is_fact = |letters: &str| ledger.areas.iter().any(|(known, _)| known == letters);
        let facts = ledger.facts.len();
        for (index, (id, line)) in ledger.ids().enumerate().filter(|(_, (id, _))| !id.is_empty()) {
            let letters = id.split('-').next().unwrap_or_default();
            if !is_id(id) {
                let what = format!("malformed id {id}: it is two letters and two digits, as in MS-01");
                self.problem(line, what);
            } else if index < facts && !is_fact(letters) {
                self.problem(line, format!("{id}: {letters} is not among the areas"));
            } else if index >= facts && letters != UNKNOWN {
                self.problem(line, format!("{id}: the id of an open question begins with {UNKNOWN}"));
            }
            if let Some(first) = seen.insert(id, line) {
                self.problem(line, format!("duplicate id {id}, the other is in line {first}"));
            }
        }
    }

    fn about(&mut self, id: &str, about: &About, at: &str) {
        for operation in about.operations.iter().filter(|name| !self.known.operations.contains_key(*name)) {
            self.wrong(id, at, "operations", format!("the document has no operation {operation}"));
        }
        let is_area = |name: &String| AREAS.contains(&name.as_str()) || self.known.areas.contains(name);
        for area in about.areas.iter().filter(|name| !is_area(name)) {
            self.wrong(id, at, "area", format!("unknown area {area}"));
        }
    }
}

/// A year, with a month and a day where they are known.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let within = |part: Option<&&str>, most| {
        part.is_none_or(|part| part.parse().is_ok_and(|number: u8| (1..=most).contains(&number)))
    };
    parts.iter().all(is_number)
        && matches!(lengths[..], [4] | [4, 2] | [4, 2, 2])
        && within(parts.get(1), 12)
        && within(parts.get(2), 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "sources:\n  probe: { what: w }\nareas:\n  MS: Memory stores\nfacts:\n";

    /// An entry of ten lines, with one text replaced.
    fn fact(from: &str, to: &str) -> String {
        let entry = "  - id: MS-01\n    operations: [a.get]\n    document: d\n    observed: o\n    since: \"2026-05\"\n\
                     \x20   evidence: e\n    confidence: A\n    source: [probe]\n";
        assert!(entry.contains(from), "{from}");
        entry.replacen(from, to, 1)
    }

    fn problems(text: &str) -> Vec<String> {
        let (ledger, mut problems) = Ledger::parse("x", text).unwrap();
        let known = Vocabulary {
            operations: [("a.get".to_owned(), "/a".to_owned())].into(),
            areas: ["a".to_owned()].into(),
        };
        problems.extend(check(&ledger, &known));
        problems.iter().map(Error::to_string).collect()
    }

    #[test]
    fn a_whole_entry_passes() {
        for text in [
            fact("", ""),
            fact("operations: [a.get]", "area: [a, transport]"),
            fact("\"2026-05\"", "\"2026\""),
            fact("\"2026-05\"", "2026-05-14"),
            fact("confidence: A", "confidence: A*\n    advice: x\n    no_change: y"),
        ] {
            assert_eq!(problems(&format!("{HEAD}{text}unknown: []\n")), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_told_with_its_line() {
        for (from, to, expected) in [
            ("MS-01", "MS-1", "x:6: malformed id MS-1: it is two letters and two digits, as in MS-01"),
            ("MS-01", "ms-01", "x:6: malformed id ms-01: it is two letters and two digits, as in MS-01"),
            ("MS-01", "XX-01", "x:6: XX-01: XX is not among the areas"),
            ("    evidence: e\n", "", "x:6: MS-01 has no evidence"),
            ("    observed: o\n", "", "x:6: MS-01 has no observed"),
            ("    document: d\n", "", "x:6: MS-01 has no document"),
            ("    confidence: A\n", "", "x:6: MS-01 has no confidence"),
            ("    source: [probe]\n", "", "x:6: MS-01 has no source"),
            ("    since: \"2026-05\"\n", "", "x:6: MS-01 has no since"),
            ("    operations: [a.get]\n", "", "x:6: MS-01 has neither operations nor area"),
            ("evidence: e", "evidence: \" \"", "x:11: the evidence of MS-01 is empty"),
            ("confidence: A", "confidence: D", "x:12: MS-01: unknown confidence D, it is A, A*, B or C"),
            ("a.get", "a.gone", "x:7: MS-01: the document has no operation a.gone"),
            ("operations: [a.get]", "area: [b]", "x:7: MS-01: unknown area b"),
            ("\"2026-05\"", "2026", "x:10: the since of MS-01 is not text"),
            ("2026-05", "May 2026", "x:10: MS-01: since May 2026 is not YYYY, YYYY-MM or YYYY-MM-DD"),
            ("2026-05", "2026-13", "x:10: MS-01: since 2026-13 is not YYYY, YYYY-MM or YYYY-MM-DD"),
            ("[probe]", "[other]", "x:13: MS-01: other is not among the sources"),
            ("confidence: A", "confidence: A\n    superseded_by: MS-09", "x:13: MS-01: there is no MS-09"),
            ("confidence: A", "confidence: A\n    advise: x", "x:13: unknown key advise"),
        ] {
            let text = format!("{HEAD}{}unknown: []\n", fact(from, to));
            assert_eq!(problems(&text), [expected], "{text}");
        }
    }

    #[test]
    fn an_id_stands_once() {
        let text = format!("{HEAD}{}{}unknown: []\n", fact("", ""), fact("", ""));
        assert_eq!(problems(&text), ["x:14: duplicate id MS-01, the other is in line 6"]);
    }

    #[test]
    fn an_open_question_has_its_own_letters_and_fields() {
        let facts = fact("", "");
        for (question, expected) in [
            ("{ id: UK-01, area: [a], question: q, meanwhile: m }", None),
            (
                "{ id: MS-02, area: [a], question: q, meanwhile: m }",
                Some("x:15: MS-02: the id of an open question begins with UK"),
            ),
            (
                "{ id: UK-01, operations: [a.gone], question: q, meanwhile: m }",
                Some("x:15: UK-01: the document has no operation a.gone"),
            ),
            ("{ id: UK-01, area: [a], question: q }", Some("x:15: UK-01 has no meanwhile")),
        ] {
            let text = format!("{HEAD}{facts}unknown:\n  - {question}\n");
            assert_eq!(problems(&text), expected.into_iter().collect::<Vec<_>>(), "{question}");
        }
    }

    #[test]
    fn a_file_without_a_part_says_which() {
        assert_eq!(
            problems("facts: []\nareas: {}\n"),
            ["x:1: sources: missing, it should be a map", "x:1: unknown: missing, it should be a list"]
        );
        let error = Ledger::parse("x", "- a\n").unwrap_err().to_string();
        assert_eq!(error, "x:1: the file is a map with sources, areas, facts and unknown");
    }
}
