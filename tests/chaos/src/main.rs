//! `cargo xtask chaos`, `cargo xtask killed` and `cargo xtask soak`: the SDK for minutes in bad conditions, and what is wrong
//! afterwards.

mod chaos;
mod emulator;
mod killed;
mod lines;
mod resources;
mod soak;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What fails without being a finding: the run itself could not be made.
pub(crate) type Outcome<T> = Result<T, String>;

/// The exit code of a run that could not be made.
const NO_RUN: u8 = 2;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the SDK against emulators that fail and are killed, and account for every write.
    Chaos(chaos::Options),
    /// Kill the programs that do whole jobs while the service fails, and compare what it then holds.
    Killed(killed::Options),
    /// Make many calls, and compare memory, sockets, tasks and file handles before and after.
    Soak(soak::Options),
    /// A process of `chaos` that makes calls.
    #[command(hide = true)]
    Worker(chaos::WorkerOptions),
    /// The server of `soak`.
    #[command(hide = true)]
    Server,
}

/// Another program of this workspace, which is built beside this one.
pub(crate) fn beside_this(name: &str) -> Outcome<std::path::PathBuf> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = this.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION);
    match path.exists() {
        true => Ok(path),
        false => Err(format!("{} is missing; build it: cargo build --package {name}", path.display())),
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Chaos(options) => chaos::run(&options).await,
        Command::Killed(options) => killed::run(&options).await,
        Command::Soak(options) => soak::run(&options).await,
        Command::Worker(options) => chaos::work(options).await.map(|()| true),
        Command::Server => soak::serve().await.map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(NO_RUN)
        }
    }
}
