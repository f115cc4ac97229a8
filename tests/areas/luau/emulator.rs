//! Over HTTP, from the first request to the last, at the local Open Cloud.

use opencloud::body::File;
use opencloud::luau::{Failure, LuauLogMessageType};
use opencloud::operation::PollPolicy;
use opencloud::retry::Retry;
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use serde_json::json;
use std::time::Duration;

const UNIVERSE: u64 = 2001;
const PLACE: u64 = 3001;

async fn local() -> (Emulator, Client) {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder()
        .api_key("local-key")
        .base_url(emulator.base_url())
        .retry(Retry::never())
        .build()
        .expect("a client");
    (emulator, client)
}

/// Waits no longer than it must.
fn swift() -> PollPolicy {
    PollPolicy::new().initial_delay(Duration::ZERO).multiplier(1.0)
}

#[tokio::test]
async fn a_script_returns_values() -> Result<(), Error> {
    let (emulator, client) = local().await;
    let script = "return 1, 'a', nil, {\"x\":[true]}";
    let run = client.luau().run(script).at(UNIVERSE, PLACE).with_poll_policy(swift());
    let finished = run.timeout(Duration::from_secs(30)).await?;
    assert_eq!(finished.results(), [json!(1), json!("a"), json!(null), json!({ "x": [true] })]);
    assert!(finished.path().session().is_some());
    assert!(emulator.requests().iter().all(|request| request.response_violations.is_empty()));
    Ok(())
}

#[tokio::test]
async fn a_script_fails() {
    let (_emulator, client) = local().await;
    for (script, is) in [
        ("error('no spawn')", (|it| matches!(it, Failure::Script { .. })) as fn(&Failure) -> bool),
        ("while true do end", |it| matches!(it, Failure::TimedOut { .. })),
    ] {
        let run = client.luau().run(script).at_version(UNIVERSE, PLACE, 3).with_poll_policy(swift());
        let error = run.await.expect_err("failed");
        let failure = Failure::of(&error).expect("of the script");
        assert!(is(&failure), "{failure:?}");
    }
}

#[tokio::test]
async fn logs_come_when_the_script_has_ended() -> Result<(), Error> {
    let (emulator, client) = local().await;
    let script = "print('one')\nprint('two')\nwarn('three')\nprint('four')\nreturn 4";
    let run = client.luau().run(script).at(UNIVERSE, PLACE).with_poll_policy(swift());
    let mut task = run.start().await?;
    let mut logs = task.logs();
    let mut lines = Vec::new();
    while let Some(line) = logs.next().await.transpose()? {
        lines.push((line.message.unwrap_or_default(), line.message_type));
    }
    let expected = [
        ("one", LuauLogMessageType::Output),
        ("two", LuauLogMessageType::Output),
        ("three", LuauLogMessageType::Warning),
        ("four", LuauLogMessageType::Output),
    ];
    assert_eq!(lines, expected.map(|(text, kind)| (text.to_owned(), Some(kind))));
    let readings = emulator.requests().iter().filter(|request| request.path.ends_with("/logs")).count();
    assert_eq!(readings, 1, "nobody asks before the end (LX-04)");
    assert_eq!(task.wait().await?.decode::<(u8,)>()?, (4,));
    Ok(())
}

#[tokio::test]
async fn a_script_runs_at_the_version_that_it_expects() -> Result<(), Error> {
    let (_emulator, client) = local().await;
    let finished = client.luau().run("return 7").at(UNIVERSE, PLACE).with_poll_policy(swift()).await?;
    let version = finished.place_version().expect("a version");
    let run = client.luau().run("--!strict\nreturn 7").at_version(UNIVERSE, PLACE, version);
    let finished = run.expect_version(version).with_poll_policy(swift()).await?;
    assert_eq!((finished.result::<u8>(0)?, finished.place_version()), (7, Some(version)));
    Ok(())
}

#[tokio::test]
async fn a_task_is_finished_by_another_client() -> Result<(), Error> {
    let (emulator, client) = local().await;
    let path = client.luau().run("return 7").at(UNIVERSE, PLACE).start().await?.path().to_string();
    drop(client);
    let other = Client::builder().api_key("other-key").base_url(emulator.base_url()).build()?;
    let finished = other.luau().resume(path)?.with_poll_policy(swift()).wait().await?;
    assert_eq!(finished.result::<u8>(0)?, 7);
    Ok(())
}

#[tokio::test]
async fn bytes_go_in_and_come_out() -> Result<(), Box<dyn std::error::Error>> {
    let (emulator, client) = local().await;
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &content)?;
    let input = client.luau().upload_binary_input(UNIVERSE, File::open(file.path()).await?).await?;
    let run = client.luau().run("return 1").at(UNIVERSE, PLACE).binary_input(&input).binary_output();
    let finished = run.with_poll_policy(swift()).await?;
    let mut output = Vec::new();
    assert_eq!(finished.write_binary_output(&mut output).await?, 3_000_000);
    assert!(output == content, "what went in came out");
    for request in emulator.requests().iter().filter(|request| request.path.starts_with("/__emulator/")) {
        assert_eq!(request.header("x-api-key"), None, "{} {}", request.method, request.path);
    }
    Ok(())
}

#[tokio::test]
async fn the_eleventh_unfinished_task_of_a_place_is_refused() -> Result<(), Error> {
    let (_emulator, client) = local().await;
    for _ in 0..10 {
        let _task = client.luau().run("return 1").at(UNIVERSE, PLACE).start().await?;
    }
    let error = client.luau().run("return 1").at(UNIVERSE, PLACE).await.expect_err("one too many");
    assert!(error.is_rate_limited(), "{error}");
    Ok(())
}
