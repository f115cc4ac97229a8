//! Generates the SDK from `spec/open-cloud.json` for the enabled areas.

use opencloud_codegen::helpers::Needs;
use std::{env, error::Error, fs, path::PathBuf};

const SPECIFICATION: &str = "spec/open-cloud.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SPECIFICATION}");
    println!("cargo::rustc-check-cfg=cfg(helpers, values(any()))");
    let document = fs::read_to_string(SPECIFICATION).map_err(|error| format!("{SPECIFICATION}: {error}"))?;
    // Features that are no area name no operation, so they select nothing.
    let areas: Vec<String> = env::vars()
        .filter_map(|(name, _)| Some(name.strip_prefix("CARGO_FEATURE_")?.to_lowercase()))
        .collect();
    let generated = opencloud_codegen::generate(&document, Some(&areas))?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("raw.rs"), generated.raw)?;
    fs::write(out.join("api.rs"), generated.api)?;
    fs::write(out.join("ids.rs"), generated.ids)?;
    fs::write(out.join("operations.rs"), generated.operations)?;
    fs::write(out.join("scopes.rs"), generated.scopes)?;
    for area in areas {
        compile_helpers(&area, &generated.surface)?;
    }
    Ok(())
}

/// Compiles an area's hand-written helpers (`#[cfg(helpers = "area")]`) if the document has what they
/// are written against; see `opencloud_codegen::helpers`.
fn compile_helpers(area: &str, surface: &str) -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(format!("src/{area}/needs.txt"));
    if !path.exists() {
        return Ok(());
    }
    println!("cargo::rerun-if-changed={}", path.display());
    let unmet = Needs::parse(&fs::read_to_string(&path)?).unmet(surface);
    match unmet.is_empty() {
        true => println!("cargo::rustc-cfg=helpers=\"{area}\""),
        false => println!("cargo::warning=the helpers of `{area}` are left out: {}", unmet.join("; ")),
    }
    Ok(())
}
