//! Generates the SDK from `spec/open-cloud.json` for the enabled areas.

use std::{env, error::Error, fs, path::PathBuf};

const SPECIFICATION: &str = "spec/open-cloud.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SPECIFICATION}");
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
    Ok(())
}
