//! Exports a data store into a folder: files of JSON lines, a new one whenever one is large enough. A run that was
//! stopped, in whatever way, goes on where it was.
//!
//! ```text
//! cargo run --example export_data_store -- 42 Players backup
//! ```

mod support;

use opencloud::data_stores::ExportCheckpoint;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};
use support::{Arguments, Problem, Wrong};
use tokio::io::AsyncWrite;

const USAGE: &str = "\
usage: export_data_store [--local] [--json] [--part-bytes N] UNIVERSE STORE FOLDER

Writes FOLDER/00001.jsonl and so on, of 64 MiB each or --part-bytes, and FOLDER/checkpoint. Every scope is exported.
--local exports from a throw-away emulator, which has 2001 sample-store; --json prints the result as JSON.
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if everything is exported, 1 if not (run it again), 2 if it was called in a wrong way.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    support::run(USAGE, &[("--part-bytes", 1)], 3..=3, export).await
}

async fn export(arguments: Arguments) -> Result<(), Problem> {
    let (universe, store, folder) =
        (&arguments.names[0], &arguments.names[1], Path::new(&arguments.names[2]));
    let limit = arguments.value("--part-bytes").map_or(Ok(64 * 1024 * 1024), str::parse);
    let limit = limit.map_err(|error| Wrong(format!("--part-bytes: {error}")))?;
    // Before anything is written.
    let (client, _emulator) = support::connect(arguments.local).await?;
    fs::create_dir_all(folder)?;
    let saved = folder.join("checkpoint");
    let checkpoint: Option<ExportCheckpoint> = support::load(&saved)?;
    let parts = Parts::cut(folder, checkpoint.as_ref().map_or(0, ExportCheckpoint::bytes), limit)?;

    let mut export = client.data_stores().store(universe, store).export();
    if let Some(checkpoint) = checkpoint {
        export = export.resume(checkpoint);
    }
    let export = export.on_progress(support::Bar::of("entries"));
    let end = export.write_to(parts, |checkpoint| support::save(&saved, checkpoint)).await?;
    let (entries, bytes, buffers) = (end.entries(), end.bytes(), end.with_buffers());
    match arguments.json {
        true => println!("{{\"entries\":{entries},\"bytes\":{bytes},\"withBuffers\":{buffers}}}"),
        false => println!("{entries} entries, {bytes} bytes; {buffers} of them hold Luau buffers"),
    }
    Ok(())
}

/// The files of a folder, one after another.
struct Parts {
    folder: PathBuf,
    /// From how many bytes on a file takes no more lines.
    limit: u64,
    number: u32,
    file: File,
    size: u64,
    at_line_end: bool,
}

impl Parts {
    /// Keeps the first `bytes` of all parts; what was written after the checkpoint is written again.
    fn cut(folder: &Path, mut bytes: u64, limit: u64) -> io::Result<Self> {
        let mut number = 1;
        loop {
            let file = OpenOptions::new().create(true).append(true).open(part(folder, number))?;
            let size = file.metadata()?.len();
            if bytes <= size {
                file.set_len(bytes)?;
                (number + 1..)
                    .map(|number| part(folder, number))
                    .take_while(|path| path.exists())
                    .try_for_each(fs::remove_file)?;
                return Ok(Self {
                    folder: folder.to_owned(),
                    limit,
                    number,
                    file,
                    size: bytes,
                    at_line_end: true,
                });
            }
            if size == 0 {
                return Err(io::Error::other(
                    "the parts are shorter than the checkpoint says: remove the folder",
                ));
            }
            (bytes, number) = (bytes - size, number + 1);
        }
    }
}

fn part(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:05}.jsonl"))
}

impl AsyncWrite for Parts {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.at_line_end && self.size >= self.limit {
            self.file.sync_data()?;
            self.number += 1;
            self.file =
                OpenOptions::new().create_new(true).append(true).open(part(&self.folder, self.number))?;
            self.size = 0;
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        self.at_line_end = bytes[..written].ends_with(b"\n");
        Poll::Ready(Ok(written))
    }

    /// On the disk before the checkpoint says so, or a crash of the machine could leave it saying too much.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.file.sync_data())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
