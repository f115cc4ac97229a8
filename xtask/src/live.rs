//! `cargo xtask live`: asks the live service whether the recorded facts still hold.
//!
//! The probes are the crate `opencloud-live`, which needs the whole SDK; this crate must build even when the SDK
//! does not.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the probes take; `cargo xtask live --help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    crate::delegate::run("opencloud-live", &args.arguments)
}
