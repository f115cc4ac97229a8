//! The command line of the binary.

use crate::process::{Directory, Process, run};
use serde_json::{Value, json};

/// One line that names what is wrong, and the exit code 2.
fn refused(arguments: &[&str], reason: &str) {
    let output = run(arguments);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert_eq!(text.lines().count(), 1, "{arguments:?}: {text}");
    assert!(text.starts_with("error: ") && text.contains(reason), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn bad_input_is_refused_in_one_line() {
    refused(&["--port", "eighty"], "'eighty' for '--port <PORT>'");
    refused(&["--port", "70000"], "70000");
    refused(&["--host", "here"], "'here'");
    refused(&["--host", "0.0.0.0"], "add --allow-remote");
    refused(&["--host", "::"], "add --allow-remote");
    refused(&["--base-url", "emulator:8080"], "a URL with its scheme");
    refused(&["--base-url", "http:///path"], "a URL with its scheme");
    refused(&["--api-key", ""], "a key must not be empty");
    refused(&["--strict", "--lenient"], "cannot be used with");
    refused(&["--rate-limits", "maybe"], "'maybe'");
    refused(&["--fault", "users.get"], "it must be of the form ROUTE=EFFECT");
    refused(&["--fault", "users.get=sometimes"], "`sometimes` is not an effect");
    refused(&["--fault", "users.got=503"], "there is no operation `users.got`");
    refused(&["--daily-limit", "users.get"], "must be of the form ROUTE=REQUESTS");
    refused(&["--daily-limit", "users.got=1"], "there is no operation `users.got`");
    refused(&["--introspection-lifetime", "soon"], "'soon'");
    refused(&["--seed", "/does/not/exist.json"], "/does/not/exist.json");
    refused(&["--speed", "0"], "--speed");
    refused(&["--speed", "fast"], "'fast'");
    refused(&["--prot", "1"], "unexpected argument '--prot' found: --port is similar");
    refused(&["8080"], "unexpected argument '8080'");
}

#[test]
fn a_seed_that_is_none_is_refused_with_its_place() {
    let directory = Directory::new("bad-seed");
    std::fs::create_dir_all(&directory.0).expect("made");
    let file = directory.0.join("seed.json");
    let seed = |text: &str| {
        std::fs::write(&file, text).expect("written");
        file.to_str().expect("text")
    };
    refused(&["--seed", seed("{\n  \"user\": []\n}")], "unknown field `user`");
    refused(&["--seed", seed("{\n  \"user\": []\n}")], "line 2");
    refused(&["--seed", seed("[")], "line 1");
}

#[test]
fn help_explains() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for option in [
        "--port",
        "--host",
        "--allow-remote",
        "--base-url",
        "--api-key",
        "--strict",
        "--lenient",
        "--rate-limits <on|off>",
        "--fault",
        "--fault-seed",
        "--seed",
        "--speed",
        "--only-seeded",
        "/__emulator/",
        "Examples:",
        "applied:500",
    ] {
        assert!(text.contains(option), "{option} is missing in:\n{text}");
    }
    assert_eq!(text.contains("--data"), cfg!(feature = "sqlite"));
    assert_eq!(run(&["--version"]).status.code(), Some(0));
}

/// As in a container: the last of two counts, and it is reached at 127.0.0.1 too.
#[test]
fn it_listens_where_it_is_told_to() {
    for host in ["0.0.0.0", "127.0.0.2"] {
        let emulator = Process::start(&["--host", "::1", "--host", host, "--allow-remote"]);
        let reached = if host == "0.0.0.0" { "127.0.0.1" } else { host };
        assert_eq!(emulator.base_url, format!("http://{reached}:{}", emulator.port()));
        let connected = std::net::TcpStream::connect(format!("{reached}:{}", emulator.port()));
        assert!(connected.is_ok(), "{host}: {connected:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_no_bad_input() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains(&port) && text.lines().count() == 1, "{text}");
    assert!(text.contains("choose another port"), "{text}");
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to() {
    assert_eq!(Process::start(&[]).terminate(), Some(0));
}

#[tokio::test]
async fn every_option_has_its_effect() {
    let directory = Directory::new("options");
    std::fs::create_dir_all(&directory.0).expect("made");
    let file = directory.0.join("seed.json");
    let seed = json!({ "users": [{ "id": 7, "displayName": "Seven" }] });
    std::fs::write(&file, seed.to_string()).expect("written");
    let emulator = Process::start(&[
        "--api-key",
        "one",
        "--api-key",
        "two",
        "--lenient",
        "--rate-limits",
        "on",
        "--daily-limit",
        "users.get=1",
        "--introspection-lifetime",
        "3600",
        "--fault",
        "groups.get=503",
        "--seed",
        file.to_str().expect("text"),
        "--speed",
        "100",
    ]);
    let http = crate::common::http();
    let get = async |target: &str, key: &str| {
        let request = http.get(format!("{}{target}", emulator.base_url)).header("x-api-key", key);
        request.send().await.expect("a response")
    };
    assert_eq!(get("/cloud/v2/users/7", "three").await.status(), 401);
    let user = get("/cloud/v2/users/7?unknown=1", "two").await;
    assert!(user.headers().contains_key("x-ratelimit-remaining"));
    let user: Value = user.json().await.expect("JSON");
    assert_eq!(user["displayName"], "Seven");
    let again = get("/cloud/v2/users/7", "two").await;
    assert_eq!((again.status().as_u16(), again.headers().get("retry-after")), (429, None));
    assert_eq!(get("/cloud/v2/groups/1", "one").await.status(), 503);
    let clock: Value = get("/__emulator/clock", "").await.json().await.expect("JSON");
    assert_eq!(clock["speed"], 100);
}
