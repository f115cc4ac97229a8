//! Changes every entry of a data store, in place or into another store, and goes on where it was stopped.
//!
//! ```text
//! cargo run --example migrate_data_store -- --dry-run 42 Players version=2 -legacyCoins
//! cargo run --example migrate_data_store -- 42 Players version=2 -legacyCoins
//! cargo run --example migrate_data_store -- --into 43 Players 42 Players
//! ```
//!
//! The changes are what `apply` makes of an entry: write your own there.

mod support;

use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;
use support::{Arguments, Problem, Wrong};

const USAGE: &str = "\
usage: migrate_data_store [OPTION]... UNIVERSE STORE [NAME=JSON | -NAME]...

Sets (NAME=JSON) or removes (-NAME) properties of every entry whose value is an object. Others stay as they are.
  --into UNIVERSE STORE   writes into this data store, and leaves the source as it is
  --scope SCOPE           one scope instead of all
  --prefix TEXT           keys that begin so
  --checkpoint FILE       where the checkpoint is kept; migration-UNIVERSE-STORE.checkpoint unless named
  --skip-unreadable       goes on past entries that cannot be read, and names them
  --dry-run               writes nothing, and shows the first ten differences
  --json                  prints the report as JSON
  --local                 at a throw-away emulator, which has 2001 sample-store
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if every entry is done, 1 if not (run it again), 2 if it was called in a wrong way.";

const OPTIONS: &[(&str, usize)] = &[
    ("--into", 2),
    ("--scope", 1),
    ("--prefix", 1),
    ("--checkpoint", 1),
    ("--skip-unreadable", 0),
    ("--dry-run", 0),
];

/// What is done with a property.
#[derive(Clone)]
enum Change {
    Set(String, Value),
    Remove(String),
}

#[tokio::main]
async fn main() -> ExitCode {
    support::run(USAGE, OPTIONS, 2..=102, migrate).await
}

/// What becomes of an entry. It may run twice over the same entry without harm.
fn apply(changes: &[Change], entry: &mut Entry<Value>) -> Migrated {
    let Some(properties) = entry.value.as_object_mut() else { return Migrated::Unchanged };
    for change in changes {
        match change {
            Change::Set(name, value) => drop(properties.insert(name.clone(), value.clone())),
            Change::Remove(name) => drop(properties.remove(name)),
        }
    }
    if changes.is_empty() { Migrated::Unchanged } else { Migrated::Changed }
}

async fn migrate(arguments: Arguments) -> Result<(), Problem> {
    let (universe, name) = (&arguments.names[0], &arguments.names[1]);
    let changes: Vec<Change> =
        arguments.names[2..].iter().map(|text| change(text)).collect::<Result<_, _>>()?;
    let (client, _emulator) = support::connect(arguments.local).await?;
    let mut store = client.data_stores().store(universe, name);
    if let Some(scope) = arguments.value("--scope") {
        store = store.scope(scope);
    }
    let mut migration = store
        .migrate(move |entry: &mut Entry<Value>| apply(&changes, entry))
        .name(arguments.names[2..].join(" "))
        .prefix(arguments.value("--prefix").unwrap_or_default())
        .on_progress(support::Bar::of("entries"));
    if let Some([universe, name]) = arguments.options.get("--into").map(Vec::as_slice) {
        migration = migration.into_store(client.data_stores().store(universe, name));
    }
    if arguments.has("--skip-unreadable") {
        migration = migration.skip_unreadable(|entry, error| {
            eprintln!("\n{}/{} is left out: {error}", entry.scope, entry.key);
            true
        });
    }
    let file = format!("migration-{universe}-{name}.checkpoint");
    let file = Path::new(arguments.value("--checkpoint").unwrap_or(&file));
    let report = match arguments.has("--dry-run") {
        true => migration.dry_run(10).await?,
        false => {
            if let Some(checkpoint) = support::load::<MigrationCheckpoint>(file)? {
                migration = migration.resume(checkpoint);
            }
            let report = migration.run(|checkpoint| support::save(file, checkpoint)).await?;
            // The next run begins anew.
            std::fs::remove_file(file)?;
            report
        }
    };
    match arguments.json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => {
            println!("{report}");
            report.sample.iter().for_each(|difference| println!("{difference}"));
        }
    }
    if report.is_complete() {
        return Ok(());
    }
    for (entries, what) in
        [(&report.contended, "contended"), (&report.in_doubt, "in doubt"), (&report.unreadable, "unreadable")]
    {
        entries.first.iter().for_each(|entry| eprintln!("{what}: {}/{}", entry.scope, entry.key));
    }
    Err("not every entry is done: look at these, and run it again".into())
}

fn change(text: &str) -> Result<Change, Wrong> {
    match (text.strip_prefix('-'), text.split_once('=')) {
        (Some(name), _) => Ok(Change::Remove(name.to_owned())),
        (None, Some((name, json))) => {
            let value = serde_json::from_str(json).map_err(|error| Wrong(format!("`{text}`: {error}")))?;
            Ok(Change::Set(name.to_owned(), value))
        }
        (None, None) => Err(Wrong(format!("`{text}` is neither NAME=JSON nor -NAME"))),
    }
}
