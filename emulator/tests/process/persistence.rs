//! A state that is kept in a directory: nothing that was acknowledged is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::Client;
use crate::process::{Directory, Process, run};
use opencloud_emulator::{Document, Emulator, Seed};
use serde_json::{Value, json};

async fn send(base_url: &str, method: &str, target: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let request =
        crate::common::http().request(method.parse().expect("a method"), format!("{base_url}{target}"));
    let request = request.header("x-api-key", "k");
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.json().await.unwrap_or_default()))
}

async fn state(base_url: &str) -> Value {
    send(base_url, "GET", "/__emulator/state", None).await.expect("a response").1["state"].clone()
}

/// Writers go on until the process is killed. Whatever was acknowledged to them is there after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_no_acknowledged_write() {
    let directory = Directory::new("kill");
    let mut acknowledged: BTreeMap<String, Value> = BTreeMap::new();
    for round in 0..3 {
        let emulator = Process::start(&["--data", directory.text()]);
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (base_url, stop) = (emulator.base_url.clone(), Arc::clone(&stop));
                tokio::spawn(async move {
                    let http = crate::common::http();
                    let mut written = Vec::new();
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let key = format!("{round}-{writer}-{number}");
                        let target = "/cloud/v2/universes/2001/data-stores/kept/entries";
                        let request = http.post(format!("{base_url}{target}?id={key}"));
                        let body = json!({ "value": { "number": number } });
                        match request.header("x-api-key", "k").json(&body).send().await {
                            Ok(response) if response.status() == 200 => {
                                match response.json::<Value>().await {
                                    Ok(entry) => written.push((key, entry)),
                                    Err(_) => break,
                                }
                            }
                            _ => break,
                        }
                    }
                    written
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        emulator.kill();
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            acknowledged.extend(writer.await.expect("a list"));
        }
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    let emulator = Process::start(&["--data", directory.text()]);
    for (key, entry) in &acknowledged {
        let target = format!("/cloud/v2/universes/2001/data-stores/kept/entries/{key}");
        let (status, found) = send(&emulator.base_url, "GET", &target, None).await.expect("a response");
        assert_eq!((status, &found), (200, entry), "{key}");
    }
}

fn memberships_of(user: u64) -> String {
    let filter = crate::common::encode(&format!("user == 'users/{user}'"));
    format!("/cloud/v2/groups/-/memberships?filter={filter}")
}

/// Everything that a stateful area remembers is the same after a crash, ids that were handed out included.
#[tokio::test]
async fn the_whole_state_is_the_same_after_a_crash() {
    let directory = Directory::new("whole");
    let emulator = Process::start(&["--data", directory.text()]);
    let base_url = emulator.base_url.clone();
    let universe = "/cloud/v2/universes/2001";
    let restriction = json!({ "gameJoinRestriction": { "active": true, "duration": "60s" } });
    let steps: Vec<(&str, String, Option<Value>)> = vec![
        ("POST", format!("{universe}/data-stores/a/entries?id=k"), Some(json!({ "value": [1] }))),
        ("PATCH", format!("{universe}/data-stores/a/entries/k"), Some(json!({ "value": "two" }))),
        ("DELETE", format!("{universe}/data-stores/sample-store/entries/sample-entry"), None),
        (
            "POST",
            format!("{universe}/ordered-data-stores/o/scopes/s/entries?id=e"),
            Some(json!({ "value": 5 })),
        ),
        ("POST", format!("{universe}/memory-store/queues/q/items"), Some(json!({ "data": 1, "ttl": "9s" }))),
        ("GET", format!("{universe}/memory-store/queues/q/items:read?count=1"), None),
        ("PATCH", format!("{universe}/user-restrictions/7"), Some(restriction)),
        ("POST", format!("{universe}:publishMessage"), Some(json!({ "topic": "t", "message": "m" }))),
        ("GET", "/cloud/v2/groups/4001".to_owned(), None),
        // Two users of the same groups: who is looked for joins them, and can then be given a role.
        ("GET", memberships_of(156), None),
        ("GET", memberships_of(191), None),
        (
            "POST",
            "/cloud/v2/groups/4001/memberships/191:assignRole".to_owned(),
            Some(json!({ "role": "groups/4001/roles/6001" })),
        ),
        ("GET", "/cloud/v2/users/7:generateThumbnail".to_owned(), None),
        ("POST", "/__emulator/clock".to_owned(), Some(json!({ "advance": "3600s" }))),
        ("POST", format!("{universe}/data-stores/a/entries/n:increment"), Some(json!({ "amount": 2 }))),
    ];
    for (method, target, body) in &steps {
        let (status, response) = send(&base_url, method, target, body.as_ref()).await.expect("a response");
        assert!(status < 300, "{method} {target}: {status} {response}");
    }
    let before = state(&base_url).await;
    let port = emulator.port();
    emulator.kill();
    // On the same port, which is in some links.
    let again = Process::start_at(&port, &["--data", directory.text()]);
    let after = state(&again.base_url).await;
    for (section, value) in before.as_object().expect("sections") {
        assert_eq!(&after[section], value, "{section}");
    }
    let (_, clock) = send(&again.base_url, "GET", "/__emulator/clock", None).await.expect("a response");
    let time: jiff::Timestamp = clock["time"].as_str().expect("a time").parse().expect("a time");
    assert!(
        time.duration_since(jiff::Timestamp::now()).as_secs() > 3_500,
        "the clock is still ahead: {time}"
    );
}

/// Every operation of the API, whatever it changes: applied again after a crash, it gives the same state.
#[tokio::test]
async fn every_operation_gives_the_same_state_when_it_is_applied_again() {
    let directory = Directory::new("operations");
    let emulator = Process::start(&["--data", directory.text()]);
    let http = crate::common::http();
    for operation in Document::embedded().operations() {
        crate::common::sample(&http, &emulator.base_url, operation).send().await.expect("a response");
    }
    let before = state(&emulator.base_url).await;
    let port = emulator.port();
    emulator.kill();
    let again = Process::start_at(&port, &["--data", directory.text()]);
    let after = state(&again.base_url).await;
    for (section, value) in before.as_object().expect("sections") {
        assert_eq!(&after[section], value, "{section}");
    }
}

/// Enough is written for the whole state to take the place of the requests, while others go on writing.
#[tokio::test]
async fn what_is_written_is_put_together_now_and_then() {
    let directory = Directory::new("together");
    let builder = || Emulator::builder().data(&directory.0);
    let client = Client::of(builder().start().await.expect("started"));
    for number in 0..12 {
        let target = format!("/cloud/v2/universes/1/data-stores/big/entries?id=k{number}");
        let body = json!({ "value": "x".repeat(1_000_000) });
        client.post(&target, &body).await.ok();
    }
    let before = client.emulator.state().dump()["state"].clone();
    client.emulator.stop();
    let client = Client::of(builder().start().await.expect("started"));
    assert!(client.emulator.state().dump()["state"] == before);
}

#[tokio::test]
async fn a_reset_and_a_loaded_state_are_kept() {
    let directory = Directory::new("reset");
    let emulator = Process::start(&["--data", directory.text()]);
    let entry = "/cloud/v2/universes/1/data-stores/s/entries";
    let body = json!({ "value": 1 });
    send(&emulator.base_url, "POST", &format!("{entry}?id=gone"), Some(&body)).await.expect("a response");
    send(&emulator.base_url, "POST", "/__emulator/reset", None).await.expect("a response");
    send(&emulator.base_url, "POST", &format!("{entry}?id=loaded"), Some(&body)).await.expect("a response");
    let (_, dump) = send(&emulator.base_url, "GET", "/__emulator/state", None).await.expect("a response");
    send(&emulator.base_url, "POST", "/__emulator/reset", None).await.expect("a response");
    let loaded = send(&emulator.base_url, "PUT", "/__emulator/state", Some(&dump)).await.expect("a response");
    assert_eq!(loaded.0, 204);
    emulator.kill();
    let again = Process::start(&["--data", directory.text()]);
    let status = async |key: &str| {
        let target = format!("{entry}/{key}");
        send(&again.base_url, "GET", &target, None).await.expect("a response").0
    };
    assert_eq!((status("gone").await, status("loaded").await), (404, 200));
}

/// What the emulator draws by lot is kept as well, so that tokens stay good: also what a reset draws anew.
#[tokio::test]
async fn what_is_drawn_by_lot_outlives_a_reset_and_a_crash() {
    let directory = Directory::new("token");
    let emulator = Process::start(&["--data", directory.text()]);
    send(&emulator.base_url, "POST", "/__emulator/reset", None).await.expect("a response");
    let before = state(&emulator.base_url).await;
    emulator.kill();
    let again = Process::start(&["--data", directory.text()]);
    assert_eq!(state(&again.base_url).await["identity"], before["identity"]);
}

#[tokio::test]
async fn a_directory_is_seeded_once() {
    let directory = Directory::new("seeded");
    let start = async || {
        let seed = r#"{ "orderedDataStores": [{ "universe": 1, "store": "s", "id": "e", "value": 1 }] }"#;
        let seed: Seed = seed.parse().expect("a seed");
        let builder = Emulator::builder().data(&directory.0).seed(seed);
        Client::of(builder.start().await.expect("started"))
    };
    let entry = "/cloud/v2/universes/1/ordered-data-stores/s/scopes/global/entries/e";
    let client = start().await;
    client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await.ok();
    client.emulator.stop();
    assert_eq!(crate::common::number(&start().await.get(entry).await.ok()["value"]), 2);
}

#[test]
fn two_processes_do_not_share_a_directory() {
    let directory = Directory::new("shared");
    let first = Process::start(&["--data", directory.text()]);
    let output = run(&["--port", "0", "--data", directory.text()]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("another process is using it") && error.contains(directory.text()), "{error}");
    first.kill();
    Process::start(&["--data", directory.text()]).kill();
}

#[test]
fn what_is_no_directory_is_refused_by_its_name() {
    let directory = Directory::new("file");
    std::fs::create_dir_all(&directory.0).expect("made");
    let file = directory.0.join("a-file");
    std::fs::write(&file, "x").expect("written");
    let output = run(&["--port", "0", "--data", file.to_str().expect("text")]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.contains("a-file: it is a file: a directory is needed"), "{error}");
}

/// The error, and that the file is as it was.
fn refused(directory: &Directory) -> String {
    let file = directory.0.join("emulator.sqlite");
    let before = std::fs::read(&file).expect("read");
    let output = run(&["--port", "0", "--data", directory.text()]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("emulator.sqlite") && error.contains("nothing was changed"), "{error}");
    assert!(std::fs::read(&file).expect("read") == before, "the file was changed: {error}");
    let files = std::fs::read_dir(&directory.0).expect("listed");
    let files: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(files, ["emulator.sqlite"], "nothing is left beside it: {error}");
    error
}

#[cfg(unix)]
#[test]
fn a_file_that_is_broken_or_newer_or_something_else_is_refused_and_left_alone() {
    let directory = Directory::new("broken");
    Process::start(&["--data", directory.text()]).terminate();
    let file = directory.0.join("emulator.sqlite");
    let good = std::fs::read(&file).expect("read");
    assert!(good.starts_with(b"SQLite format 3\0"));

    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, newer).expect("written");
    assert!(refused(&directory).contains("newer version of this program (format 99"));

    let mut foreign = good.clone();
    foreign[68..72].copy_from_slice(&7_u32.to_be_bytes());
    std::fs::write(&file, foreign).expect("written");
    assert!(refused(&directory).contains("not a file of this program"));

    let mut torn = good.clone();
    let end = torn.len();
    torn[4096..end].fill(0x55);
    std::fs::write(&file, torn).expect("written");
    assert!(refused(&directory).contains("broken"));

    std::fs::write(&file, &good[..good.len() / 2]).expect("written");
    assert!(refused(&directory).contains("broken"));

    std::fs::write(&file, "a letter to a friend").expect("written");
    assert!(refused(&directory).contains("not a file of this program"));

    std::fs::write(&file, good).expect("written");
    Process::start(&["--data", directory.text()]).kill();
}
