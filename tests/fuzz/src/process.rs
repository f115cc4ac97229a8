//! One process per target, and what becomes of its findings.

use crate::engine::{self, Limit};
use crate::targets;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// What the test takes for its random numbers, so that it tries the same inputs each time.
const TEST_SEED: u64 = 14;

/// Options of `cargo xtask fuzz`.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cargo xtask fuzz",
    about = "Feed everything that reads text from outside with random input"
)]
pub struct Options {
    /// How many minutes each target runs.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Only this target; may be given several times.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// The seed of the random numbers, to make the same inputs again.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the names of the targets.
    #[arg(long)]
    list: bool,
    /// In the process of a target: the file that holds the input while it is tried.
    #[arg(long, hide = true)]
    child: Option<PathBuf>,
    /// In the process of a target: as many inputs as the test tries, instead of minutes.
    #[arg(long, hide = true)]
    test: bool,
}

/// Runs targets for minutes. Inputs that find something are added to the corpus.
pub fn run(options: &Options) -> ExitCode {
    if options.list {
        targets::ALL.iter().for_each(|target| println!("{}", target.name));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) =
        options.target.iter().find(|name| targets::ALL.iter().all(|target| target.name != **name))
    {
        eprintln!("there is no target {unknown}; `--list` prints all");
        return ExitCode::from(2);
    }
    match &options.child {
        Some(current) => child(options, current),
        None => supervise(options),
    }
}

/// Runs the targets as `cargo test` does: counted inputs, always the same ones. The arguments are those of a test
/// program: words choose targets by a part of their name.
pub fn run_test(arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments: Vec<String> = arguments.collect();
    if arguments.iter().any(|argument| argument == "--child") {
        return run(&Options::parse_from(std::iter::once("targets".to_owned()).chain(arguments)));
    }
    // Who lists tests gets none: these are not functions of a test program.
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let target: Vec<String> =
        targets::ALL.iter().map(|target| target.name.to_owned()).filter(|name| is_chosen(name)).collect();
    if target.is_empty() {
        return ExitCode::SUCCESS;
    }
    supervise(&Options { minutes: 0.0, target, seed: Some(TEST_SEED), list: false, child: None, test: true })
}

/// Runs the targets one after the other, each in a process of its own.
fn supervise(options: &Options) -> ExitCode {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    if !options.test {
        println!("seed {seed}");
    }
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("a temporary folder could not be made: {error}");
            return ExitCode::from(2);
        }
    };
    let chosen = |name: &str| options.target.is_empty() || options.target.iter().any(|chosen| chosen == name);
    let mut failed = Vec::new();
    for target in targets::ALL.iter().filter(|target| chosen(target.name)) {
        let current = folder.path().join(target.name);
        match start(target.name, options, seed, &current) {
            Ok(status) if status.success() => {}
            Ok(status) => {
                // 1 is a finding that was told; anything else has ended the process.
                if status.code() != Some(1) {
                    println!("{}: the process ended with {status}", target.name);
                    keep_current(target.name, &current, options.test);
                }
                failed.push(target.name);
            }
            Err(error) => {
                println!("{}: the process could not be started: {error}", target.name);
                failed.push(target.name);
            }
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("findings in: {}", failed.join(", "));
    ExitCode::from(1)
}

fn start(
    name: &str,
    options: &Options,
    seed: u64,
    current: &Path,
) -> std::io::Result<std::process::ExitStatus> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--target", name, "--seed", &seed.to_string(), "--minutes", &options.minutes.to_string()]);
    command.arg("--child").arg(current);
    if options.test {
        command.arg("--test");
    }
    command.status()
}

/// Keeps the input that has ended a process.
fn keep_current(name: &str, current: &Path, is_test: bool) {
    match std::fs::read(current) {
        Ok(input) if is_test => println!("{name}: the input: {}", engine::shown(&input)),
        Ok(input) => println!("{name}: the input is kept as {}", engine::keep(name, &input)),
        Err(error) => println!("{name}: the input could not be read: {error}"),
    }
}

fn child(options: &Options, current: &Path) -> ExitCode {
    let name = options.target.first().map(String::as_str).unwrap_or_default();
    let Some(target) = targets::ALL.iter().find(|target| target.name == name) else {
        return ExitCode::from(2);
    };
    let limit = match options.test {
        true => Limit::Cases(target.cases),
        false => Limit::Time(Duration::from_secs_f64((options.minutes * 60.0).clamp(0.0, 1e7))),
    };
    let found = engine::run(target, limit, options.seed.unwrap_or(TEST_SEED), current);
    for finding in &found {
        println!("{name}: {}", finding.message);
        match &finding.input {
            None => {}
            Some(input) if options.test => println!("{name}: the input: {}", engine::shown(input)),
            Some(input) => println!("{name}: the input is kept as {}", engine::keep(name, input)),
        }
    }
    ExitCode::from(u8::from(!found.is_empty()))
}
