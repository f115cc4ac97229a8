//! What must not compile does not, with an error that says why.
//!
//! The messages are those of the compiler that the project is developed with; after a change of it,
//! `UPDATE=1 cargo test -p opencloud-compile-fail` writes the new ones.
//!
//! The library is checked in the build directory of all other builds and each case is given to the compiler directly,
//! because a build directory of its own, which harnesses for such tests use, compiles the code generator again.

use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn each_case_is_refused_with_its_message() {
    let library = Library::check();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the cases")
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let message = library.refusal(&case);
        assert!(!message.is_empty(), "{} compiles", case.display());
        let expected = case.with_extension("stderr");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &message).expect("writing the message");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert!(message == expected, "{} gets another message:\n{message}", case.display());
    }
}

/// The library, as the compiler reads it.
struct Library {
    metadata: PathBuf,
    dependencies: PathBuf,
}

impl Library {
    /// Checks the library with the features of this crate.
    fn check() -> Self {
        let output = Command::new(variable("CARGO", "cargo"))
            .args(["check", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--message-format", "json"])
            .current_dir(workspace())
            .output()
            .expect("cargo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata = messages(&output.stdout)
            .filter(|message| message["target"]["name"] == "opencloud")
            .filter_map(|artifact| artifact["filenames"].as_array().cloned())
            .flatten()
            .find_map(|file| file.as_str().filter(|file| file.ends_with(".rmeta")).map(PathBuf::from))
            .expect("the library's metadata");
        let dependencies = metadata.parent().expect("a folder").to_owned();
        Self { metadata, dependencies }
    }

    /// The errors of a case; nothing if it compiles.
    fn refusal(&self, case: &Path) -> String {
        let root = workspace();
        let output = Command::new(variable("RUSTC", "rustc"))
            .args([
                "--edition",
                "2024",
                "--emit",
                "metadata",
                "--error-format",
                "json",
                "--diagnostic-width",
                "140",
            ])
            .args(["--out-dir", env!("CARGO_TARGET_TMPDIR")])
            .arg(format!("-Ldependency={}", self.dependencies.display()))
            .arg(format!("--extern=opencloud={}", self.metadata.display()))
            .arg(case.strip_prefix(&root).expect("a file of the workspace"))
            .current_dir(&root)
            .output()
            .expect("the compiler");
        messages(&output.stderr)
            .filter(|message| message["level"] == "error" && !message["spans"][0].is_null())
            .filter_map(|message| message["rendered"].as_str().map(plain))
            .collect()
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn variable(name: &str, default: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| default.into())
}

fn messages(output: &[u8]) -> impl Iterator<Item = Value> {
    output.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

/// A message without what changes with each build: places in the library's files, and numbers of lines.
fn plain(message: &str) -> String {
    message.lines().map(plain_line).collect()
}

fn plain_line(line: &str) -> String {
    let text = line.trim_start();
    let unnumbered = text.trim_start_matches(|character: char| character.is_ascii_digit());
    match text.strip_prefix("--> ") {
        Some(place) if place.starts_with("tests") => format!(" --> {place}\n"),
        Some(place) => {
            let file = place.split(':').next().unwrap_or_default();
            let file = match file.rsplit_once("/out/") {
                Some((_, generated)) => format!("$OUT_DIR/{generated}"),
                None => file.to_owned(),
            };
            format!(" --> {file}\n")
        }
        None if text.len() < line.len() || unnumbered.len() < text.len() => {
            format!("  {}\n", unnumbered.trim_start())
        }
        None => format!("{line}\n"),
    }
}
