//! What maintainers write and what Roblox publishes: overlay, facts, and the document.

use crate::make::{changed_bytes, changed_json, rendered, text};
use crate::support::{accepted, ensure, text as lossy};
use crate::{Check, MIB, Target};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::OnceLock;
use xtask::sync;

pub(super) const OVERLAY: Target =
    Target { name: "overlay", cases: 150, memory: 512 * MIB, inputs: overlays, check: check_overlay };

pub(super) const FACTS: Target =
    Target { name: "facts", cases: 250, memory: 256 * MIB, inputs: facts, check: check_facts };

pub(super) const DOCUMENT: Target =
    Target { name: "document", cases: 150, memory: 512 * MIB, inputs: documents, check: check_document };

pub(super) const CODE: Target =
    Target { name: "code", cases: 150, memory: 512 * MIB, inputs: written_documents, check: check_code };

const UPSTREAM: &str = include_str!("../../../../xtask/tests/fixtures/openapi.json");

/// The overlay of the small document, which sync's own tests have.
const OVERLAYS: [(&str, &str); 4] = [
    ("document.yaml", include_str!("../../../../xtask/tests/fixtures/overlay/document.yaml")),
    ("shared.yaml", include_str!("../../../../xtask/tests/fixtures/overlay/shared.yaml")),
    ("gadgets.yaml", include_str!("../../../../xtask/tests/fixtures/overlay/gadgets.yaml")),
    ("widgets.yaml", include_str!("../../../../xtask/tests/fixtures/overlay/widgets.yaml")),
];

fn upstream() -> Value {
    serde_json::from_str(UPSTREAM).expect("the fixture")
}

/// The actions of the small overlay, without one of its files.
fn actions(without: &str) -> Vec<sync::overlay::Action> {
    let files = OVERLAYS.iter().filter(|(name, _)| *name != without);
    files.flat_map(|(name, text)| sync::overlay::parse(name, text).expect("the fixture")).collect()
}

/// The document that sync writes of the small one.
fn written() -> &'static Value {
    static WRITTEN: OnceLock<Value> = OnceLock::new();
    WRITTEN
        .get_or_init(|| sync::build("openapi.json", &upstream(), &actions("")).expect("the fixture").document)
}

fn overlays() -> BoxedStrategy<Vec<u8>> {
    // JSON is YAML; and the files as they are, with changes in their text.
    let values = OVERLAYS.map(|(name, text)| xtask::yaml::read(name, text).expect("the fixture").value);
    let texts = OVERLAYS.map(|(_, text)| text.to_owned().into_bytes());
    let as_json = changed_json(values.to_vec()).prop_map(|overlay| rendered(&overlay).into_bytes());
    let as_text = (proptest::sample::select(texts.to_vec()), text(), any::<proptest::sample::Index>())
        .prop_map(|(mut bytes, text, at)| {
            let at = at.index(bytes.len());
            bytes.splice(at..at, text.bytes());
            bytes
        });
    changed_bytes(prop_oneof![3 => as_json, 1 => as_text])
}

/// An overlay is refused with its place, or what is made with it is Rust.
fn check_overlay(input: &[u8]) -> Check {
    let given = match sync::overlay::parse("fuzzed.yaml", &lossy(input)) {
        Ok(given) => given,
        Err(error) => return has_place(&error),
    };
    // In the place of the file that it is most like.
    let text = lossy(input);
    let without = if text.contains("Gadget") { "gadgets.yaml" } else { "widgets.yaml" };
    let without = if text.contains("areas") { "document.yaml" } else { without };
    let mut all = actions(without);
    all.extend(given);
    is_refused_or_rust(sync::build("openapi.json", &upstream(), &all))
}

fn has_place(error: &sync::error::Error) -> Check {
    let text = error.to_string();
    let is_one_line = text.lines().count() == 1 && text.contains(": ");
    ensure(is_one_line, "a refusal is one line with a place", || text.clone())?;
    ensure(!text.starts_with("internal error"), "a refusal is not an error of ours", || text.clone())
}

fn is_refused_or_rust(built: sync::error::Result<sync::Built>) -> Check {
    match built {
        Err(error) => has_place(&error),
        Ok(built) => {
            accepted();
            let text = sync::write::json_text(&built.document)
                .map_err(|error| format!("what is made is written: {error}"))?;
            // What differs can be told, whatever it is.
            let _ = sync::diff::diff(written(), &built.document).show(true);
            let _ = built.report.to_string();
            is_rust(&text)
        }
    }
}

/// What is generated of a document that sync has written is Rust.
fn is_rust(document: &str) -> Check {
    let generated = opencloud_codegen::generate(document, None)
        .map_err(|error| format!("what is written can be generated: {error}"))?;
    let opencloud_codegen::Generated { raw, api, ids, operations, scopes, .. } = generated;
    for code in [raw, api, ids, operations, scopes] {
        syn::parse_file(&code).map_err(|error| format!("what is generated is Rust: {error}"))?;
    }
    Ok(())
}

fn documents() -> BoxedStrategy<Vec<u8>> {
    changed_bytes(changed_json(vec![upstream()]).prop_map(|document| rendered(&document).into_bytes()))
}

/// A document is refused with its place, or what is made of it is Rust.
fn check_document(input: &[u8]) -> Check {
    match sync::load::parse("openapi.json", input) {
        Err(error) => has_place(&error),
        Ok(document) => is_refused_or_rust(sync::build("openapi.json", &document, &actions(""))),
    }
}

fn written_documents() -> BoxedStrategy<Vec<u8>> {
    changed_bytes(changed_json(vec![written().clone()]).prop_map(|document| rendered(&document).into_bytes()))
}

/// A document that was changed by hand is refused, or makes files; whether they are Rust, `check` says as sync does.
fn check_code(input: &[u8]) -> Check {
    let text = lossy(input);
    match opencloud_codegen::check(&text) {
        Err(error) => ensure(!error.to_string().is_empty(), "a refusal says something", String::new),
        Ok(()) => {
            accepted();
            is_rust(&text)
        }
    }
}

const LEDGER: &str = "\
sources:
  probe: { repository: a/b, read: \"2026-01-01\", what: recorded bodies }
areas:
  MS: Memory stores
facts:
  - id: MS-01
    operations: [widgets.list]
    document: d
    observed: o
    since: \"2026\"
    evidence: e
    confidence: A
    source: [probe]
    advice: Both names are read.
    no_change: It is a fixture.
  - id: MS-02
    area: [transport]
    document: d
    observed: o
    since: 2025-03-04
    evidence: e
    confidence: A*
    source: [probe]
    superseded_by: MS-01
    no_change: One report.
unknown:
  - { id: UK-01, area: [transport], question: q, meanwhile: m }
";

fn facts() -> BoxedStrategy<Vec<u8>> {
    let ledger = xtask::yaml::read("facts.yaml", LEDGER).expect("the ledger").value;
    let as_json = changed_json(vec![ledger]).prop_map(|ledger| rendered(&ledger).into_bytes());
    changed_bytes(prop_oneof![2 => as_json, 1 => Just(LEDGER.as_bytes().to_vec())])
}

/// A ledger is refused with the places of what is wrong, or the guide is written.
fn check_facts(input: &[u8]) -> Check {
    let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
    let root = folder.path();
    let write = |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes)).map_err(|error| format!("a file: {error}"))
    };
    write("spec/live/facts.yaml", input)?;
    write("spec/open-cloud.json", written().to_string().as_bytes())?;
    write("docs/README.md", b"")?;
    match xtask::facts::examine(root, false) {
        Ok(_) => {
            accepted();
            ensure(root.join("docs/live-service.md").is_file(), "the guide is written", String::new)
        }
        Err(problems) => {
            ensure(problems.contains("facts.yaml"), "a problem has its file", || problems.clone())
        }
    }
}
