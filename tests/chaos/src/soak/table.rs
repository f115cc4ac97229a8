//! What was measured, against its bounds.

use super::windows::Window;
use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    what: String,
    before: String,
    after: u64,
    bound: u64,
}

impl Table {
    /// Something that may be greater by `growth` than it was.
    pub(super) fn grown(&mut self, what: &str, before: u64, after: u64, growth: u64) {
        let bound = before.saturating_add(growth);
        self.0.push(Row { what: what.to_owned(), before: before.to_string(), after, bound });
    }

    /// The fullest window of a limit.
    pub(super) fn window(&mut self, window: &Window) {
        let what = format!("{} in {} s, of {} requests", window.name, window.seconds, window.requests);
        self.0.push(Row { what, before: "-".to_owned(), after: window.fullest, bound: window.limit });
        // A limiter that lets nothing through exceeds nothing.
        let least = window.limit.min(window.requests);
        self.0.push(Row {
            what: format!("{}: windows not filled", window.name),
            before: "-".to_owned(),
            after: u64::from(window.fullest < least || window.requests <= window.limit),
            bound: 0,
        });
    }

    pub(super) fn is_clean(&self) -> bool {
        self.0.iter().all(Row::is_within)
    }
}

impl Row {
    fn is_within(&self) -> bool {
        self.after <= self.bound
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:58}{:>10}{:>10}{:>10}", "", "before", "after", "bound")?;
        for row in &self.0 {
            let verdict = if row.is_within() { "" } else { "  exceeded" };
            write!(f, "\n{:58}{:>10}{:>10}{:>10}{verdict}", row.what, row.before, row.after, row.bound)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_grown_beyond_its_bound_is_told() {
        let mut table = Table::default();
        table.grown("memory", 10, 12, 2);
        assert!(table.is_clean());
        table.grown("sockets", 3, 4, 0);
        assert!(
            !table.is_clean()
                && table.to_string().lines().last().is_some_and(|row| row.ends_with("exceeded"))
        );
    }

    #[test]
    fn a_window_is_filled_and_not_exceeded() {
        let is_clean = |fullest, requests| {
            let mut table = Table::default();
            table.window(&Window { name: "a".to_owned(), limit: 10, seconds: 1, fullest, requests });
            table.is_clean()
        };
        assert!(is_clean(10, 30));
        assert!(!is_clean(11, 30), "exceeded");
        assert!(!is_clean(9, 30), "never filled");
        assert!(!is_clean(5, 5), "too few requests to tell");
    }
}
