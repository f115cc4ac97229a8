//! `cargo xtask figures`: sizes, cycles, dependencies and words of the code.

use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// The arguments of the program; `--help` explains.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    crate::delegate::run("opencloud-architecture", &args.arguments)
}
