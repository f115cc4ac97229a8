//! The templates by which Roblox erases a user's data itself: shows them, checks them against what the data stores
//! hold, and publishes them.
//!
//! ```text
//! cargo run --example erasure_templates -- 42 templates.json
//! cargo run --example erasure_templates -- --publish 42 templates.json
//! ```

mod support;

use opencloud::erasure::Templates;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use support::{Arguments, Problem, Wrong};

const USAGE: &str = "\
usage: erasure_templates [OPTION]... UNIVERSE [FILE]

Says which templates match nothing, and which entries no template reaches. FILE has them as Roblox's guide shows them;
without it those that are published are looked at.
  --publish           publishes the templates of FILE, unless one of them matches nothing
  --allow-unmatched   publishes them all the same
  --user ID           looks at the entries of this user alone
  --coverage FILE     keeps what was found, for erase_on_request
  --json              prints what was found as JSON
  --local             at a throw-away emulator, which has the universe 2001
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if it is done, 1 if it was refused or failed, 2 if it was called in a wrong way.";

const OPTIONS: &[(&str, usize)] =
    &[("--publish", 0), ("--allow-unmatched", 0), ("--user", 1), ("--coverage", 1)];

#[tokio::main]
async fn main() -> ExitCode {
    support::run(USAGE, OPTIONS, 1..=2, act).await
}

async fn act(arguments: Arguments) -> Result<(), Problem> {
    // Refused, with template and line, before anything is sent.
    let read = |file: &String| -> Result<Templates, Problem> {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        Templates::from_json(&text).map_err(|error| format!("{file}: {error}").into())
    };
    let written = arguments.names.get(1).map(read).transpose()?;
    if arguments.has("--publish") && written.is_none() {
        return Err(Wrong("--publish takes a FILE with templates".to_owned()).into());
    }
    let (client, _emulator) = support::connect(arguments.local).await?;
    let erasure = client.erasure(&arguments.names[0]);
    let templates = match written {
        Some(templates) => templates,
        None => erasure.templates().await?,
    };
    let mut check = erasure.check(&templates).on_progress(support::Bar::of("entries"));
    if let Some(user) = arguments.value("--user") {
        check = check.of_user(user);
    }
    let coverage = check.await?;
    if let Some(file) = arguments.value("--coverage") {
        support::save(Path::new(file), &coverage)?;
    }
    match arguments.json {
        true => println!("{}", serde_json::to_string(&coverage)?),
        false => {
            println!("{coverage}");
            for entry in &coverage.unreached.first {
                let users: Vec<&str> = entry.users.iter().map(AsRef::as_ref).collect();
                println!("unreached: {}: {}/{} of {}", entry.store, entry.scope, entry.key, users.join(", "));
            }
        }
    }
    if !arguments.has("--allow-unmatched") {
        coverage.refuse_unmatched()?;
    }
    if arguments.has("--publish") {
        match erasure.publish(&templates).await? {
            Some(version) => eprintln!("published as version {version} of the configuration"),
            None => eprintln!("they are published already"),
        }
    }
    Ok(())
}
