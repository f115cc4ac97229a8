//! Exports a data store to a file of JSON lines. If it is stopped, the next run goes on where it was.
//!
//! ```text
//! cargo run --example export_data_store -- UNIVERSE STORE FILE
//! ```
//!
//! The key is that of `ROBLOX_API_KEY`. The file next to it, `FILE.checkpoint`, says how far it has come. With
//! `--local` in front a data store of a throw-away emulator is exported, such as `2001 sample-store`.

use opencloud::Client;
use opencloud::data_stores::ExportCheckpoint;
use opencloud_emulator::Emulator;
use std::error::Error;
use std::io::{self, ErrorKind, SeekFrom, Write};
use std::process::ExitCode;
use std::{env, fs};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncSeekExt, BufWriter};

const USAGE: &str = "\
usage: export_data_store UNIVERSE STORE FILE
       export_data_store --local UNIVERSE STORE FILE   from a throw-away emulator, which has 2001 sample-store

The API key is that of the environment variable ROBLOX_API_KEY. A run that was stopped goes on where it was, by
FILE.checkpoint.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match export().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn export() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (local, universe, name, path) = match arguments[..] {
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        ["--local", universe, name, path] => (true, universe, name, path),
        [universe, name, path] => (false, universe, name, path),
        _ => return Err(USAGE.into()),
    };
    // Before anything is written.
    let (client, _emulator) = connect(local).await?;
    let progress = format!("{path}.checkpoint");
    let checkpoint: Option<ExportCheckpoint> = match fs::read(&progress) {
        Ok(text) => Some(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };

    // What was written after the checkpoint is written again.
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).await?;
    let done = checkpoint.as_ref().map_or(0, ExportCheckpoint::bytes);
    if file.metadata().await?.len() < done {
        return Err(format!("{path} is shorter than {progress} says; remove both to begin anew").into());
    }
    file.set_len(done).await?;
    file.seek(SeekFrom::Start(done)).await?;

    let mut export = client.data_stores().store(universe, name).export();
    if let Some(checkpoint) = checkpoint {
        export = export.resume(checkpoint);
    }
    // On the disk before the checkpoint says so, or a crash of the machine could leave it saying too much.
    let written = file.try_clone().await?.into_std().await;
    let end = export.write_to(BufWriter::new(file), |checkpoint| {
        written.sync_data()?;
        save(&progress, checkpoint)
    });
    let end = end.await?;
    println!("{} entries, {} bytes", end.entries(), end.bytes());
    Ok(())
}

/// Roblox, by the key of `ROBLOX_API_KEY`; with `--local` a throw-away emulator, which runs while it is kept.
async fn connect(local: bool) -> Result<(Client, Option<Emulator>), Box<dyn Error>> {
    if !local {
        let client = Client::from_env();
        return Ok((client.map_err(|error| format!("{error}\n(--local tries it at an emulator)"))?, None));
    }
    let emulator = Emulator::start().await?;
    eprintln!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    Ok((client, Some(emulator)))
}

/// Replaces the checkpoint as a whole, so that it is never half written.
fn save(progress: &str, checkpoint: &ExportCheckpoint) -> io::Result<()> {
    let new = format!("{progress}.new");
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(checkpoint)?)?;
    file.sync_all()?;
    fs::rename(new, progress)
}
