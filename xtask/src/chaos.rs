//! `cargo xtask chaos` and `cargo xtask soak`: two commands of one program, which starts the emulator.

use std::process::{Command, ExitCode};

use crate::delegate::{self, Args};

const PACKAGE: &str = "opencloud-chaos";

/// Runs the SDK against emulators that fail and are killed.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    delegate::build("opencloud-emulator")?;
    command("chaos", args)
}

/// Makes many calls and looks at what is left over.
pub fn soak(args: &Args) -> Result<ExitCode, String> {
    command("soak", args)
}

fn command(name: &str, args: &Args) -> Result<ExitCode, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--package", PACKAGE, "--", name]);
    delegate::status(&mut cargo, PACKAGE, args)
}
