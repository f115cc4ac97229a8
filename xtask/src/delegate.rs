//! Commands that need the whole SDK are programs of other packages, so that this one builds without it: it makes the
//! document that the SDK is generated from.

use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the program takes; `--help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the program of a package of this workspace and passes on how it ends.
pub fn run(package: &str, args: &Args) -> Result<ExitCode, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", package, "--"]);
    status(&mut cargo, package, args)
}

/// Runs a command with these arguments and passes on how it ends.
pub(crate) fn status(command: &mut Command, what: &str, args: &Args) -> Result<ExitCode, String> {
    let status = command.args(&args.arguments).status();
    let status = status.map_err(|error| format!("cargo could not run {what}: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Builds the program of a package, for another one that starts it.
pub(crate) fn build(package: &str) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package, "--bins"])
        .status()
        .map_err(|error| format!("cargo could not build {package}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("cargo could not build {package}; its messages are above")),
    }
}
