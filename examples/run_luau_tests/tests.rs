//! The tests of `run_luau_tests`: where they are found, what is run, and what came of each.

use opencloud::luau::{PoolOutcome, PoolScript};
use opencloud::serde_json::{Value, json};
use opencloud_emulator::{LuauRun, LuauTask};
use std::fs;

/// Before the tests of a batch: each adds its result, true or a text.
const BATCH: &str = "local results = {}
local function test(name, run) local ok, problem = pcall(run) results[name] = ok or tostring(problem) end\n";

/// The names and texts of the tests below a path.
pub(crate) fn find(
    path: &str,
    pattern: &str,
    tests: &mut Vec<(String, String)>,
) -> Result<(), Box<dyn std::error::Error>> {
    if !fs::metadata(path).map_err(|error| format!("{path}: {error}"))?.is_dir() {
        tests.push((path.to_owned(), fs::read_to_string(path)?));
        return Ok(());
    }
    let (begin, end) = pattern.split_once('*').ok_or("a pattern has one *")?;
    let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_test = name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end);
        if is_test || entry.file_type()?.is_dir() {
            find(&format!("{path}/{name}"), pattern, tests)?;
        }
    }
    Ok(())
}

/// One task: a file as it is, or a batch of files, whose names are lines.
pub(crate) fn script(tests: &[(String, String)]) -> PoolScript {
    if let [(name, text)] = tests {
        return PoolScript::new(name, text);
    }
    let names: Vec<&str> = tests.iter().map(|(name, _)| name.as_str()).collect();
    let test = |(name, text): &(String, String)| format!("test({name:?}, function()\n{text}\nend)\n");
    PoolScript::new(
        names.join("\n"),
        BATCH.to_owned() + &tests.iter().map(test).collect::<String>() + "return results",
    )
}

/// What came of each file of a task.
pub(crate) fn results(outcome: &PoolOutcome) -> Vec<Value> {
    let log: Vec<&str> = outcome.logs.iter().filter_map(|line| line.message.as_deref()).collect();
    let is_batch = outcome.name.contains('\n');
    let case = |name| {
        let problem = match (&outcome.result, outcome.failure()) {
            (Err(_), Some(failure)) => Some(failure.to_string()),
            (Err(error), None) => Some(error.to_string()),
            (Ok(finished), _) if is_batch => {
                match &finished.results().first().unwrap_or(&Value::Null)[name] {
                    Value::Bool(true) => None,
                    problem => Some(problem.as_str().unwrap_or("the test was not run").to_owned()),
                }
            }
            (Ok(_), _) => None,
        };
        json!({ "name": name, "seconds": outcome.elapsed.as_secs_f64(), "log": log.join("\n"), "problem": problem })
    };
    outcome.name.split('\n').map(case).collect()
}

/// What the emulator says of a batch, none of which it executes: a test fails if it has an error in its text.
pub(crate) fn imitate(task: &LuauTask<'_>) -> Option<LuauRun> {
    let tests = task.script.strip_prefix(BATCH)?.split("test(\"").skip(1);
    let results = tests.filter_map(|test| test.split_once("\", function()"));
    let result = |(name, text): (&str, &str)| {
        (name.to_owned(), if text.contains("error(") { json!("it has an error") } else { json!(true) })
    };
    Some(LuauRun::returns([Value::Object(results.map(result).collect())]))
}
