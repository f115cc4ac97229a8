use super::{Acting, Failure, Intent, Kind, Verifying, World};
use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint};
use serde_json::json;
use std::collections::BTreeMap;

/// Fills the intent's own scope, and takes its entries through a function that is not the same if it is applied twice; goes
/// on at the last checkpoint after an error.
pub(super) struct Migrate;

const STORE: &str = "migrated";
const ENTRIES: u64 = 6;
/// How often it goes on before the error is the caller's.
const RESUMES: u32 = 5;

fn scope(id: u64) -> String {
    format!("intent-{id}")
}

impl Kind for Migrate {
    fn name(&self) -> &'static str {
        "migrate"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["data_stores.update_scoped_entry"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let line =
                |number| json!({ "scope": scope(intent.id), "key": format!("key-{number}"), "value": 0 });
            let lines: String = (0..ENTRIES).map(|number| format!("{}\n", line(number))).collect();
            world.store(STORE).import().read_from(lines.as_bytes(), |_| Ok(())).await?;
            // As on a disk: the checkpoint is kept as text.
            let (mut saved, mut resumes) = (None, 0);
            loop {
                let mut migration =
                    world.store(STORE).scope(scope(intent.id)).migrate(|entry: &mut Entry<u64>| {
                        entry.value += 1;
                        Migrated::Changed
                    });
                if let Some(text) = saved.as_deref() {
                    let checkpoint =
                        serde_json::from_str(text).map_err(|error| Failure::Run(error.to_string()))?;
                    migration = migration.resume(checkpoint);
                }
                let save = |checkpoint: &MigrationCheckpoint| {
                    saved = Some(serde_json::to_string(checkpoint)?);
                    Ok(())
                };
                match migration.run(save).await {
                    Ok(report) if report.is_complete() && report.changed == ENTRIES => return Ok(()),
                    Ok(report) => return Err(Failure::Gap(format!("the migration says: {report}"))),
                    Err(error) if resumes == RESUMES => return Err(error.into()),
                    Err(_) => resumes += 1,
                }
            }
        })
    }

    /// Nobody else writes these entries: each was changed once, or not yet.
    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let mut changes: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for ((scope, _), value) in world.entries(STORE).await? {
                changes.entry(scope).or_default().push(value.as_u64().ok_or("a value is no number")?);
            }
            let count = |intent: &Intent| match changes.get(&scope(intent.id)) {
                Some(of_each) if of_each.iter().any(|times| *times > 1) => 2,
                Some(of_each) => u64::from(of_each.len() as u64 == ENTRIES && !of_each.contains(&0)),
                None => 0,
            };
            Ok(Some(intents.iter().map(|intent| (intent.id, count(intent))).collect()))
        })
    }
}
