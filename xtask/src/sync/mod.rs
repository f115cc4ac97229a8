//! `cargo xtask sync`: Roblox's document and our overlay to `spec/open-cloud.json`.
//!
//! A pipeline of small passes over a JSON value: [`load`], [`select`], [`strip`], [`overlay`],
//! [`names`], [`check`], [`diff`], [`mod@write`]. Nothing is written unless all of them succeed.

pub mod check;
pub mod derive;
pub mod diff;
pub mod error;
mod helpers;
pub mod load;
pub mod names;
pub mod overlay;
pub mod pin;
pub mod refs;
pub mod report;
pub mod sanitize;
pub mod select;
pub mod strip;
pub mod tree;
pub mod write;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use error::{Error, Result};
use pin::{Pin, Stated};
use report::Report;
use select::Counts;
use strip::Keep;

/// Options of `cargo xtask sync`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Roblox's OpenAPI document: a file or a URL.
    #[arg(long, value_name = "PATH|URL", default_value = pin::PUBLIC_URL)]
    pub upstream: String,
    /// Write nothing; exit with 1 if a file would change.
    #[arg(long)]
    pub check: bool,
    /// Take stale overlay actions and diverged types as an error.
    #[arg(long)]
    pub strict: bool,
    /// Show details of changed limits and scopes.
    #[arg(long)]
    pub verbose: bool,
    /// The commit of the upstream document, for UPSTREAM.toml.
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// The date of the upstream document, for UPSTREAM.toml.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// The repository, for tests.
    #[arg(long, hide = true, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    pub root: PathBuf,
}

/// The document that an upstream document and an overlay result in.
#[derive(Debug)]
pub struct Built {
    pub document: Value,
    pub report: Report,
    pub counts: Counts,
}

/// Runs the command: 1 for a difference or a strict failure; an error is bad input.
pub fn run(args: &Args) -> Result<ExitCode> {
    let bytes = load::read(&args.upstream)?;
    let upstream = load::parse(&args.upstream, &bytes)?;
    let actions = overlay::load(&args.root.join("spec/overlay"), "spec/overlay")?;
    let mut built = build(&args.upstream, &upstream, &actions)?;
    let files = Files::new(args, &built, &bytes)?;
    if let Some(before) = &files.document_before {
        built.report.helpers = helpers::touched(&args.root, before, &files.document)?;
    }
    let text = format!("{}{}", files.difference(&built.document, args.verbose), built.report);
    // A closed pipe (`| head`) does not stop the sync.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if args.strict && built.report.is_strict_failure() {
        let report = &built.report;
        let (stale, diverged) = (report.stale.len(), report.diverged.len());
        eprintln!("--strict: {stale} stale actions, {diverged} diverged types; nothing written");
        return Ok(ExitCode::from(1));
    }
    if args.check {
        return Ok(ExitCode::from(u8::from(!files.are_current())));
    }
    files.write()?;
    Ok(ExitCode::SUCCESS)
}

/// The two files that a sync writes, as they are and as they are to be.
struct Files {
    document_path: PathBuf,
    document_before: Option<String>,
    document: String,
    pin_path: PathBuf,
    pin_before: Option<String>,
    pin: String,
}

impl Files {
    fn new(args: &Args, built: &Built, bytes: &[u8]) -> Result<Self> {
        let document_path = args.root.join("spec/open-cloud.json");
        let pin_path = args.root.join("spec/UPSTREAM.toml");
        let pin_before = std::fs::read_to_string(&pin_path).ok();
        let recorded = pin_before.as_deref().and_then(Pin::parse);
        let stated =
            Stated { source: &args.upstream, commit: args.commit.as_deref(), date: args.date.as_deref() };
        let pin = Pin::new(&stated, load::sha256(bytes), built.counts, recorded.as_ref());
        Ok(Self {
            document_before: std::fs::read_to_string(&document_path).ok(),
            document: write::json_text(&built.document)?,
            document_path,
            pin_before,
            pin: pin.to_text()?,
            pin_path,
        })
    }

    fn are_current(&self) -> bool {
        self.document_before.as_ref() == Some(&self.document) && self.pin_before.as_ref() == Some(&self.pin)
    }

    /// What writing changes, in words.
    fn difference(&self, document: &Value, is_verbose: bool) -> String {
        let before = self.document_before.as_ref();
        let old = before.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let diff = old.map(|old| diff::diff(&old, document));
        let mut text = match diff {
            Some(diff) if diff.is_empty() && before != Some(&self.document) => {
                "open-cloud.json: the same, but formatted differently\n".to_owned()
            }
            Some(diff) => format!("open-cloud.json: {}", diff.show(is_verbose)),
            None => {
                let operations = tree::operations(document).len();
                let types = tree::components(document).len();
                format!("open-cloud.json: new, {operations} operations and {types} types\n")
            }
        };
        if self.pin_before.as_ref() != Some(&self.pin) {
            let before: Vec<&str> = self.pin_before.as_deref().unwrap_or_default().lines().collect();
            text.push_str("UPSTREAM.toml:\n");
            let lines = self.pin.lines().filter(|line| line.contains(" = ") && !before.contains(line));
            text.extend(lines.map(|line| format!("  {line}\n")));
        }
        text
    }

    fn write(&self) -> Result<()> {
        write::write_all(&[(&self.document_path, &self.document), (&self.pin_path, &self.pin)])
    }
}

/// The whole pipeline, without reading or writing a file.
pub fn build(source: &str, upstream: &Value, actions: &[overlay::Action]) -> Result<Built> {
    let mut report = Report::default();
    let (selected, counts) = select::select(upstream, actions, &mut report);
    if counts.open_cloud == 0 {
        let what = "no operation takes an API key or OAuth 2.0, so this is not an Open Cloud document";
        return Err(Error::new(format!("{source}: paths"), what));
    }
    let mut document = strip::strip(&selected, Keep::Facts, &mut report);
    // What only a correction refers to has to be there when corrections and names are applied.
    refs::keep_reachable(&mut document, overlay_roots(actions));
    let origins = overlay::apply(&mut document, actions, &mut report);
    document = strip::strip(&document, Keep::Ours, &mut report);
    sanitize::sanitize(&mut document, &mut report);
    derive::derive(&mut document, &origins, &mut report);
    names::name_operations(&mut document, &origins, &mut report)?;
    // A type that the corrections made unreachable has no name.
    refs::keep_reachable(&mut document, BTreeSet::new());
    names::name_types(&mut document, &origins, &mut report);
    refs::keep_reachable(&mut document, BTreeSet::new());
    check::check(&document)?;
    check::check_code(&document)?;
    report.sort();
    Ok(Built { document, report, counts })
}

/// Components that the overlay itself refers to.
fn overlay_roots(actions: &[overlay::Action]) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for update in actions.iter().filter_map(overlay::Action::update) {
        collect_roots(update, &mut roots);
    }
    roots
}

fn collect_roots(value: &Value, roots: &mut BTreeSet<String>) {
    if let Value::Array(items) = value {
        items.iter().for_each(|item| collect_roots(item, roots));
    }
    for (key, member) in tree::sorted_entries(value) {
        match (key.as_str(), member.as_str()) {
            ("$ref", Some(reference)) => roots.extend(refs::component_of(reference)),
            ("response" | "metadata", Some(name)) => {
                roots.insert(name.to_owned());
            }
            _ => collect_roots(member, roots),
        }
    }
}
