//! `cargo xtask sync` as a command: exit codes, messages, and what is and is not written.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A repository with the fixture's overlay, and a copy of its document.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        fs::create_dir_all(repository.path("spec/overlay")).unwrap();
        for entry in fs::read_dir(fixtures().join("overlay")).unwrap() {
            let entry = entry.unwrap();
            let to = repository.path("spec/overlay").join(entry.file_name());
            fs::copy(entry.path(), to).unwrap();
        }
        fs::copy(fixtures().join("openapi.json"), repository.path("openapi.json")).unwrap();
        repository
    }

    /// One that has been synced once.
    fn synced() -> Self {
        let repository = Self::new();
        let output = repository.sync(&["--date", "2026-01-02", "--commit", "abc"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    fn sync(&self, options: &[&str]) -> Output {
        self.sync_from("openapi.json", options)
    }

    fn sync_from(&self, upstream: &str, options: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(self.folder.path())
            .args(["sync", "--root", ".", "--upstream", upstream])
            .args(options)
            .output()
            .unwrap()
    }

    /// The bytes of every file under `spec/`.
    fn spec(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path("spec"), &mut files);
        files
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_first_sync_writes_and_a_second_has_nothing_to_do() {
    let repository = Repository::new();
    let output = repository.sync(&["--strict", "--date", "2026-01-02"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("new, 8 operations and 9 types"), "{}", stdout(&output));
    let pin = fs::read_to_string(repository.path("spec/UPSTREAM.toml")).unwrap();
    assert!(pin.contains("upstream = 9\nopen_cloud = 8"), "{pin}");
    assert!(pin.contains("date = \"2026-01-02\""), "{pin}");
    let written = repository.spec();
    let output = repository.sync(&["--strict"]);
    assert_eq!(stdout(&output), "open-cloud.json: no differences\n");
    assert_eq!(repository.spec(), written);
}

#[test]
fn no_sentence_of_upstream_is_written() {
    let repository = Repository::synced();
    let document = fs::read_to_string(repository.path("spec/open-cloud.json")).unwrap();
    assert!(!document.to_lowercase().contains("words"), "{document}");
}

#[test]
fn check_writes_nothing_and_shows_differences_by_its_exit_code() {
    let repository = Repository::synced();
    assert_eq!(repository.sync(&["--check"]).status.code(), Some(0));
    repository.edit("openapi.json", "\"maximum\": 100", "\"maximum\": 50");
    let before = repository.spec();
    let output = repository.sync(&["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("query parameter maxPageSize: maximum 100 -> 50"),
        "{}",
        stdout(&output)
    );
    assert_eq!(repository.spec(), before);
    assert_eq!(repository.sync(&[]).status.code(), Some(0));
    assert_eq!(repository.sync(&["--check"]).status.code(), Some(0));
}

#[test]
fn check_notices_a_pin_that_differs() {
    let repository = Repository::synced();
    repository.edit("spec/UPSTREAM.toml", "open_cloud = 8", "open_cloud = 7");
    let output = repository.sync(&["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("open_cloud = 8"), "{}", stdout(&output));
}

#[test]
fn strict_refuses_stale_actions_and_lists_them() {
    let repository = Repository::synced();
    repository.edit("openapi.json", "\"count\": { \"type\"", "\"Count\": { \"type\"");
    repository.edit(
        "openapi.json",
        "\"type\": \"string\", \"required\": true",
        "\"type\": \"string\", \"nullable\": true",
    );
    let before = repository.spec();
    let output = repository.sync(&["--strict"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(repository.spec(), before);
    let expected = "  spec/overlay/gadgets.yaml:42: $.components.schemas['Gadget_Part']: \
                    it changes nothing, the document says so already\n";
    assert!(stdout(&output).contains(expected), "{}", stdout(&output));
    assert_eq!(stderr(&output), "--strict: 1 stale actions, 0 diverged types; nothing written\n");
    assert_eq!(repository.sync(&[]).status.code(), Some(0));
    assert_ne!(repository.spec(), before);
}

/// Names that end a line, a literal or a comment of Rust are taken over as they are, because Rust can be made of them.
#[test]
fn hostile_names_of_upstream_are_synced() {
    let long = "a".repeat(10_000);
    for name in ["a\rb", "a\nb", "a\"b", "a*/b", "\"#a", "\u{202e}a", &long] {
        let repository = Repository::synced();
        let json = serde_json::to_string(name).unwrap();
        repository.edit(
            "openapi.json",
            "\"parts\": {",
            &format!("{json}: {{ \"type\": \"string\" }}, \"parts\": {{"),
        );
        repository.edit("openapi.json", "\"USED\"", &format!("\"USED\", {json}"));
        let output = repository.sync(&[]);
        assert_eq!(output.status.code(), Some(0), "{name:.20?}: {}", stderr(&output));
        let document = fs::read_to_string(repository.path("spec/open-cloud.json")).unwrap();
        assert_eq!(document.matches(&json).count(), 2, "{name:.20?}: a property and a word");
    }
}

#[test]
fn a_url_that_cannot_be_reached_is_bad_input() {
    let repository = Repository::synced();
    let before = repository.spec();
    let output = repository.sync_from("http://127.0.0.1:9/openapi.json", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("http://127.0.0.1:9/openapi.json: cannot be downloaded: "));
    assert_eq!(repository.spec(), before);
}

/// What is done to a repository, the document to sync, and how the one line of the error starts.
type Case = (&'static str, fn(&Repository), &'static str, &'static str);

#[test]
fn bad_input_gets_one_line_and_leaves_the_specification_alone() {
    let upstream: &[Case] = &[
        ("no such file", |_| {}, "nowhere.json", "nowhere.json: No such file"),
        ("a folder", |_| {}, "spec", "spec: is a directory, not a file"),
        (
            "not JSON",
            |r| fs::write(r.path("bad.json"), "<html>").unwrap(),
            "bad.json",
            "bad.json:1:1: not JSON: expected value",
        ),
        (
            "empty",
            |r| fs::write(r.path("bad.json"), "").unwrap(),
            "bad.json",
            "bad.json:1:0: the JSON ends too early",
        ),
        (
            "truncated",
            |r| {
                let bytes = fs::read(r.path("openapi.json")).unwrap();
                fs::write(r.path("bad.json"), &bytes[..bytes.len() / 2]).unwrap();
            },
            "bad.json",
            "bad.json:",
        ),
        (
            "OpenAPI 2",
            |r| r.edit("openapi.json", "\"openapi\": \"3.0.4\"", "\"swagger\": \"2.0\""),
            "openapi.json",
            "openapi.json: swagger: version \"2.0\", but only OpenAPI 3.0 is read",
        ),
        (
            "OpenAPI 3.1",
            |r| r.edit("openapi.json", "\"3.0.4\"", "\"3.1.0\""),
            "openapi.json",
            "openapi.json: openapi: version \"3.1.0\", but only OpenAPI 3.0 is read",
        ),
        (
            "no Open Cloud operations",
            |r| {
                fs::write(r.path("bad.json"), "{\"openapi\": \"3.0.0\", \"paths\": {\"/a\": {\"get\": {}}}}")
                    .unwrap()
            },
            "bad.json",
            "bad.json: paths: no operation takes an API key or OAuth 2.0",
        ),
    ];
    let overlay: &[Case] = &[
        (
            "no overlay",
            |r| fs::rename(r.path("spec/overlay"), r.path("gone")).unwrap(),
            "openapi.json",
            "spec/overlay: No such file",
        ),
        (
            "not YAML",
            |r| r.edit("spec/overlay/widgets.yaml", "actions:", "actions: ["),
            "openapi.json",
            "spec/overlay/widgets.yaml:4: not YAML: ",
        ),
        (
            "not UTF-8",
            |r| fs::write(r.path("spec/overlay/x.yaml"), b"a: 1\nb: \xff\n").unwrap(),
            "openapi.json",
            "spec/overlay/x.yaml:2: not UTF-8",
        ),
        (
            "a misspelt key",
            |r| r.edit("spec/overlay/widgets.yaml", "    update:", "    updaet:"),
            "openapi.json",
            "spec/overlay/widgets.yaml:5: unknown key updaet in an action",
        ),
        (
            "a misspelt word",
            |r| r.edit("spec/overlay/widgets.yaml", "method: list", "name: list"),
            "openapi.json",
            "spec/overlay/widgets.yaml:7: name is not in the vocabulary",
        ),
        (
            "no JSONPath",
            |r| r.edit("spec/overlay/widgets.yaml", "$.paths['/widgets", "$.paths[/widgets"),
            "openapi.json",
            "spec/overlay/widgets.yaml:4: target $.paths[/widgets",
        ),
        (
            "no reason",
            |r| {
                r.edit(
                    "spec/overlay/gadgets.yaml",
                    "    description: The server leaves `type` out for plain parts.\n",
                    "",
                )
            },
            "openapi.json",
            "spec/overlay/gadgets.yaml:42: a correction requires a description",
        ),
        (
            "a keyword as a method",
            |r| r.edit("spec/overlay/widgets.yaml", "method: list", "method: type"),
            "openapi.json",
            "spec/overlay/widgets.yaml:7: method type is a Rust keyword",
        ),
        (
            "a keyword as an area",
            |r| r.edit("spec/overlay/document.yaml", "name: widgets", "name: mod"),
            "openapi.json",
            "spec/overlay/document.yaml:9: name mod is a Rust keyword",
        ),
        (
            "a type in snake_case",
            |r| {
                r.edit(
                    "spec/overlay/widgets.yaml",
                    "x-opencloud-type: Widget }",
                    "x-opencloud-type: a_widget }",
                )
            },
            "openapi.json",
            "spec/overlay/widgets.yaml:17: x-opencloud-type \"a_widget\" is not an UpperCamelCase identifier",
        ),
        (
            "an unknown area",
            |r| {
                r.edit(
                    "spec/overlay/widgets.yaml",
                    "area: widgets, method: list",
                    "area: things, method: list",
                )
            },
            "openapi.json",
            "spec/overlay/widgets.yaml:7: area things is not in the list of areas",
        ),
        (
            "one name for two operations",
            |r| r.edit("spec/overlay/widgets.yaml", "method: get_icon", "method: create"),
            "openapi.json",
            "spec/overlay/widgets.yaml:15: widgets.create names GET /v1/icons/{iconId}, but also POST /widgets/v1/widgets at spec/overlay/widgets.yaml:11",
        ),
    ];
    for (name, change, document, expected) in upstream.iter().chain(overlay) {
        let repository = Repository::synced();
        change(&repository);
        let before = repository.path("spec").exists().then(|| repository.spec());
        let output = repository.sync_from(document, &[]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {message}");
        assert!(message.starts_with(expected), "{name}: {message}");
        assert_eq!(message.lines().count(), 1, "{name}: {message}");
        assert_eq!(stdout(&output), "", "{name}");
        assert_eq!(before, Some(repository.spec()), "{name}");
    }
}
