//! What changed between the document that is there and the one that replaces it, for a person to read.

mod operations;
mod schemas;
mod types;

use serde_json::Value;

use super::refs;
use super::tree;

const BREAKS: &str = "breaks callers";

/// One thing that changed about an operation or a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub breaks: bool,
}

impl Line {
    fn new(text: impl Into<String>, breaks: bool) -> Self {
        Self { text: text.into(), breaks }
    }

    /// That a fact has another value.
    fn changed(what: &str, before: Option<&Value>, after: Option<&Value>, breaks: bool) -> Self {
        Self::new(format!("{what} {} -> {}", compact(before), compact(after)), breaks)
    }

    /// That a parameter, a body or a property is required now, or no longer.
    fn required(what: &str, is_required: bool) -> Self {
        Self::new(format!("{what}: is {} now", if is_required { "required" } else { "optional" }), true)
    }

    fn show(&self, indent: &str) -> String {
        let breaks = if self.breaks { format!("  [{BREAKS}]") } else { String::new() };
        format!("{indent}{}{breaks}\n", self.text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Added,
    Removed,
    Renamed,
    Changed,
}

/// All that changed about one operation or type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub subject: String,
    pub lines: Vec<Line>,
}

impl Entry {
    fn breaks(&self) -> bool {
        self.breaks_itself() || self.lines.iter().any(|line| line.breaks)
    }

    fn breaks_itself(&self) -> bool {
        matches!(self.kind, Kind::Removed | Kind::Renamed)
    }

    fn show(&self) -> String {
        let sign = match self.kind {
            Kind::Added => '+',
            Kind::Removed => '-',
            Kind::Renamed | Kind::Changed => '~',
        };
        let head = Line::new(self.subject.as_str(), self.breaks_itself()).show(&format!("  {sign} "));
        self.lines.iter().fold(head, |text, line| text + &line.show("      "))
    }
}

/// Changes that are counted, and listed only if asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub what: &'static str,
    pub details: Vec<String>,
}

/// The difference between two documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    pub operations: Vec<Entry>,
    pub types: Vec<Entry>,
    pub document: Vec<Line>,
    pub summaries: Vec<Summary>,
}

/// Compares two documents as `sync` writes them.
pub fn diff(old: &Value, new: &Value) -> Diff {
    let renamed = types::renamed(old, new);
    // A renamed type is listed with the types; a reference to it is the same.
    let mut old = old.clone();
    refs::rename(&mut old, &renamed);
    let old = &old;
    let mut found = Diff::default();
    operations::compare(old, new, &mut found);
    types::compare(old, new, &renamed, &mut found);
    for key in ["openapi", "info", "servers", "x-opencloud"] {
        if old.get(key) != new.get(key) {
            found.document.push(Line::new(format!("{key} changed"), false));
        }
    }
    let schemes = "/components/securitySchemes";
    if old.pointer(schemes) != new.pointer(schemes) {
        found.document.push(Line::new("security schemes changed", false));
    }
    found
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn summarise(&mut self, what: &'static str, detail: String) {
        match self.summaries.iter_mut().find(|summary| summary.what == what) {
            Some(summary) => summary.details.push(detail),
            None => self.summaries.push(Summary { what, details: vec![detail] }),
        }
    }

    /// How many changes break callers.
    pub fn breaking(&self) -> usize {
        let entries = self.operations.iter().chain(&self.types);
        entries.filter(|entry| entry.breaks()).count()
    }

    /// The difference as text.
    pub fn show(&self, is_verbose: bool) -> String {
        if self.is_empty() {
            return "no differences\n".to_owned();
        }
        let mut text = "changed\n".to_owned();
        for (title, entries) in [("operations", &self.operations), ("types", &self.types)] {
            if !entries.is_empty() {
                text += &format!("{title}\n");
            }
            entries.iter().for_each(|entry| text += &entry.show());
        }
        if !self.document.is_empty() {
            text += "document\n";
        }
        self.document.iter().for_each(|line| text += &line.show("  ~ "));
        for summary in &self.summaries {
            let hint = if is_verbose { "" } else { " (--verbose shows them)" };
            text += &format!("{}: {} changed{hint}\n", summary.what, summary.details.len());
            for detail in summary.details.iter().filter(|_| is_verbose) {
                text += &format!("  ~ {detail}\n");
            }
        }
        let total = |entries: &[Entry]| {
            let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
            let [added, removed, renamed, changed] =
                [Kind::Added, Kind::Removed, Kind::Renamed, Kind::Changed].map(count);
            format!("{added} added, {removed} removed, {renamed} renamed, {changed} changed")
        };
        let (operations, types) = (total(&self.operations), total(&self.types));
        text + &format!("operations: {operations}; types: {types}; {} of these {BREAKS}\n", self.breaking())
    }
}

/// A value in one line, for details.
fn compact(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| tree::sorted(value).to_string())
}

#[cfg(test)]
mod tests;
