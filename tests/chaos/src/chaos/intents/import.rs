use super::{Acting, Failure, Intent, Kind, Verifying, World};
use opencloud::data_stores::ImportCheckpoint;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Imports a file into the intent's own scope, and goes on at the last checkpoint after an error.
pub(super) struct Import;

const STORE: &str = "imported";
const LINES: u64 = 12;
/// How often it goes on before the error is the caller's.
const RESUMES: u32 = 5;

fn scope(id: u64) -> String {
    format!("intent-{id}")
}

fn value(id: u64, line: u64) -> Value {
    json!({ "intent": id, "line": line })
}

impl Kind for Import {
    fn name(&self) -> &'static str {
        "import"
    }

    fn guarded(&self) -> &'static [&'static str] {
        &["data_stores.update_scoped_entry"]
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let line = |line: u64| json!({ "scope": scope(intent.id), "key": format!("line-{line}"), "value": value(intent.id, line) });
            let file: String = (0..LINES).map(|number| format!("{}\n", line(number))).collect();
            let mut saved: Option<ImportCheckpoint> = None;
            let (mut error, mut resumes) = (None, 0);
            loop {
                let mut import = world.store(STORE).import();
                if let Some(checkpoint) = saved.clone() {
                    import = import.resume(checkpoint);
                }
                let save = |checkpoint: &ImportCheckpoint| {
                    saved = Some(checkpoint.clone());
                    Ok(())
                };
                match import.read_from(file.as_bytes(), save).await {
                    Ok(report) if report.checkpoint.lines() == LINES => return Ok(()),
                    Ok(report) => {
                        return Err(Failure::Gap(format!(
                            "it ended after {} lines",
                            report.checkpoint.lines()
                        )));
                    }
                    Err(failed) if resumes == RESUMES => return Err(first(error, failed).into()),
                    Err(failed) => error = Some(first(error, failed)),
                }
                resumes += 1;
            }
        })
    }

    /// An import that is there in part was made once as far as it came, and one that says that it is done is whole.
    /// An entry with another value was written by nobody.
    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a> {
        Box::pin(async move {
            let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for ((scope, _), value) in world.entries(STORE).await? {
                lines.entry(scope).or_default().push(value);
            }
            let count = |intent: &Intent| {
                let found = lines.get(&scope(intent.id)).map_or(&[][..], Vec::as_slice);
                let is_own = |line: u64| found.contains(&value(intent.id, line));
                match (0..LINES).filter(|line| is_own(*line)).count() {
                    own if own != found.len() => 2,
                    own => u64::from(own as u64 == LINES),
                }
            };
            Ok(Some(intents.iter().map(|intent| (intent.id, count(intent))).collect()))
        })
    }
}

/// The error that says most: that something may have been written.
fn first(earlier: Option<opencloud::Error>, later: opencloud::Error) -> opencloud::Error {
    earlier.filter(opencloud::Error::may_have_been_applied).unwrap_or(later)
}
