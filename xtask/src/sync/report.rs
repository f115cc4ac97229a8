//! What a sync has to tell besides the document itself.

use super::overlay::Place;

/// An overlay action that no longer does anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    pub place: Place,
    pub target: String,
    pub why: String,
}

/// Collected over all passes and printed at the end, in sorted order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Oddities of the upstream document, and how they were handled.
    pub warnings: Vec<String>,
    /// Overlay actions without a target or without an effect.
    pub stale: Vec<Stale>,
    /// Types that the overlay gives one name but whose schemas differ.
    pub diverged: Vec<String>,
    /// Operations whose area or method is derived.
    pub unnamed_operations: Vec<String>,
    /// Operations without a summary of ours.
    pub undocumented: Vec<String>,
    /// Component types whose name is derived.
    pub unnamed_types: Vec<String>,
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
