//! `cargo xtask contract`: sends every operation to a server.
//!
//! The sender is the crate `opencloud-contract`, which needs the whole SDK; this crate must build even
//! when the SDK does not, because it makes the document that the SDK is generated from.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the sender takes: `--base-url URL [--only ID] [--json FILE]`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    crate::delegate::run("opencloud-contract", &args.arguments)
}
