//! `cargo xtask figures`: sizes, cycles, dependencies and words of this checkout, or of two.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use opencloud_architecture::{figures, workspace};

#[derive(Parser)]
#[command(name = "cargo xtask figures", about = "Print sizes, cycles, dependencies and words of the code")]
struct Args {
    /// Another checkout of this repository, to compare with; its figures stand in the first column.
    #[arg(long)]
    before: Option<PathBuf>,
    /// Also compile the library, to count the public items without documentation.
    #[arg(long)]
    documentation: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let roots: Vec<PathBuf> = args.before.into_iter().chain([workspace()]).collect();
    let columns: Result<Vec<_>, String> =
        roots.iter().map(|root| figures::of(root, args.documentation)).collect();
    match columns {
        Ok(columns) => {
            print!("{}", figures::table(&columns));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}
