//! Commands that need the whole SDK are programs of other packages, so that this one builds without it.

use std::process::{Command, ExitCode};

/// Runs the program of a package of this workspace and passes on how it ends.
pub(crate) fn run(package: &str, arguments: &[String]) -> Result<ExitCode, String> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", package, "--"])
        .args(arguments)
        .status()
        .map_err(|error| format!("cargo could not run {package}: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
