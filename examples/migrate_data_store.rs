//! Copies a data store into another one, such as of a test universe, with users and attributes. Entries that are
//! there already are replaced.
//!
//! ```text
//! cargo run --example migrate_data_store -- 42 Players 43 Players
//! ```
//!
//! The key is that of `ROBLOX_API_KEY`, for both universes. With `--local` in front it works on a throw-away emulator.

use opencloud::Client;
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: migrate_data_store UNIVERSE STORE UNIVERSE STORE   from, to
       migrate_data_store --local [...]                   at a throw-away emulator, which has 2001 sample-store

The API key is that of the environment variable ROBLOX_API_KEY.";

type Problem = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match act().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn act() -> Result<(), Problem> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (local, [from, source, to, target]) = match arguments[..] {
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        ["--local"] => (true, ["2001", "sample-store", "2002", "Copy"]),
        ["--local", from, source, to, target] => (true, [from, source, to, target]),
        [from, source, to, target] => (false, [from, source, to, target]),
        _ => return Err(USAGE.into()),
    };
    let (client, _emulator) = connect(local).await?;
    let stores = client.data_stores();

    // In a temporary file, because a data store can be larger than the memory.
    let file = tempfile::NamedTempFile::new()?;
    let writer = tokio::fs::File::from_std(file.reopen()?);
    let exported = stores.store(from, source).export().write_to(writer, |_checkpoint| Ok(())).await?;
    println!("{} entries read", exported.entries());

    let reader = tokio::io::BufReader::new(tokio::fs::File::from_std(file.reopen()?));
    let imported = stores.store(to, target).import().read_from(reader, |_checkpoint| Ok(())).await?;
    println!("{} entries written", imported.written);
    Ok(())
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
