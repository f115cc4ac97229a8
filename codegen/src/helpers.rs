//! Which hand-written helpers the generated code can carry.
//!
//! A helper is written against some generated calls and types. A document that lacks one of them, or
//! gives it another type, must still make a crate that builds, only without that helper. So each
//! area's helpers say what they need, in `src/<area>/needs.txt`: lines of the
//! [surface](crate::emit::surface), and methods that must not be there because a helper has their
//! name. `cargo xtask needs` writes these files; `build.rs` compiles the helpers whose needs are met.

use std::collections::BTreeSet;

/// What an area's helpers need of the generated code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lines of the surface.
    pub lines: BTreeSet<String>,
    /// Methods of the area's handle that are the helpers' own: `assets.upload`.
    pub own_methods: BTreeSet<String>,
}

const OWN: &str = "! ";

impl Needs {
    pub fn parse(text: &str) -> Self {
        let mut needs = Self::default();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix(OWN) {
                Some(method) => needs.own_methods.insert(method.to_owned()),
                None => needs.lines.insert(line.to_owned()),
            };
        }
        needs
    }

    pub fn to_text(&self) -> String {
        let own = self.own_methods.iter().map(|method| format!("{OWN}{method}\n"));
        let lines = self.lines.iter().map(|line| format!("{line}\n"));
        own.chain(lines).collect()
    }

    /// Why the helpers cannot be compiled with generated code of this surface.
    pub fn unmet(&self, surface: &str) -> Vec<String> {
        let there: BTreeSet<&str> = surface.lines().collect();
        let missing = self.lines.iter().filter(|line| !there.contains(line.as_str()));
        let taken = self.own_methods.iter().filter(|method| {
            there
                .iter()
                .any(|line| line.strip_prefix(method.as_str()).is_some_and(|rest| rest.starts_with('(')))
        });
        missing
            .map(|line| format!("not there: {line}"))
            .chain(taken.map(|method| format!("a name that the document has too: {method}")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURFACE: &str = "things.get(id: Id) -> Thing\nstruct Thing.name: String\n";

    #[test]
    fn needs_survive_being_written() {
        let text = "! things.fetch\nstruct Thing.name: String\nthings.get(id: Id) -> Thing\n";
        let needs = Needs::parse(&format!("# why\n\n{text}"));
        assert_eq!(needs.to_text(), text);
        assert_eq!(needs.unmet(SURFACE), Vec::<String>::new());
    }

    #[test]
    fn what_is_gone_changed_or_taken_is_named() {
        for (need, why) in [
            ("things.list() -> Things", "not there: things.list() -> Things"),
            ("struct Thing.name: i64", "not there: struct Thing.name: i64"),
            ("! things.get", "a name that the document has too: things.get"),
        ] {
            assert_eq!(Needs::parse(need).unmet(SURFACE), [why]);
        }
        assert!(Needs::parse("! things.ge").unmet(SURFACE).is_empty());
    }
}
