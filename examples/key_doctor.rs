//! Says what an API key may do, what is wrong with it, and what it lacks for some calls.
//!
//! ```sh
//! ROBLOX_API_KEY=... cargo run --example key_doctor -- messaging.publish users.get --universe 42
//! ```
//!
//! Targets: `--user ID`, `--group ID`, `--universe ID`, `--store UNIVERSE/NAME`. The exit code is 1 if
//! anything is wrong.

use opencloud::Client;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let mut operations = Vec::new();
    let mut targets = Vec::new();
    let mut arguments = std::env::args().skip(1);
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
            _ => return Err(format!("`--{kind} {id}` is no target").into()),
        };
    }
    let report = check.await?;
    for scope in report.key.scopes.iter().flatten() {
        let operations = scope.operations.as_deref().unwrap_or_default().join(", ");
        println!("may {}: {operations}", scope.name.as_deref().unwrap_or_default());
    }
    println!("{report}");
    Ok(if report.is_fine() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
