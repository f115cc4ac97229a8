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

/// Runs the program of a package of this workspace, with `first` before the arguments, and passes on how it ends.
pub fn run(package: &str, first: &[&str], args: &Args) -> Result<ExitCode, String> {
    let mut cargo = Command::new(env!("CARGO"));
    status(cargo.args(["run", "--quiet", "--package", package, "--"]).args(first), package, args)
}

/// `cargo xtask bench`: what a call costs beside the same call by hand, and with another crate.
///
/// The programs are a workspace of their own, `benches/peers`, so that what we compare ourselves with never
/// reaches a user's lock file.
pub fn bench(args: &Args) -> Result<ExitCode, String> {
    let root = crate::root();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--release", "--package", "bench", "--manifest-path"])
        .arg(root.join("benches/peers/Cargo.toml"))
        .arg("--")
        .env("CARGO_TARGET_DIR", root.join("target/peers"));
    status(&mut cargo, "the benchmark", args)
}

/// `cargo xtask chaos`, which starts the emulator's program: it is built before.
pub fn chaos(args: &Args) -> Result<ExitCode, String> {
    build(&["--package", "opencloud-emulator", "--bins"])?;
    run("opencloud-chaos", &["chaos"], args)
}

/// `cargo xtask killed`, which starts the examples, too.
pub fn killed(args: &Args) -> Result<ExitCode, String> {
    build(&["--package", "opencloud-emulator", "--bins"])?;
    build(&["--package", "opencloud", "--features", "configs", "--examples"])?;
    run("opencloud-chaos", &["killed"], args)
}

fn build(what: &[&str]) -> Result<(), String> {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet"]).args(what).status();
    match built.map_err(|error| format!("cargo could not be run: {error}"))?.success() {
        true => Ok(()),
        false => Err(format!("cargo build {} failed; its messages are above", what.join(" "))),
    }
}

/// Runs a command with these arguments and passes on how it ends.
fn status(command: &mut Command, what: &str, args: &Args) -> Result<ExitCode, String> {
    let status = command.args(&args.arguments).status();
    let status = status.map_err(|error| format!("cargo could not run {what}: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
