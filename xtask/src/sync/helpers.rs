//! Which hand-written helpers a new version of the document may touch.
//!
//! The compiler finds them all. This list says beforehand where to look: it is a search for identifiers in `src/<area>`,
//! so a place may mean another thing of the same name.

use std::collections::BTreeSet;
use std::path::Path;

use opencloud_codegen::{Model, emit};

use super::error::{Error, Result};

/// The places in helpers that name what the document before had and the new one has not, or has with another type, and
/// those that define a method whose name a new operation takes.
pub(super) fn touched(root: &Path, before: &str, after: &str) -> Result<Vec<String>> {
    // A document that this version cannot read has no surface to compare with.
    let Ok(before) = surface(before) else { return Ok(Vec::new()) };
    let after = surface(after).map_err(|error| Error::new("open-cloud.json", error.to_string()))?;
    let sources = crate::texts(root, &["src"]).map_err(|error| Error::new("src", error))?;
    let lines = |surface: &str| surface.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    Ok(search(&lines(&before), &lines(&after), &sources))
}

fn surface(document: &str) -> std::result::Result<String, opencloud_codegen::Error> {
    Ok(emit::surface::emit(&Model::build(document, None)?))
}

fn search(before: &BTreeSet<String>, after: &BTreeSet<String>, sources: &[(String, String)]) -> Vec<String> {
    let areas: BTreeSet<&str> = before.iter().chain(after).filter_map(|line| name(line).1).collect();
    let changed = before.difference(after).map(|line| (line, "gone or changed", ""));
    // Only a method is in the way of another of its name.
    let is_method = |line: &&String| name(line).1.is_some() && name(line).0.matches('.').count() == 1;
    let added = after.difference(before).filter(is_method);
    let added = added.map(|line| (line, "new, and a helper defines it too", "fn "));
    let mut found = BTreeSet::new();
    for (line, what, prefix) in changed.chain(added) {
        let (path, area) = name(line);
        let word = path.rsplit('.').next().unwrap_or(path);
        for (file, text) in sources {
            let of = file.split('/').nth(1).filter(|of| areas.contains(of));
            if of.is_some()
                && (area.is_none() || area == of)
                && let Some(at) = text.lines().position(|line| has_word(line, prefix, word))
            {
                found.insert(format!("{file}:{}: {path} is {what}", at + 1));
            }
        }
    }
    found.into_iter().collect()
}

/// What a line of the surface is about (`area.method`, `area.method.setter`, `Type`, `Type.field` or `Type.Variant`), and
/// the area, if it is a method or a setter.
fn name(line: &str) -> (&str, Option<&str>) {
    let head = line.split(['(', ':', '=']).next().unwrap_or_default().trim();
    match head.split_once(' ') {
        Some((_, path)) => (path.trim_end_matches(".new"), None),
        None => (head, head.split('.').next()),
    }
}

/// Whether a line of code has an identifier, directly behind a prefix if there is one.
fn has_word(line: &str, prefix: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !line.trim_start().starts_with("//")
        && line.match_indices(word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            before.ends_with(prefix) && !before.ends_with(is_part) && !after.starts_with(is_part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
things.get(id: ThingId) -> Thing
things.get.view: String
others.get() -> Other
struct Thing.name: String
struct Thing.size: i64
enum State.Shut = \"SHUT\"
";

    fn run(after: &str, source: &str) -> Vec<String> {
        let lines = |surface: &str| surface.lines().map(str::to_owned).collect();
        let sources =
            ["src/things/a.rs", "src/call/b.rs"].map(|file| (file.to_owned(), format!("\n{source}")));
        search(&lines(BEFORE), &lines(after), &sources)
    }

    #[test]
    fn what_is_gone_changed_or_taken_is_found_in_the_helpers_of_its_area() {
        for (from, to, source, expected) in [
            ("", "", "x.get(1).view(\"\")", None),
            ("struct Thing.size: i64\n", "", "x.size + 1", Some("Thing.size is gone or changed")),
            ("size: i64", "size: String", "size!(x.size)", Some("Thing.size is gone or changed")),
            ("struct Thing.size: i64\n", "", "// size\nresize(oversized)", None),
            ("things.get.view: String\n", "", "call.view(x)", Some("things.get.view is gone or changed")),
            ("others.get() -> Other\n", "", "others.get()", None),
            ("enum State.Shut = \"SHUT\"\n", "", "State::Shut", Some("State.Shut is gone or changed")),
            (
                "things.get(",
                "things.fetch() -> Thing\nthings.get(",
                "fn fetch(&self) {}",
                Some("things.fetch is new, and a helper defines it too"),
            ),
            ("things.get(", "things.fetch() -> Thing\nthings.get(", "self.fetch()", None),
        ] {
            let found = run(&BEFORE.replace(from, to), source);
            let expected: Vec<String> =
                expected.iter().map(|what| format!("src/things/a.rs:2: {what}")).collect();
            assert_eq!(found, expected, "{source}");
        }
    }
}
