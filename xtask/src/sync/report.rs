//! What a sync reports besides the document itself.

use std::fmt;

use super::overlay::Place;

/// An overlay action that no longer does anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    pub place: Place,
    pub target: String,
    pub why: String,
}

/// A type that the overlay gives the name of another, although the two differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diverged {
    pub place: Place,
    pub what: String,
}

/// Collected over all passes and printed at the end, in sorted order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Defects of the upstream document, and how they were handled.
    pub warnings: Vec<String>,
    /// Overlay actions without a target or without an effect.
    pub stale: Vec<Stale>,
    /// Types that the overlay gives one name but whose schemas differ.
    pub diverged: Vec<Diverged>,
    /// Operations whose area or method is derived.
    pub unnamed_operations: Vec<String>,
    /// Operations without a summary of ours.
    pub undocumented: Vec<String>,
    /// Component types whose name is derived.
    pub unnamed_types: Vec<String>,
    /// Places in hand-written helpers where names stand that are gone or changed.
    pub helpers: Vec<String>,
}

impl Report {
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Whether `--strict` refuses to go on.
    pub fn is_strict_failure(&self) -> bool {
        !self.stale.is_empty() || !self.diverged.is_empty()
    }

    pub fn sort(&mut self) {
        self.warnings.sort();
        self.stale.sort();
        self.diverged.sort();
        self.unnamed_operations.sort();
        self.undocumented.sort();
        self.unnamed_types.sort();
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.target, self.why)
    }
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stale: Vec<String> = self.stale.iter().map(ToString::to_string).collect();
        let diverged: Vec<String> = self.diverged.iter().map(ToString::to_string).collect();
        let lists = [
            ("unnamed operations (their names are derived)", &self.unnamed_operations),
            ("undocumented operations (without a summary)", &self.undocumented),
            ("unnamed types (their names are derived)", &self.unnamed_types),
            ("stale overlay actions", &stale),
            ("diverged types", &diverged),
            ("helpers that may be touched (the compiler decides)", &self.helpers),
            ("warnings", &self.warnings),
        ];
        for (title, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            writeln!(f, "{title}: {}", items.len())?;
            for item in items {
                writeln!(f, "  {item}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lists_are_not_shown_and_warnings_come_once() {
        let mut report = Report::default();
        assert_eq!(report.to_string(), "");
        report.warn("w");
        report.warn("w");
        report.stale.push(Stale {
            place: Place { file: "a.yaml".into(), line: 3 },
            target: "$.x".into(),
            why: "gone".into(),
        });
        let expected = "stale overlay actions: 1\n  a.yaml:3: $.x: gone\nwarnings: 1\n  w\n";
        assert_eq!(report.to_string(), expected);
        assert!(report.is_strict_failure());
    }
}
