//! The recorded exchanges of `spec/live/bodies`: the SDK reads each body without losing a field, and the
//! emulator's response to the same request has the same shape.

mod body;
mod compare;
mod emulator;
mod http;
mod sdk;

use body::Recording;
use std::collections::BTreeMap;

/// Recordings that one side does not hold yet: `name: reason` per line. An entry that holds fails the
/// test, so that the lists can only shrink.
const NOT_READ: &str = include_str!("expected/sdk.txt");
const NOT_SENT: &str = include_str!("expected/emulator.txt");

#[tokio::test]
async fn the_sdk_reads_every_recorded_body_without_a_loss() {
    let mut problems = BTreeMap::new();
    for recording in Recording::all() {
        problems.insert(recording.name.clone(), sdk::problems(&recording).await);
    }
    settle(&problems, NOT_READ, "expected/sdk.txt");
}

#[tokio::test]
async fn the_emulator_responds_in_every_recorded_shape() {
    let mut problems = BTreeMap::new();
    for recording in Recording::all().into_iter().filter(|recording| recording.emulator.skip.is_none()) {
        problems.insert(recording.name.clone(), emulator::problems(&recording).await);
    }
    settle(&problems, NOT_SENT, "expected/emulator.txt");
}

/// What is wrong is expected, and nothing else is.
fn settle(problems: &BTreeMap<String, Vec<String>>, expected: &str, list: &str) {
    let expected: Vec<&str> = expected
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    let mut failures = Vec::new();
    for (name, problems) in problems {
        match (problems.is_empty(), expected.contains(&name.as_str())) {
            (false, false) => failures.push(format!("{name}:\n  {}", problems.join("\n  "))),
            // Shown with `--nocapture`, and when something else fails.
            (false, true) => println!("{name}, as expected:\n  {}", problems.join("\n  ")),
            (true, true) => failures.push(format!("{name}: it holds, remove it from {list}")),
            (true, false) => {}
        }
    }
    let gone = expected.iter().filter(|name| !problems.contains_key(**name));
    failures.extend(gone.map(|name| format!("{name}: {list} names it, and there is no such test")));
    assert!(failures.is_empty(), "{} recordings:\n{}", failures.len(), failures.join("\n"));
}
