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
//! With `--local` in front of the file, and without key and arguments, the script runs at a local Open
//! Cloud, which executes nothing: it reads `print`, `warn`, `error` and `return` from the text.

use opencloud::luau::{Failure, LuauLogMessage, Run};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

type Problem = Box<dyn std::error::Error>;

/// What the local Open Cloud knows.
const LOCAL_UNIVERSE: &str = "2001";
const LOCAL_PLACE: &str = "3001";

/// What is run if no file is named.
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
    let is_local = arguments.next_if(|argument| argument == "--local").is_some();
    let is_sample = arguments.peek().is_none();
    let script = match arguments.next() {
        Some(file) => std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?,
        None => SAMPLE.to_owned(),
    };
    let mut setting = |variable: &str| arguments.next().or_else(|| value(variable));
    let universe = setting("ROBLOX_UNIVERSE_ID");
    let place = setting("ROBLOX_PLACE_ID");
    let version = setting("ROBLOX_PLACE_VERSION");
    match value("ROBLOX_API_KEY").filter(|_| !is_local) {
        Some(_) => {
            let missing = "say which universe and place: FILE UNIVERSE PLACE [VERSION]";
            let (universe, place) = (universe.ok_or(missing)?, place.ok_or(missing)?);
            test(&Client::from_env()?, script, &universe, &place, version.as_deref()).await
        }
        // A secret that is missing must not look like tests that pass.
        None if !is_local && !is_sample => {
            Err("ROBLOX_API_KEY is not set; with --local in front, the script runs at a local Open Cloud"
                .into())
        }
        None => {
            let emulator = Emulator::start().await?;
            eprintln!("Talking to a local Open Cloud at {}.", emulator.base_url());
            let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
            let universe = universe.as_deref().unwrap_or(LOCAL_UNIVERSE);
            let place = place.as_deref().unwrap_or(LOCAL_PLACE);
            test(&client, script, universe, place, version.as_deref()).await
        }
    }
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
    println!("{kind:8}{}", line.message.as_deref().unwrap_or_default());
}
