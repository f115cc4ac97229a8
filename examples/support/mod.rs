//! What the programs share: their arguments, the client, and checkpoints on a disk.

#![allow(dead_code, unused_imports, reason = "each program uses its part")]

mod bar;

pub(crate) use bar::Bar;

use opencloud::retry::Retry;
use opencloud::{Client, ClientBuilder};
use opencloud_emulator::{Builder, Emulator};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

pub(crate) type Problem = Box<dyn std::error::Error>;

/// It was called in a wrong way, and this is why.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; --help says how it is called", self.0)
    }
}

impl std::error::Error for Wrong {}

/// What a program was called with.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) local: bool,
    pub(crate) json: bool,
    /// Options without a value.
    pub(crate) flags: Vec<String>,
    /// Options with as many values as they take.
    pub(crate) options: BTreeMap<String, Vec<String>>,
    pub(crate) names: Vec<String>,
}

impl Arguments {
    /// Reads them: `options` says how many values each option takes, `names` how many names there may be. `None` if
    /// they are not as they should be.
    fn read(options: &[(&str, usize)], names: std::ops::RangeInclusive<usize>) -> Option<Self> {
        let (mut given, mut arguments) = (std::env::args().skip(1), Self::default());
        while let Some(argument) = given.next() {
            let known = options.iter().find(|(name, _)| *name == argument);
            match (argument.as_str(), known) {
                ("--local", _) => arguments.local = true,
                ("--json", _) => arguments.json = true,
                (_, Some((_, 0))) => arguments.flags.push(argument),
                (_, Some((_, count))) => {
                    let values: Vec<String> = given.by_ref().take(*count).collect();
                    (values.len() == *count).then(|| arguments.options.insert(argument, values))?;
                }
                (unknown, None) if unknown.starts_with("--") => return None,
                _ => arguments.names.push(argument),
            }
        }
        names.contains(&arguments.names.len()).then_some(arguments)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// The first value of an option.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        self.options.get(option)?.first().map(String::as_str)
    }
}

/// Runs a program: exit code 0 if it succeeds, 1 if it fails, 2 if its arguments are wrong.
pub(crate) async fn run<F: Future<Output = Result<(), Problem>>>(
    usage: &str,
    options: &[(&str, usize)],
    names: std::ops::RangeInclusive<usize>,
    program: impl FnOnce(Arguments) -> F,
) -> ExitCode {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    let Some(arguments) = Arguments::read(options, names) else {
        eprintln!("{usage}");
        return ExitCode::from(2);
    };
    match program(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            if error.is::<Wrong>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Exit code 0 of a program that has succeeded; otherwise 1, and why.
pub(crate) fn exit_code(outcome: Result<(), Problem>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Roblox, by the key of `ROBLOX_API_KEY`; with `local` a throw-away emulator, which runs while it is kept.
pub(crate) async fn connect(local: bool) -> Result<(Client, Option<Emulator>), Problem> {
    connect_or(local, Emulator::builder()).await
}

/// As [`connect`], with an emulator of the program's own.
pub(crate) async fn connect_or(
    local: bool,
    emulator: Builder,
) -> Result<(Client, Option<Emulator>), Problem> {
    if !local {
        // A program that runs for long meets more failures than a call of a server that somebody waits for.
        let retry = Retry::standard().attempts(8).maximum_delay(Duration::from_secs(4));
        let client = Client::builder().retry(retry).api_key_from_env();
        let client = client.and_then(ClientBuilder::build);
        return Ok((client.map_err(|error| format!("{error}\n(--local tries it at an emulator)"))?, None));
    }
    let emulator = emulator.start().await?;
    eprintln!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    Ok((client, Some(emulator)))
}

/// What was saved, if anything.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Problem> {
    match fs::read(path) {
        Ok(text) => {
            Ok(Some(serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

/// Replaces a file as a whole, so that it is never half written, and is on the disk when this is done.
pub(crate) fn save<T: Serialize>(path: &Path, what: &T) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(what)?)?;
    file.sync_all()?;
    fs::rename(new, path)
}
