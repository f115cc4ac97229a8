//! `cargo xtask`: a thin dispatcher, each command lives in its own module.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The repository's own commands", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write spec/open-cloud.json from Roblox's document and our overlay.
    Sync(xtask::sync::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Sync(args) => xtask::sync::main(&args),
    }
}
