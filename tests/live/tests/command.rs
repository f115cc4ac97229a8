//! The program itself: what it asks for, and how it ends.

use opencloud_emulator::{Emulator, Shapes};
use std::path::Path;
use std::process::{Command, Output};

const KEY: &str = "live-test-key";

fn command(arguments: &[&str], key: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opencloud-live"));
    command.args(arguments).env_remove("ROBLOX_API_KEY");
    if let Some(key) = key {
        command.env("ROBLOX_API_KEY", key);
    }
    command.output().expect("it runs")
}

/// What it says when it cannot begin; nothing is on stdout then.
fn refused(arguments: &[&str], key: Option<&str>) -> String {
    let output = command(arguments, key);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn what_it_needs_is_said() {
    for key in [None, Some("")] {
        let why = refused(&[], key);
        assert!(why.contains("ROBLOX_API_KEY") && why.contains("may read"), "{why}");
    }
    // Also without a key: that is not all that is missing.
    for key in [None, Some(KEY)] {
        let why = refused(&["--write"], key);
        assert!(why.contains("--universe ID") && why.contains("nobody plays"), "{why}");
    }
    let why = refused(&["--only", "nonsense"], Some(KEY));
    assert!(why.contains("nonsense") && why.contains("--list"), "{why}");
    let why = refused(&["--only", "WH-02"], Some(KEY));
    assert!(why.contains("no probe for WH-02: it takes a subscription"), "{why}");
    let why = refused(&["--place-file", "no/such/file.rbxl"], Some(KEY));
    assert!(why.contains("no/such/file.rbxl"), "{why}");
    let why = refused(&["--universe", "mine"], Some(KEY));
    assert!(why.contains("--universe"), "{why}");
}

#[test]
fn the_list_needs_no_key() {
    let output = command(&["--list"], None);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("MS-01  writes") && text.contains("tells also of MS-02, UK-01"), "{text}");
    assert!(text.contains("WH-02  no probe: "), "{text}");
}

/// In the live shapes the fact holds, in the document's it differs.
#[tokio::test]
async fn the_exit_code_tells_whether_something_differs() {
    for (shapes, code, verdict) in [(Shapes::Live, 0, "holds"), (Shapes::Document, 1, "differs")] {
        let emulator = Emulator::builder().api_key(KEY).shapes(shapes).start().await.expect("an emulator");
        let base_url = emulator.base_url().to_owned();
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{shapes}.json"));
        let path = file.to_str().expect("text").to_owned();
        let run = move || {
            let only = ["--only", "AS-03", "--asset", "5001", "--json", &path, "--base-url", &base_url];
            command(&only, Some(KEY))
        };
        let output = tokio::task::spawn_blocking(run).await.expect("it ends");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let report = std::fs::read_to_string(&file).expect("a report");
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        assert_eq!(report["rows"][0]["verdict"], verdict, "{report}");
        assert_eq!(report["rows"].as_array().map(Vec::len), Some(1));
        assert!(!report.to_string().contains(KEY));
    }
}
