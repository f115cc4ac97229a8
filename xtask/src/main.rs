//! `cargo xtask`: a thin dispatcher, each command lives in its own module.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::delegate;

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
    /// Count what of the document has names, sentences and runtime support.
    Coverage(xtask::coverage::Args),
    /// Write or check spec/surface.txt, the snapshot of the generated public surface, and docs/methods.md.
    Surface(xtask::surface::Args),
    /// Check spec/live/facts.yaml and write or check docs/live-service.md.
    Facts(xtask::facts::Args),
    /// Send every operation to a server: `contract --base-url URL [--only ID] [--json FILE]`.
    Contract(delegate::Args),
    /// Feed everything that reads text from outside with random input: `fuzz --help` explains.
    Fuzz(delegate::Args),
    /// Ask the live service whether the recorded facts still hold: `live --help` explains.
    Live(delegate::Args),
    /// Compare calls with the same calls by hand and with another crate: `bench --help` explains.
    Bench(delegate::Args),
    /// Run the SDK against emulators that fail and are killed, and account for every write: `chaos --help` explains.
    Chaos(delegate::Args),
    /// Kill the programs that do whole jobs while the service fails: `killed --help` explains.
    Killed(delegate::Args),
    /// Make many calls, and compare what is held before and after: `soak --help` explains.
    Soak(delegate::Args),
    /// Print sizes, cycles, dependencies and words of the code: `figures --help` explains.
    Figures(delegate::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Sync(args) => xtask::sync::run(&args).map_err(|error| error.to_string()),
        Command::Coverage(args) => xtask::coverage::run(&args),
        Command::Surface(args) => xtask::surface::run(&args),
        Command::Facts(args) => xtask::facts::run(&args),
        Command::Contract(args) => delegate::run("opencloud-contract", &[], &args),
        Command::Fuzz(args) => delegate::run("opencloud-fuzz", &[], &args),
        Command::Live(args) => delegate::run("opencloud-live", &[], &args),
        Command::Figures(args) => delegate::run("opencloud-architecture", &[], &args),
        Command::Bench(args) => delegate::bench(&args),
        Command::Chaos(args) => delegate::chaos(&args),
        Command::Killed(args) => delegate::killed(&args),
        Command::Soak(args) => delegate::run("opencloud-chaos", &["soak"], &args),
    };
    outcome.unwrap_or_else(|problem| {
        eprintln!("{problem}");
        ExitCode::from(2)
    })
}
