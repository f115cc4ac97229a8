//! Imports a folder that `export_data_store` has written into a data store. A run that was stopped, in whatever way,
//! goes on where it was.
//!
//! ```text
//! cargo run --example import_data_store -- 43 Players backup
//! ```

mod support;

use opencloud::data_stores::ImportCheckpoint;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};
use support::{Arguments, Problem};
use tokio::io::{AsyncRead, BufReader, ReadBuf};

const USAGE: &str = "\
usage: import_data_store [--local] [--json] [--skip-existing] [--skip-buffers] UNIVERSE STORE FOLDER

Writes the entries of the files FOLDER/*.jsonl, each into its own scope, and keeps FOLDER/checkpoint.import.
--skip-existing leaves entries alone that are there; --skip-buffers leaves out those with Luau buffers, which otherwise
end it. --local imports into a throw-away emulator; --json prints the result as JSON.
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if everything is imported, 1 if not (run it again), 2 if it was called in a wrong way.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    support::run(USAGE, &[("--skip-existing", 0), ("--skip-buffers", 0)], 3..=3, import).await
}

async fn import(arguments: Arguments) -> Result<(), Problem> {
    let (universe, store, folder) =
        (&arguments.names[0], &arguments.names[1], Path::new(&arguments.names[2]));
    let parts = Parts::of(folder)?;
    let (client, _emulator) = support::connect(arguments.local).await?;
    let saved = folder.join("checkpoint.import");
    let checkpoint: Option<ImportCheckpoint> = support::load(&saved)?;

    let mut import = client.data_stores().store(universe, store).import();
    if arguments.has("--skip-existing") {
        import = import.skip_existing();
    }
    if arguments.has("--skip-buffers") {
        import = import.skip_buffers();
    }
    if let Some(checkpoint) = checkpoint {
        import = import.resume(checkpoint);
    }
    let import = import.on_progress(support::Bar::of("lines"));
    let report =
        import.read_from(BufReader::new(parts), |checkpoint| support::save(&saved, checkpoint)).await?;
    let (lines, written, skipped) = (report.checkpoint.lines(), report.written, report.skipped);
    match arguments.json {
        true => println!(
            "{{\"lines\":{lines},\"written\":{written},\"skipped\":{skipped},\"withBuffers\":{}}}",
            report.with_buffers
        ),
        false => println!(
            "{lines} lines are done; in this run {written} entries were written, {skipped} were there, {} have buffers",
            report.with_buffers
        ),
    }
    Ok(())
}

/// The files of a folder, read as one.
struct Parts {
    rest: VecDeque<PathBuf>,
    file: Option<File>,
}

impl Parts {
    /// In the order of their names.
    fn of(folder: &Path) -> Result<Self, Problem> {
        let named = |error| format!("{}: {error}", folder.display());
        let files = fs::read_dir(folder).map_err(named)?.map(|file| file.map(|file| file.path()));
        let mut files: Vec<PathBuf> = files.collect::<Result<_, _>>().map_err(named)?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        match files.is_empty() {
            true => Err(format!("{} has no files *.jsonl", folder.display()).into()),
            false => Ok(Self { rest: files.into(), file: None }),
        }
    }
}

impl AsyncRead for Parts {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(file) = &mut self.file {
                let count = file.read(buffer.initialize_unfilled())?;
                if count > 0 {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
            match self.rest.pop_front() {
                None => return Poll::Ready(Ok(())),
                Some(path) => self.file = Some(File::open(path)?),
            }
        }
    }
}
