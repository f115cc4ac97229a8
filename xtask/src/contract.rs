//! `cargo xtask contract`: sends every operation to a server.
//!
//! The sender is the crate `opencloud-contract`, which needs the whole SDK; this crate must build even
//! when the SDK does not, because it makes the document that the SDK is generated from.

use std::process::{Command, ExitCode};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the sender takes: `--base-url URL [--only ID] [--json FILE]`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "opencloud-contract", "--"])
        .args(&args.arguments)
        .status()
        .map_err(|error| format!("the contract sender could not be started: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
