//! Says what an API key may do, what is wrong with it, and what it lacks for some calls.
//!
//! ```sh
//! ROBLOX_API_KEY=... cargo run --example key_doctor -- messaging.publish users.get --universe 42
//! ```
//!
//! The calls are named by their ids, an area and a method. Targets: `--user ID`, `--group ID`,
//! `--universe ID`, `--store UNIVERSE/NAME`. The exit code is 1 if anything is wrong.
//!
//! With `--local` it examines a key of few scopes at a throw-away emulator; without other arguments for calls of its
//! own choice, and then the exit code is 0 although something is missing.

use opencloud::api_key::Check;
use opencloud::{Client, Error};
use opencloud_emulator::{ApiKey, Emulator, KeyScope};
use std::process::ExitCode;

const USAGE: &str = "\
usage: key_doctor OPERATION... [--user ID] [--group ID] [--universe ID] [--store UNIVERSE/NAME]
       key_doctor --local [...]   a key of few scopes, at a throw-away emulator

OPERATION is an area and a method, such as messaging.publish. It only reads.
The API key is that of the environment variable ROBLOX_API_KEY. Exit code: 1 if anything is wrong.";

/// What is asked of the local key, unless arguments ask for something else.
const LOCAL: [&str; 6] = [
    "data_stores.get_entry",
    "data_stores.set_value",
    "messaging.publish",
    "users.get",
    "--store",
    "2001/Coins",
];

#[tokio::main]
async fn main() -> ExitCode {
    match diagnose().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn diagnose() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let local = arguments.iter().position(|argument| argument == "--local");
    let Some(at) = local else {
        let client =
            Client::from_env().map_err(|error| format!("{error}\n(--local tries it at an emulator)"))?;
        return verdict(&client, arguments).await;
    };
    arguments.remove(at);
    let scopes = ["universe-datastores.objects:read", "universe-datastores.objects:update"];
    let scopes = scopes.map(|scope| KeyScope::new(scope).store(2001, "Coins"));
    let key = scopes.into_iter().fold(ApiKey::new("local").name("leaderboard"), ApiKey::scope);
    let emulator = Emulator::builder().api_key(key).start().await?;
    eprintln!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    if arguments.is_empty() {
        verdict(&client, LOCAL.map(str::to_owned).to_vec()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    verdict(&client, arguments).await
}

async fn verdict(client: &Client, arguments: Vec<String>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let is_fine = examine(client, read(client, arguments)?).await?;
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is to be checked.
fn read(client: &Client, arguments: Vec<String>) -> Result<Check, String> {
    let mut operations = Vec::new();
    let mut targets = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--") {
            Some(kind) => {
                let id = arguments.next().ok_or_else(|| format!("--{kind} needs an id"))?;
                targets.push((kind.to_owned(), id));
            }
            None => operations.push(argument),
        }
    }
    let mut check = client.api_key().check(operations).warn_before(30);
    for (kind, id) in targets {
        check = match (kind.as_str(), id.split_once('/')) {
            ("user", None) => check.user(id),
            ("group", None) => check.group(id),
            ("universe", None) => check.universe(id),
            ("store", Some((universe, name))) => check.data_store(universe, name),
            _ => {
                return Err(format!(
                    "`--{kind} {id}` is not a target; the targets are --user ID, --group ID, --universe ID and --store UNIVERSE/NAME"
                ));
            }
        };
    }
    Ok(check)
}

/// Prints the report, and says whether all is well. Of a key that Roblox does not look at, a harmless read
/// tells whether it works.
async fn examine(client: &Client, check: Check) -> Result<bool, Error> {
    let mut report = check.await?;
    if report.key.is_none() {
        report = report.proven_by(client.request(http::Method::GET, "/cloud/v2/users/1").await);
    }
    for scope in report.key.iter().filter_map(|key| key.scopes.as_ref()).flatten() {
        println!("may {scope}");
    }
    println!("{report}");
    Ok(report.is_fine())
}
