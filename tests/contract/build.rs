//! Generates one call of every operation from the same model as the SDK.

use std::{env, error::Error, fs, path::PathBuf};

const SPECIFICATION: &str = "../../spec/open-cloud.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SPECIFICATION}");
    let model = opencloud_codegen::Model::build(&fs::read_to_string(SPECIFICATION)?, None)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("calls.rs"), opencloud_codegen::emit::calls::emit(&model))?;
    fs::write(out.join("schemas.rs"), opencloud_codegen::emit::calls::emit_schemas(&model))?;
    Ok(())
}
