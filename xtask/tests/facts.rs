//! `cargo xtask facts` as a command: exit codes, messages, and what is and is not written.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const FACTS: &str = "\
sources:
  probe: { what: our own }
areas:
  MS: Memory stores
facts:
  - id: MS-01
    operations: [stores.get]
    document: d
    observed: o
    since: \"2026\"
    evidence: e
    confidence: A
    source: [probe]
    advice: Look twice.
  - id: MS-02
    operations: [stores.get]
    document: d
    observed: o
    since: \"2026\"
    evidence: e
    confidence: C
    source: [probe]
    no_change: One report.
unknown:
  - { id: UK-01, area: [transport], question: q, meanwhile: m }
";

const BODY: &str = r#"{
  "facts": ["MS-01"],
  "note": "all fields",
  "operation": "stores.get",
  "request": {},
  "status": 200,
  "body": {}
}"#;

/// A repository with two facts, one of which is referred to.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write("spec/live/facts.yaml", FACTS);
        repository
            .write("spec/open-cloud.json", r#"{"paths": {"/a": {"get": {"operationId": "stores.get"}}}}"#);
        repository.write("src/lib.rs", "// Nothing.\n// It is so (MS-01), see UK-01.\n");
        repository
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn guide(&self) -> Option<String> {
        fs::read_to_string(self.0.path().join("docs/live-service.md")).ok()
    }

    /// Exit code, standard output and standard error.
    fn facts(&self, options: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["facts", "--root"])
            .arg(self.0.path())
            .args(options)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn the_guide_is_written_once_and_checked() {
    let repository = Repository::new();
    let (code, out, _) = repository.facts(&["--check"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("docs/live-service.md has changed; write it with `cargo xtask facts`"), "{out}");
    assert_eq!(repository.guide(), None);

    let (code, out, _) = repository.facts(&[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "wrote docs/live-service.md\n2 facts, 1 open questions, 2 references\n")
    );
    assert!(repository.guide().unwrap().contains("* Look twice. *(MS-01, A, 2026, `stores.get`)*\n"));

    let (code, out, _) = repository.facts(&["--check"]);
    assert_eq!((code, out.as_str()), (0, "2 facts, 1 open questions, 2 references\n"));
}

#[test]
fn a_fact_that_nothing_refers_to_needs_a_reason() {
    let repository = Repository::new();
    repository.write("src/lib.rs", "");
    let (code, _, error) = repository.facts(&[]);
    assert_eq!(code, 2);
    assert_eq!(
        error,
        "spec/live/facts.yaml:6: nothing refers to MS-01, and it has no no_change\n1 problems\n"
    );
    // The guide does not depend on it.
    assert!(repository.guide().is_some());
}

#[test]
fn every_place_that_can_depend_on_a_fact_counts_and_no_other() {
    for (file, counts) in [
        ("spec/overlay/a.yaml", true),
        ("codegen/src/a.rs", true),
        ("emulator/tests/a.rs", true),
        ("tests/a.rs", true),
        ("examples/a.rs", true),
        ("xtask/src/live/a.rs", true),
        ("xtask/src/facts/check.rs", false),
        ("docs/a.md", false),
        ("src/target/a.rs", false),
    ] {
        let repository = Repository::new();
        repository.write("src/lib.rs", "");
        repository.write(file, "MS-01\n");
        assert_eq!(repository.facts(&[]).0 == 0, counts, "{file}");
    }
    let repository = Repository::new();
    repository.write("src/lib.rs", "");
    repository.write("spec/live/bodies/a.json", BODY);
    assert_eq!(repository.facts(&[]).0, 0, "a recorded body");
}

#[test]
fn a_reference_to_no_fact_is_told_with_its_place() {
    let repository = Repository::new();
    repository.write("spec/overlay/a.yaml", "actions:\n  # MS-01 and MS-03\n");
    let (code, _, error) = repository.facts(&["--check"]);
    // The guide is missing as well; the reference is what stops.
    assert_eq!(code, 2);
    assert_eq!(error, "spec/overlay/a.yaml:2: MS-03 is not in spec/live/facts.yaml\n1 problems\n");
}

#[test]
fn a_broken_body_is_told_with_its_place() {
    let repository = Repository::new();
    repository.write("spec/live/bodies/a.json", &BODY.replace("stores.get", "stores.gone"));
    repository.write("spec/live/bodies/b.json", &BODY.replace("{}\n", "{\n"));
    let (code, _, error) = repository.facts(&["--check"]);
    assert_eq!(code, 2);
    let mut lines = error.lines();
    assert_eq!(lines.next(), Some("spec/live/bodies/a.json:4: the document has no operation stores.gone"));
    assert!(
        lines.next().is_some_and(|line| line.starts_with("spec/live/bodies/b.json:8: not JSON: ")),
        "{error}"
    );
}

#[test]
fn a_broken_entry_stops_before_anything_is_written() {
    let repository = Repository::new();
    let broken = FACTS.replacen("stores.get", "stores.gone", 1).replacen("    evidence: e\n", "", 1);
    repository.write("spec/live/facts.yaml", &broken);
    let (code, _, error) = repository.facts(&[]);
    assert_eq!(code, 2);
    assert_eq!(
        error,
        "spec/live/facts.yaml:6: MS-01 has no evidence\n\
         spec/live/facts.yaml:7: MS-01: the document has no operation stores.gone\n2 problems\n"
    );
    assert_eq!(repository.guide(), None);

    repository.write("spec/live/facts.yaml", "facts: [\n");
    let (code, _, error) = repository.facts(&[]);
    assert_eq!(code, 2);
    assert!(error.starts_with("spec/live/facts.yaml:"), "{error}");
}
