//! `spec/live/facts.yaml` as types, each entry with its line.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sync::error::{Error, Result};
use crate::sync::tree::escape;
use crate::yaml::{self, Located};

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
    lines: Lines,
}

/// Something that no evidence settles yet.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) id: String,
    pub(super) about: About,
    lines: Lines,
}

/// What an entry is about: at least one of the two.
#[derive(Debug)]
pub(super) struct About {
    pub(super) operations: Vec<String>,
    pub(super) areas: Vec<String>,
}

/// The line of an entry and of each of its fields.
#[derive(Debug)]
struct Lines {
    entry: usize,
    fields: BTreeMap<String, usize>,
}

impl Lines {
    fn of(&self, field: &str) -> usize {
        self.fields.get(field).copied().unwrap_or(self.entry)
    }
}

impl Fact {
    /// The line of a field, or of the entry.
    pub(super) fn line(&self, field: &str) -> usize {
        self.lines.of(field)
    }
}

impl Question {
    /// The line of a field, or of the entry.
    pub(super) fn line(&self, field: &str) -> usize {
        self.lines.of(field)
    }
}

impl Ledger {
    /// Reads the file. What is wrong with single entries is returned beside it; the entries are there
    /// all the same, with empty texts for what they lack.
    pub(super) fn parse(file: &str, text: &str) -> Result<(Self, Vec<Error>)> {
        let located = yaml::read(file, text)?;
        let mut reader = Reader { file, located: &located, problems: Vec::new() };
        let Some(root) = located.value.as_object() else {
            return Err(Error::new(
                format!("{file}:1"),
                "the file is a map with sources, areas, facts and unknown",
            ));
        };
        reader.only(root, "", &["sources", "areas", "facts", "unknown"]);
        let sources = reader.ordered("sources").into_iter().map(|(name, _)| name).collect();
        let areas = reader
            .ordered("areas")
            .into_iter()
            .map(|(letters, title)| (letters, title.as_str().unwrap_or_default().to_owned()))
            .collect();
        let facts = reader.entries("facts", Reader::fact);
        let unknown = reader.entries("unknown", Reader::question);
        let ledger = Self { file: file.to_owned(), sources, areas, facts, unknown };
        Ok((ledger, reader.problems))
    }

    /// Every id with its line.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&str, usize)> {
        let facts = self.facts.iter().map(|fact| (fact.id.as_str(), fact.line("id")));
        facts.chain(self.unknown.iter().map(|question| (question.id.as_str(), question.line("id"))))
    }
}

struct Reader<'a> {
    file: &'a str,
    located: &'a Located,
    problems: Vec<Error>,
}

type Object = Map<String, Value>;

impl<'a> Reader<'a> {
    fn problem(&mut self, at: &str, message: impl Into<String>) {
        let place = format!("{}:{}", self.file, self.located.line(at));
        self.problems.push(Error::new(place, message));
    }

    fn only(&mut self, map: &Object, at: &str, known: &[&str]) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problem(&format!("{at}/{}", escape(key)), format!("unknown key {key}"));
        }
    }

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

    fn entries<T>(&mut self, name: &str, read: fn(&mut Self, &Object, &str) -> T) -> Vec<T> {
        let located = self.located;
        let Some(list) = located.value[name].as_array() else {
            self.problem(&format!("/{name}"), format!("{name}: missing, it should be a list"));
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let at = format!("/{name}/{index}");
            match entry.as_object() {
                Some(entry) => entries.push(read(self, entry, &at)),
                None => self.problem(&at, "an entry is a map"),
            }
        }
        entries
    }

    fn fact(&mut self, entry: &Object, at: &str) -> Fact {
        const FIELDS: [&str; 12] = [
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
        self.only(entry, at, &FIELDS);
        let fact = Fact {
            id: self.required(entry, at, "id"),
            about: self.about(entry, at),
            since: self.required(entry, at, "since"),
            confidence: self.required(entry, at, "confidence"),
            source: self.list(entry, at, "source"),
            superseded_by: self.optional(entry, at, "superseded_by"),
            advice: self.optional(entry, at, "advice"),
            no_change: self.optional(entry, at, "no_change"),
            lines: self.lines(entry, at),
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
        self.only(entry, at, &["id", "operations", "area", "question", "meanwhile"]);
        let question = Question {
            id: self.required(entry, at, "id"),
            about: self.about(entry, at),
            lines: self.lines(entry, at),
        };
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

    fn lines(&self, entry: &Object, at: &str) -> Lines {
        let line = |key: &String| self.located.line(&format!("{at}/{}", escape(key)));
        let fields = entry.keys().map(|key| (key.clone(), line(key))).collect();
        Lines { entry: self.located.line(at), fields }
    }

    fn required(&mut self, entry: &Object, at: &str, field: &str) -> String {
        match self.optional(entry, at, field) {
            Some(text) => text,
            None if entry.contains_key(field) => String::new(),
            None => {
                self.problem(at, format!("{} has no {field}", name(entry)));
                String::new()
            }
        }
    }

    /// The text of a field that is there; it must not be empty.
    fn optional(&mut self, entry: &Object, at: &str, field: &str) -> Option<String> {
        match entry.get(field)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::String(_) | Value::Null => {
                self.problem(&format!("{at}/{field}"), format!("the {field} of {} is empty", name(entry)));
                None
            }
            _ => {
                self.problem(&format!("{at}/{field}"), format!("the {field} of {} is not text", name(entry)));
                None
            }
        }
    }

    fn list(&mut self, entry: &Object, at: &str, field: &str) -> Vec<String> {
        let Some(value) = entry.get(field) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.problem(
                &format!("{at}/{field}"),
                format!("the {field} of {} is not a list of texts", name(entry)),
            );
            Vec::new()
        })
    }
}

/// What an entry is called in messages.
fn name(entry: &Object) -> &str {
    entry.get("id").and_then(Value::as_str).unwrap_or("the entry")
}
