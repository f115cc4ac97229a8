//! Hand-written lines of code by layer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::figures::Figures;
use crate::lines;

/// Modules of the library by layer, in every layout that the library has had. What is not named is an
/// area, if the document has it, or else part of the runtime.
const LAYERS: &[(&str, &[&str])] = &[
    ("core: paging, filters, operations", &["paging", "filter", "operation"]),
    ("OAuth and API keys", &["auth", "oauth", "api_key"]),
    ("webhooks", &["webhook"]),
    ("testing", &["testing"]),
    ("bulk and money", &["bulk", "money"]),
];

const LATER_FEATURES: &str = "later features";

/// What the library could not do when the redesign of the code began (commit 1d03d00): files and folders of `src`.
/// They have a row of their own, so that the other rows of two checkouts are about the same features. What an older
/// module has learnt since stays in its row.
const LATER: &[&str] = &[
    "data_stores/fingerprint.rs",
    "data_stores/migrate",
    "erasure",
    "luau/pool",
    "places/deploy",
    "progress.rs",
    "public_lookups",
    "transport/limit/share.rs",
    "transport/limit/units.rs",
];

pub(crate) fn of(root: &Path) -> Result<Figures, String> {
    let library = by_layer(root)?;
    let all = library.values().sum();
    let later = library.get(LATER_FEATURES).copied().unwrap_or_default();
    let mut figures =
        vec![("lines: src".to_owned(), all), ("lines: src without later features".to_owned(), all - later)];
    figures.extend(library.into_iter().map(|(layer, lines)| (format!("  {layer}"), lines)));
    let mut sum_of_tools = 0;
    for (part, folder) in [("codegen", "codegen/src"), ("xtask", "xtask/src"), ("emulator", "emulator/src")] {
        let lines = lines::count_below(&root.join(folder))?;
        figures.push((format!("lines: {part}"), lines));
        if part != "emulator" {
            sum_of_tools += lines;
        }
    }
    figures.push(("lines: codegen and xtask".to_owned(), sum_of_tools));
    let tests = lines::count_files(&root.join("tests"))? + lines::count_files(&root.join("emulator/tests"))?;
    figures.push(("lines: tests".to_owned(), tests));
    Ok(figures)
}

fn by_layer(root: &Path) -> Result<BTreeMap<&'static str, usize>, String> {
    let areas = areas(root)?;
    let source = root.join("src");
    let mut layers = BTreeMap::new();
    let failed = |error: std::io::Error| format!("{}: {error}", source.display());
    for entry in fs::read_dir(&source).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let named = LAYERS.iter().find(|(_, modules)| modules.contains(&name.as_str()));
        let layer = match named {
            Some((layer, _)) => layer,
            None if areas.contains(&name) => "areas",
            None => "runtime",
        };
        *layers.entry(layer).or_default() += count(&path)?;
        for later in LATER.iter().map(|later| source.join(later)) {
            if later.starts_with(&path) && later.exists() {
                let lines = count(&later)?;
                *layers.entry(layer).or_default() -= lines;
                *layers.entry(LATER_FEATURES).or_default() += lines;
            }
        }
    }
    Ok(layers)
}

fn count(path: &Path) -> Result<usize, String> {
    if path.is_dir() { lines::count_below(path) } else { lines::count_file(path) }
}

/// The features of the areas: those that the feature `full` lists.
fn areas(root: &Path) -> Result<Vec<String>, String> {
    let path = root.join("Cargo.toml");
    let manifest = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let list = manifest.split("\nfull = [").nth(1).and_then(|rest| rest.split(']').next());
    let list = list.ok_or_else(|| format!("{}: no feature `full`", path.display()))?;
    Ok(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}
