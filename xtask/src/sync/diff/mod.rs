//! What changed between the document that is there and the one that replaces it, for a person to read.

mod operations;
mod schemas;
mod types;

use std::fmt;

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
        matches!(self.kind, Kind::Removed | Kind::Renamed) || self.lines.iter().any(|line| line.breaks)
    }
}

/// Changes that are told as a number, and one by one only if asked for.
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
    // A renamed type is told with the types; whatever refers to it is the same.
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
    pub fn show(&self, is_verbose: bool) -> impl fmt::Display + use<'_> {
        Shown { diff: self, is_verbose }
    }
}

struct Shown<'a> {
    diff: &'a Diff,
    is_verbose: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let diff = self.diff;
        if diff.is_empty() {
            return writeln!(f, "no differences");
        }
        writeln!(f, "changed")?;
        for (title, entries) in [("operations", &diff.operations), ("types", &diff.types)] {
            if !entries.is_empty() {
                writeln!(f, "{title}")?;
            }
            for entry in entries {
                write_entry(f, entry)?;
            }
        }
        if !diff.document.is_empty() {
            writeln!(f, "document")?;
        }
        for line in &diff.document {
            write_line(f, "  ~ ", line)?;
        }
        for summary in &diff.summaries {
            let hint = if self.is_verbose { "" } else { " (--verbose shows them)" };
            writeln!(f, "{}: {} changed{hint}", summary.what, summary.details.len())?;
            for detail in summary.details.iter().filter(|_| self.is_verbose) {
                writeln!(f, "  ~ {detail}")?;
            }
        }
        let total = |entries: &[Entry]| {
            let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
            format!(
                "{} added, {} removed, {} renamed, {} changed",
                count(Kind::Added),
                count(Kind::Removed),
                count(Kind::Renamed),
                count(Kind::Changed)
            )
        };
        writeln!(
            f,
            "operations: {}; types: {}; {} of these {BREAKS}",
            total(&diff.operations),
            total(&diff.types),
            diff.breaking()
        )
    }
}

fn write_entry(f: &mut fmt::Formatter<'_>, entry: &Entry) -> fmt::Result {
    let sign = match entry.kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Renamed | Kind::Changed => '~',
    };
    let breaks = matches!(entry.kind, Kind::Removed | Kind::Renamed);
    write_line(f, &format!("  {sign} "), &Line::new(entry.subject.as_str(), breaks))?;
    for line in &entry.lines {
        write_line(f, "      ", line)?;
    }
    Ok(())
}

fn write_line(f: &mut fmt::Formatter<'_>, indent: &str, line: &Line) -> fmt::Result {
    let breaks = if line.breaks { format!("  [{BREAKS}]") } else { String::new() };
    writeln!(f, "{indent}{}{breaks}", line.text)
}

/// A value in one line, for details.
fn compact(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| tree::sorted(value).to_string())
}

#[cfg(test)]
mod tests;
