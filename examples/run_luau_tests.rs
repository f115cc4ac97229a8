//! Runs Luau test files at a place, as many at a time as it takes, for CI. A test fails by an error.
//!
//! ```text
//! cargo run --example run_luau_tests -- 42 1818@7 tests --pattern='*.spec.luau' --junit=report.xml
//! ```

mod support;
#[path = "run_luau_tests/tests.rs"]
mod tests;

use opencloud::serde_json::{self, Value, json};
use opencloud_emulator::Emulator;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::{env, fs};
use support::Problem;

const USAGE: &str = "\
usage: run_luau_tests UNIVERSE PLACE[@VERSION] PATH... [OPTION...]
       run_luau_tests --local [UNIVERSE PLACE[@VERSION] PATH...] [OPTION...]
           at a throw-away emulator, which executes nothing: it reads print, error and return from the text

PATH is a file, or a folder that is searched.
  --pattern=GLOB     which files of a folder are tests, with one *; *.luau by default
  --batch=N          runs N files in one task; 1 by default
  --junit=FILE       writes a JUnit report
  --json             writes the results as JSON
  --checkpoint=FILE  goes on with a run that was stopped; the file is removed when all tests have ended
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if all tests pass, 1 if one fails or is not run or something is refused, 2 if the command line is wrong.";
const KNOWN: [&str; 7] = ["--help", "--local", "--pattern", "--batch", "--junit", "--json", "--checkpoint"];

type Flags<'a> = BTreeMap<&'a str, &'a str>;

#[tokio::main]
async fn main() -> ExitCode {
    let (flags, words): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|word| word.starts_with("--"));
    let flags: Flags<'_> = flags.iter().map(|flag| flag.split_once('=').unwrap_or((flag, ""))).collect();
    if flags.contains_key("--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let is_sample = flags.contains_key("--local") && words.is_empty();
    let version = words.get(1).and_then(|place| Some(place.split_once('@')?.1));
    let mut numbers = flags.get("--batch").copied().into_iter().chain(version);
    let is_right = numbers.all(|text| text.parse::<u32>().is_ok()) && (words.len() > 2 || is_sample);
    if !is_right || flags.keys().any(|flag| !KNOWN.contains(flag)) {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let has_passed = run(&flags, &words).await.unwrap_or_else(|problem| {
        eprintln!("{problem}");
        false
    });
    if has_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether all tests pass.
async fn run(flags: &Flags<'_>, words: &[String]) -> Result<bool, Problem> {
    let emulator = Emulator::builder().luau(tests::imitate);
    let (client, _emulator) = support::connect_or(flags.contains_key("--local"), emulator).await?;
    let (mut found, word) = (Vec::new(), |at, sample| words.get(at).map_or(sample, String::as_str));
    for path in words.iter().skip(2) {
        tests::find(path, flags.get("--pattern").unwrap_or(&"*.luau"), &mut found)?;
    }
    if words.is_empty() {
        found =
            vec![("sum".into(), "print('summing') return 1 + 1".into()), ("yes".into(), "return 1".into())];
    }
    if found.is_empty() {
        return Err("no file matches the pattern; nothing is run".into());
    }
    let batch = flags.get("--batch").map_or(Ok(1), |count| count.parse::<usize>())?.max(1);
    let place = word(1, "3001");
    let (place, version) = place.split_once('@').unwrap_or((place, ""));
    let mut pool = client.luau().pool(word(0, "2001"), place).read_logs(2);
    if !version.is_empty() {
        pool = pool.at_version(version.parse()?);
    }
    if let Some(path) = flags.get("--checkpoint").map(|path| (*path).to_owned()) {
        if let Ok(text) = fs::read(&path) {
            pool = pool.resume(serde_json::from_slice(&text)?);
        }
        pool = pool.on_checkpoint(move |checkpoint| {
            fs::write(format!("{path}.new"), serde_json::to_vec(checkpoint)?)?;
            fs::rename(format!("{path}.new"), &path)
        });
    }
    let bar = support::Bar::of("tasks");
    // A test may run twice.
    let pool = pool.with_idempotent(true).on_progress(bar);
    let mut run = pool.stop_when(tokio::signal::ctrl_c()).run(found.chunks(batch).map(tests::script))?;
    let mut cases: Vec<Value> = Vec::new();
    while let Some(outcome) = run.next().await {
        cases.extend(tests::results(&outcome));
    }
    let failed = cases.iter().filter(|case| !case["problem"].is_null()).count();
    let is_whole = cases.len() == found.len();
    match flags.get("--checkpoint") {
        Some(path) if is_whole && fs::exists(path)? => fs::remove_file(path)?,
        _ if is_whole => {}
        _ => eprintln!("stopped: {} of {} tests have ended", cases.len(), found.len()),
    }
    if let Some(path) = flags.get("--junit") {
        fs::write(path, junit(&cases, failed))?;
    }
    if flags.contains_key("--json") {
        println!("{:#}", json!({ "tests": cases.len(), "failed": failed, "cases": cases }));
    } else {
        for case in &cases {
            let text = |name: &str| case[name].as_str();
            println!("{}: {}", text("name").unwrap_or_default(), text("problem").unwrap_or("passed"));
            eprintln!("{}", text("log").unwrap_or_default());
        }
    }
    Ok(is_whole && failed == 0)
}

fn junit(cases: &[Value], failed: usize) -> String {
    let plain = |text: &Value| {
        let text = text.as_str().unwrap_or_default().replace(|ch: char| ch.is_control() && ch != '\n', " ");
        text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
    };
    let case = |case: &Value| {
        let failure = match &case["problem"] {
            Value::Null => String::new(),
            problem => format!("<failure message=\"{}\"/>", plain(problem)),
        };
        let (name, seconds, log) = (plain(&case["name"]), &case["seconds"], plain(&case["log"]));
        format!(
            "<testcase name=\"{name}\" time=\"{seconds}\">{failure}<system-out>{log}</system-out></testcase>\n"
        )
    };
    let all: String = cases.iter().map(case).collect();
    format!("<testsuite name=\"luau\" tests=\"{}\" failures=\"{failed}\">\n{all}</testsuite>\n", cases.len())
}
