//! Says where the document is that is built in.

use std::{env, fs, path::PathBuf};

fn main() {
    // In the package it stands here, in the repository beside. There a link puts it into the package; a checkout
    // without links, as on Windows, has a file with the link's target in its place.
    let candidates = ["open-cloud.json", "../spec/open-cloud.json"];
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let is_document = |path: &PathBuf| fs::read(path).is_ok_and(|content| content.starts_with(b"{"));
    let document = candidates.map(|path| root.join(path)).into_iter().find(is_document);
    let document = document.expect("spec/open-cloud.json is missing; `cargo xtask sync` writes it");
    println!("cargo::rerun-if-changed={}", document.display());
    println!("cargo::rustc-env=OPEN_CLOUD_DOCUMENT={}", document.display());
}
