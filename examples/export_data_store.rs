//! Exports a data store to a file of JSON lines. If it is stopped, the next run goes on where it was.
//!
//! `ROBLOX_API_KEY=.. cargo run --example export_data_store -- UNIVERSE STORE FILE`
//!
//! The file next to it, `FILE.checkpoint`, says how far it has come.

use opencloud::Client;
use opencloud::data_stores::ExportCheckpoint;
use std::error::Error;
use std::io::{self, ErrorKind, SeekFrom, Write};
use std::process::ExitCode;
use std::{env, fs};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncSeekExt, BufWriter};

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
    let [universe, name, path] = &arguments[..] else {
        return Err("give a universe, the name of a data store, and a file".into());
    };
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

    let client = Client::from_env()?;
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

/// Replaces the checkpoint as a whole, so that it is never half written.
fn save(progress: &str, checkpoint: &ExportCheckpoint) -> io::Result<()> {
    let new = format!("{progress}.new");
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(checkpoint)?)?;
    file.sync_all()?;
    fs::rename(new, progress)
}
