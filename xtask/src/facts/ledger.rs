//! `spec/live/facts.yaml` as types, each entry with its line.

use serde_json::{Map, Value};

use crate::sync::error::{Error, Result};
use crate::sync::tree::escape;
use crate::yaml::{self, Checker, Located};

const FACT: [&str; 12] = [
    "id",
    "operations",
    "area",
    "document",
    "observed",
    "since",
    "evidence",
    "confidence",
    "source",
    "superseded_by",
    "advice",
    "no_change",
];
const QUESTION: [&str; 5] = ["id", "operations", "area", "question", "meanwhile"];

/// All that the file holds.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) file: String,
    /// The names that an entry's `source` can have.
    pub(super) sources: Vec<String>,
    /// The letters of ids and their headings, in the order of the file.
    pub(super) areas: Vec<(String, String)>,
    pub(super) facts: Vec<Fact>,
    pub(super) unknown: Vec<Question>,
    located: Located,
}

/// Something that was observed.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) id: String,
    pub(super) about: About,
    pub(super) since: String,
    pub(super) confidence: String,
    pub(super) source: Vec<String>,
    pub(super) superseded_by: Option<String>,
    pub(super) advice: Option<String>,
    pub(super) no_change: Option<String>,
    pub(super) at: String,
}

/// Something that no evidence settles yet.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) id: String,
    pub(super) about: About,
    pub(super) at: String,
}

/// What an entry is about: at least one of the two.
#[derive(Debug)]
pub(super) struct About {
    pub(super) operations: Vec<String>,
    pub(super) areas: Vec<String>,
}

impl Ledger {
    /// Reads the file. What is wrong with single entries is returned beside it; the entries are there
    /// all the same, with empty texts for what they lack.
    pub(super) fn parse(file: &str, text: &str) -> Result<(Self, Vec<Error>)> {
        let located = yaml::read(file, text)?;
        let mut reader = Checker { file, located: &located, problems: Vec::new() };
        if !located.value.is_object() {
            let what = "the file is a map with sources, areas, facts and unknown";
            return Err(Error::new(format!("{file}:1"), what));
        }
        reader.only("", &located.value, &["sources", "areas", "facts", "unknown"]);
        let sources = reader.ordered("sources").into_iter().map(|(name, _)| name).collect();
        let areas = reader.ordered("areas").into_iter();
        let areas =
            areas.map(|(name, title)| (name, title.as_str().unwrap_or_default().to_owned())).collect();
        let facts = reader.entries("facts", &FACT, Checker::fact);
        let unknown = reader.entries("unknown", &QUESTION, Checker::question);
        let problems = reader.problems;
        Ok((Self { file: file.to_owned(), sources, areas, facts, unknown, located }, problems))
    }

    /// Every id with its line.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&str, usize)> {
        let facts = self.facts.iter().map(|fact| (&fact.id, &fact.at));
        let all = facts.chain(self.unknown.iter().map(|question| (&question.id, &question.at)));
        all.map(|(id, at)| (id.as_str(), self.line(at, "id")))
    }

    /// The line of a field of the entry at a place, or of the entry.
    pub(super) fn line(&self, at: &str, field: &str) -> usize {
        self.located.line(&format!("{at}/{field}"))
    }
}

type Object = Map<String, Value>;

impl<'a> Checker<'a> {
    /// The members of a map in the order of the file.
    fn ordered(&mut self, name: &str) -> Vec<(String, &'a Value)> {
        let Some(map) = self.located.value[name].as_object() else {
            self.problem(&format!("/{name}"), format!("{name}: missing, it should be a map"));
            return Vec::new();
        };
        let mut members: Vec<_> = map.iter().map(|(key, value)| (key.clone(), value)).collect();
        members.sort_by_key(|(key, _)| self.located.line(&format!("/{name}/{}", escape(key))));
        members
    }

    /// The entries of a list, which have these fields only.
    fn entries<T>(&mut self, name: &str, fields: &[&str], read: fn(&mut Self, &Object, &str) -> T) -> Vec<T> {
        let located = self.located;
        let Some(list) = located.value[name].as_array() else {
            self.problem(&format!("/{name}"), format!("{name}: missing, it should be a list"));
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let at = format!("/{name}/{index}");
            self.only(&at, entry, fields);
            entries.extend(entry.as_object().map(|entry| read(self, entry, &at)));
        }
        entries
    }

    fn fact(&mut self, entry: &Object, at: &str) -> Fact {
        let fact = Fact {
            id: self.required(entry, at, "id"),
            about: self.about(entry, at),
            since: self.required(entry, at, "since"),
            confidence: self.required(entry, at, "confidence"),
            source: self.list(entry, at, "source"),
            superseded_by: self.optional(entry, at, "superseded_by"),
            advice: self.optional(entry, at, "advice"),
            no_change: self.optional(entry, at, "no_change"),
            at: at.to_owned(),
        };
        for field in ["document", "observed", "evidence"] {
            self.required(entry, at, field);
        }
        if fact.source.is_empty() {
            self.problem(at, format!("{} has no source", fact.id));
        }
        fact
    }

    fn question(&mut self, entry: &Object, at: &str) -> Question {
        let question =
            Question { id: self.required(entry, at, "id"), about: self.about(entry, at), at: at.to_owned() };
        for field in ["question", "meanwhile"] {
            self.required(entry, at, field);
        }
        question
    }

    fn about(&mut self, entry: &Object, at: &str) -> About {
        let about =
            About { operations: self.list(entry, at, "operations"), areas: self.list(entry, at, "area") };
        if about.operations.is_empty() && about.areas.is_empty() {
            self.problem(at, format!("{} has neither operations nor area", name(entry)));
        }
        about
    }

    fn required(&mut self, entry: &Object, at: &str, field: &str) -> String {
        if !entry.contains_key(field) {
            self.problem(at, format!("{} has no {field}", name(entry)));
        }
        self.optional(entry, at, field).unwrap_or_default()
    }

    /// The text of a field that is there; it must not be empty.
    fn optional(&mut self, entry: &Object, at: &str, field: &str) -> Option<String> {
        let what = match entry.get(field)? {
            Value::String(text) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
            Value::String(_) | Value::Null => "empty",
            _ => "not text",
        };
        self.problem(&format!("{at}/{field}"), format!("the {field} of {} is {what}", name(entry)));
        None
    }

    fn list(&mut self, entry: &Object, at: &str, field: &str) -> Vec<String> {
        let Some(value) = entry.get(field) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            let what = format!("the {field} of {} is not a list of texts", name(entry));
            self.problem(&format!("{at}/{field}"), what);
            Vec::new()
        })
    }
}

/// What an entry is called in messages.
fn name(entry: &Object) -> &str {
    entry.get("id").and_then(Value::as_str).unwrap_or("the entry")
}
