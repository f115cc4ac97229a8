//! Figures of a checkout: lines of code by layer, cycles, crates, documentation, words.

mod cargo;
mod layers;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Generated, Graph, generated};

/// The figures of one checkout, each with its name, in the order they are printed in.
pub type Figures = Vec<(String, usize)>;

/// Measures a checkout; `documentation` compiles it too.
///
/// # Errors
///
/// A file cannot be read or parsed, or cargo fails.
pub fn of(root: &Path, documentation: bool) -> Result<Figures, String> {
    let mut figures = layers::of(root)?;
    let code = generated(root).unwrap_or_default();
    for (part, source, name, code) in [
        ("src", "src", "opencloud", code),
        ("emulator", "emulator/src", "opencloud_emulator", Generated::new()),
    ] {
        let graph = Graph::read(&root.join(source), name, code)?;
        let in_cycles = |cycles: Vec<Vec<String>>| cycles.iter().map(Vec::len).sum();
        if part == "src" {
            figures.push((format!("modules in cycles: {part}"), in_cycles(graph.module_cycles())));
        }
        figures.push((format!("files in cycles: {part}"), in_cycles(graph.cycles())));
    }
    figures.push(("crates in a user's build".to_owned(), cargo::dependencies(root)?));
    if documentation {
        figures.push(("public items without documentation".to_owned(), cargo::undocumented(root)?));
    }
    figures.extend(words::count(root)?);
    Ok(figures)
}

/// The figures of several checkouts side by side.
#[must_use]
pub fn table(columns: &[Figures]) -> String {
    let mut rows: Vec<&str> = Vec::new();
    for (name, _) in columns.iter().flatten() {
        if !rows.contains(&name.as_str()) {
            rows.push(name);
        }
    }
    let columns: Vec<BTreeMap<&str, usize>> = columns
        .iter()
        .map(|figures| figures.iter().map(|(name, value)| (name.as_str(), *value)).collect())
        .collect();
    let mut text = String::new();
    for name in rows {
        text.push_str(&format!("{name:<44}"));
        for column in &columns {
            let value = column.get(name).map_or("-".to_owned(), ToString::to_string);
            text.push_str(&format!("{value:>9}"));
        }
        if let [before, after] = columns.as_slice()
            && let (Some(before), Some(after)) = (before.get(name), after.get(name))
            && *before > 0
        {
            let change = (*after as f64 / *before as f64 - 1.0) * 100.0;
            text.push_str(&format!("{change:>+8.1} %"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_checkouts_stand_side_by_side() {
        let before = vec![("lines".to_owned(), 200), ("gone".to_owned(), 1)];
        let after = vec![("lines".to_owned(), 150), ("new".to_owned(), 2)];
        let text = table(&[before, after]);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["lines", "200", "150", "-25.0", "%"]);
        assert_eq!(rows[1], ["gone", "1", "-"]);
        assert_eq!(rows[2], ["new", "-", "2"]);
    }
}
