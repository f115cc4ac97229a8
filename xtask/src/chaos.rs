//! `cargo xtask chaos` and `cargo xtask soak`: the SDK for minutes in bad conditions.
//!
//! They are the crate `opencloud-chaos`, which needs the whole SDK; this crate must build even when the SDK does not.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What the program takes; `--help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the SDK against emulators that fail and are killed.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    crate::delegate::build("opencloud-emulator")?;
    crate::delegate::run("opencloud-chaos", &with("chaos", args))
}

/// Makes many calls and looks at what is left over.
pub fn soak(args: &Args) -> Result<ExitCode, String> {
    crate::delegate::run("opencloud-chaos", &with("soak", args))
}

fn with(command: &str, args: &Args) -> Vec<String> {
    let command = std::iter::once(command.to_owned());
    command.chain(args.arguments.iter().cloned()).collect()
}
