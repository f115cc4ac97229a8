//! A test runner for CI: runs a Luau script at a place, prints its logs when it has ended, and exits with 1 if
//! the script fails, or with 2 if it could not be run. A place that is full is waited for, for 5 minutes.
//!
//! ```text
//! ROBLOX_API_KEY=.. cargo run --example run_luau_tests -- tests.luau UNIVERSE PLACE [VERSION]
//! ```
//!
//! The universe, the place and its version can also be set as `ROBLOX_UNIVERSE_ID`, `ROBLOX_PLACE_ID` and
//! `ROBLOX_PLACE_VERSION`. `LUAU_TIMEOUT` is how many seconds the script may run, 300 at most.
//!
//! With `--local` in front the script runs at a throw-away emulator, which executes nothing: it reads `print`,
//! `warn`, `error` and `return` from the text.

use opencloud::luau::{Failure, LuauLogMessage, Run};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: run_luau_tests FILE UNIVERSE PLACE [VERSION]
       run_luau_tests --local [FILE]   at a throw-away emulator

ROBLOX_UNIVERSE_ID, ROBLOX_PLACE_ID and ROBLOX_PLACE_VERSION stand in for the numbers, LUAU_TIMEOUT is in seconds.
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if the script succeeds, 1 if it fails, 2 if it could not be run.";

type Problem = Box<dyn std::error::Error>;

/// What the emulator has from the beginning.
const LOCAL_UNIVERSE: &str = "2001";
const LOCAL_PLACE: &str = "3001";

/// What is run at the emulator if no file is named.
const SAMPLE: &str = "print(\"1 test\")\nwarn(\"nothing is executed here\")\nreturn 1";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => match problem.downcast_ref::<Error>().and_then(Failure::of) {
            Some(failure) => {
                eprintln!("{failure}");
                ExitCode::from(1)
            }
            None => {
                eprintln!("{problem}");
                ExitCode::from(2)
            }
        },
    }
}

async fn run() -> Result<(), Problem> {
    let mut arguments = env::args().skip(1).peekable();
    if arguments.next_if(|argument| argument == "--help").is_some() {
        println!("{USAGE}");
        return Ok(());
    }
    let local = arguments.next_if(|argument| argument == "--local").is_some();
    let script = match arguments.next() {
        Some(file) => std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?,
        None if local => SAMPLE.to_owned(),
        None => return Err(USAGE.into()),
    };
    let mut setting = |variable: &str| arguments.next().or_else(|| value(variable));
    let universe = setting("ROBLOX_UNIVERSE_ID").or_else(|| local.then(|| LOCAL_UNIVERSE.to_owned()));
    let place = setting("ROBLOX_PLACE_ID").or_else(|| local.then(|| LOCAL_PLACE.to_owned()));
    let version = setting("ROBLOX_PLACE_VERSION");
    let (universe, place) = (universe.ok_or(USAGE)?, place.ok_or(USAGE)?);
    // A secret that is missing must not look like tests that pass.
    let (client, _emulator) = connect(local).await?;
    test(&client, script, &universe, &place, version.as_deref()).await
}

/// Roblox, by the key of `ROBLOX_API_KEY`; with `--local` a throw-away emulator, which runs while it is kept.
async fn connect(local: bool) -> Result<(Client, Option<Emulator>), Problem> {
    if !local {
        let client = Client::from_env();
        return Ok((client.map_err(|error| format!("{error}\n(--local tries it at an emulator)"))?, None));
    }
    let emulator = Emulator::start().await?;
    eprintln!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    Ok((client, Some(emulator)))
}

async fn test(
    client: &Client,
    script: String,
    universe: &str,
    place: &str,
    version: Option<&str>,
) -> Result<(), Problem> {
    let script = client.luau().run(script);
    let run: Run = match version {
        Some(version) => script.at_version(universe, place, version),
        None => script.at(universe, place),
    };
    let run = match value("LUAU_TIMEOUT") {
        Some(seconds) => run.timeout(Duration::from_secs(seconds.parse()?)),
        None => run,
    };
    let mut task = run.wait_for_slot(Duration::from_secs(300)).start().await?;
    eprintln!("{}", task.path());
    let mut logs = task.logs();
    while let Some(line) = logs.next().await {
        match line {
            Ok(line) => print(&line),
            // The outcome matters more than the log.
            Err(error) => eprintln!("the log cannot be read any more: {error}"),
        }
    }
    let finished = task.wait().await?;
    for result in finished.results() {
        println!("=> {result}");
    }
    Ok(())
}

/// CI sets a variable that it has no value for to nothing.
fn value(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn print(line: &LuauLogMessage) {
    let kind = line.message_type.as_ref().map_or("", |kind| kind.as_str());
    println!("{kind:8}{}", line.message());
}
