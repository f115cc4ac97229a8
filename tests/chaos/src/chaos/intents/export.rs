use super::super::fixture::{NAME, PAGE};
use super::{Acting, Failure, Intent, Kind, Verifying, World, compared, only_reads};
use crate::lines::entries_of;
use opencloud::data_stores::ExportCheckpoint;

/// Exports a data store that does not change, and goes on at the last checkpoint after an error.
pub(super) struct Export;

/// How often it goes on before the error is the caller's.
const RESUMES: u32 = 10;

impl Kind for Export {
    fn name(&self) -> &'static str {
        "export"
    }

    fn act<'a>(&'a self, world: &'a World, _: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            // As on a disk: the checkpoint is kept as text.
            let (mut file, mut saved): (Vec<u8>, Option<String>) = (Vec::new(), None);
            let mut resumes = 0;
            loop {
                let checkpoint = saved.as_deref().map(read).transpose()?;
                let written = checkpoint.as_ref().map_or(0, ExportCheckpoint::bytes);
                file.truncate(usize::try_from(written).map_err(run)?);
                let mut export = world.store(NAME).export().checkpoint_every(PAGE);
                if let Some(checkpoint) = checkpoint {
                    export = export.resume(checkpoint);
                }
                let save = |checkpoint: &ExportCheckpoint| {
                    saved = Some(serde_json::to_string(checkpoint)?);
                    Ok(())
                };
                match export.write_to(&mut file, save).await {
                    Ok(_) => break,
                    Err(error) if resumes == RESUMES => return Err(error.into()),
                    Err(_) => resumes += 1,
                }
            }
            let entries = entries_of(&file).map_err(Failure::Surplus)?;
            compared(entries.into_iter().map(|((_, key), value)| (key, value.as_u64().unwrap_or(u64::MAX))))
        })
    }

    fn verify<'a>(&'a self, _: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        only_reads()
    }
}

fn read(checkpoint: &str) -> Result<ExportCheckpoint, Failure> {
    serde_json::from_str(checkpoint).map_err(run)
}

fn run(error: impl std::fmt::Display) -> Failure {
    Failure::Run(error.to_string())
}
