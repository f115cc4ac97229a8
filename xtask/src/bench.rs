//! `cargo xtask bench`: what a call costs beside the same call by hand, and with another crate.
//!
//! The programs are a workspace of their own, `benches/peers`, so that what we compare ourselves with never
//! reaches a user's lock file.

use std::process::{Command, ExitCode};

use crate::delegate::{self, Args};

pub fn run(args: &Args) -> Result<ExitCode, String> {
    let root = crate::root();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--release", "--package", "bench", "--manifest-path"])
        .arg(root.join("benches/peers/Cargo.toml"))
        .arg("--")
        .env("CARGO_TARGET_DIR", root.join("target/peers"));
    delegate::status(&mut cargo, "the benchmark", args)
}
