//! What cargo says of a checkout.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The crates that a user's build compiles for the default features, build dependencies included.
pub(crate) fn dependencies(root: &Path) -> Result<usize, String> {
    let (tree, _) =
        run(root, &["tree", "--package", "opencloud", "--edges", "normal,build", "--prefix", "none"])?;
    let crates: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty() && !line.starts_with("opencloud v"))
        .collect();
    Ok(crates.len())
}

/// The public items of the library that have no documentation.
pub(crate) fn undocumented(root: &Path) -> Result<usize, String> {
    // With a level of its own the compiler is run again, whatever it has said before.
    let arguments = [
        "rustc",
        "--package",
        "opencloud",
        "--lib",
        "--profile",
        "check",
        "--features",
        "full,buffers,oauth,schemars,testing,tracing,webhook",
        "--",
        "--force-warn",
        "missing_docs",
    ];
    let (_, log) = run(root, &arguments)?;
    Ok(log.lines().filter(|line| line.starts_with("warning: missing documentation")).count())
}

/// The output of cargo in a checkout: what it prints, and its messages.
fn run(root: &Path, arguments: &[&str]) -> Result<(String, String), String> {
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(root)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .map_err(|error| format!("cargo could not be run: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok((String::from_utf8_lossy(&output.stdout).into_owned(), log)),
        false => Err(format!("cargo {} failed in {}:\n{log}", arguments.join(" "), root.display())),
    }
}
