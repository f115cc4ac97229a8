//! `cargo xtask facts`: checks `spec/live`, what the live service was seen to do, and writes
//! `docs/live-service.md`, what a user should know of it.

mod bodies;
mod check;
mod guide;
mod ledger;
mod references;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use crate::sync::error::Error;
use crate::sync::tree::{self, OperationKey};
use check::Vocabulary;
use ledger::Ledger;

const FACTS: &str = "spec/live/facts.yaml";
const DOCUMENT: &str = "spec/open-cloud.json";
const GUIDE: &str = "docs/live-service.md";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write nothing; exit 1 if docs/live-service.md is out of date.
    #[arg(long)]
    check: bool,
    /// The repository's root.
    #[arg(long, hide = true)]
    root: Option<PathBuf>,
}

/// Exits with 2 and a line for each problem of the facts or of what refers to them.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let examined = examine(&args.root.clone().unwrap_or_else(crate::root), args.check)?;
    println!("{}", examined.lines.join("\n"));
    Ok(ExitCode::from(u8::from(!examined.is_current)))
}

/// What there is to say of facts without a problem.
#[derive(Debug)]
pub struct Examined {
    lines: Vec<String>,
    is_current: bool,
}

/// Checks the facts of a repository, and writes the guide unless it is only to be checked.
///
/// # Errors
///
/// A line for each problem of the facts or of what refers to them.
pub fn examine(root: &Path, is_check: bool) -> Result<Examined, String> {
    let text = read(root, FACTS)?;
    let vocabulary = vocabulary(root)?;
    let (ledger, mut problems) = Ledger::parse(FACTS, &text).map_err(|error| error.to_string())?;
    problems.extend(check::check(&ledger, &vocabulary));
    problems.extend(bodies::check(root, &vocabulary)?);
    if !problems.is_empty() {
        return Err(listing(&problems));
    }
    let (is_current, line) = guide(root, &ledger, is_check)?;
    let references = references::find(root)?;
    let problems = references::check(&ledger, &references);
    if !problems.is_empty() {
        return Err(listing(&problems));
    }
    let (facts, unknown) = (ledger.facts.len(), ledger.unknown.len());
    let counts = format!("{facts} facts, {unknown} open questions, {} references", references.len());
    Ok(Examined { lines: line.into_iter().chain([counts]).collect(), is_current })
}

/// Writes the guide, or says whether it is current; and what there is to say of it.
fn guide(root: &Path, ledger: &Ledger, is_check: bool) -> Result<(bool, Option<String>), String> {
    let text = guide::render(ledger);
    let path = root.join(GUIDE);
    if fs::read_to_string(&path).ok().as_ref() == Some(&text) {
        return Ok((true, None));
    }
    if is_check {
        let line = format!("{GUIDE} has changed; write it with `cargo xtask facts`");
        return Ok((false, Some(line)));
    }
    crate::sync::write::write_all(&[(&path, &text)]).map_err(|error| error.to_string())?;
    Ok((true, Some(format!("wrote {GUIDE}"))))
}

/// What a fact can be about: the operations and areas of the document.
fn vocabulary(root: &Path) -> Result<Vocabulary, String> {
    let document: Value =
        serde_json::from_str(&read(root, DOCUMENT)?).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let id = |key: &OperationKey| Some(key.get(&document)["operationId"].as_str()?.to_owned());
    let operations = tree::operations(&document).into_iter();
    let operations: BTreeMap<_, _> = operations.filter_map(|key| Some((id(&key)?, key.path))).collect();
    let areas = operations.keys().filter_map(|id| Some(id.split_once('.')?.0.to_owned())).collect();
    Ok(Vocabulary { operations, areas })
}

fn read(root: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
}

fn listing(problems: &[Error]) -> String {
    let lines: Vec<String> = problems.iter().map(Error::to_string).collect();
    format!("{}\n{} problems", lines.join("\n"), lines.len())
}
