//! What scripts read and write.

use super::{CREATE, TASK, complete};
use opencloud::body::File;
use opencloud::luau::{Finished, LuauBinaryInput, UploadedInput};
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde_json::json;

const INPUTS: &str = "/cloud/v2/universes/1/luau-execution-session-task-binary-inputs";
const INPUT: &str = "universes/1/luau-execution-session-task-binary-inputs/i";
const MEGABYTE: usize = 1024 * 1024;

fn reserved() -> MockResponse {
    let uri = "https://storage.example/bucket/i?signature=a%2Fb&expires=900";
    MockResponse::json(json!({ "path": INPUT, "size": 3, "uploadUri": uri }))
}

/// The upload, which gets the address's own permission and no other.
fn put() -> Expect {
    Expect::put("/bucket/i").query("signature", "a/b").query("expires", 900)
}

#[tokio::test(start_paused = true)]
async fn bytes_are_uploaded_where_the_service_says_and_without_the_key() {
    let script = Script::new()
        .expect(Expect::post(INPUTS).json(json!({ "size": 3 })), reserved())
        .expect(put(), MockResponse::status(503, ""))
        .expect(put(), MockResponse::empty())
        .expect(
            Expect::post(CREATE).json(json!({ "script": "x", "binaryInput": INPUT })),
            complete(json!([])),
        );
    let run = script.client().luau().run("x").at(1, 2).binary_input(b"abc".to_vec());
    run.await.expect("complete");
    script.assert_done();
    let received = script.received();
    let keys: Vec<bool> = received.iter().map(|request| request.header("x-api-key").is_some()).collect();
    assert_eq!(keys, [true, false, false, true]);
    for upload in &received[1..3] {
        assert_eq!(upload.bytes().expect("bytes").as_ref(), b"abc", "an upload is repeated whole");
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_that_are_permissions_are_not_shown() {
    let script = Script::new().expect(Expect::post(INPUTS), reserved()).expect(
        Expect::get(format!("/cloud/v2/{TASK}")),
        MockResponse::json(
            json!({ "path": TASK, "binaryOutputUri": "https://storage.example/o?signature=a" }),
        ),
    );
    let luau = script.client().luau();
    let input = luau.create_binary_input(1, LuauBinaryInput::new().size(3)).await.expect("reserved");
    let task = luau.get_task(1, 2, 3, "s", "t").await.expect("a task");
    assert!(input.upload_uri.is_some() && task.binary_output_uri.is_some());
    for text in [format!("{input:?}"), format!("{task:#?}")] {
        assert!(!text.contains("signature") && text.contains("(hidden)"), "{text}");
    }
    let unset = format!("{:?}", LuauBinaryInput::new());
    assert!(unset.contains("upload_uri: None"), "{unset}");
}

#[tokio::test(start_paused = true)]
async fn an_input_is_uploaded_once_for_several_runs() {
    let script = Script::new()
        .expect(Expect::post(INPUTS), reserved())
        .expect(put(), MockResponse::empty())
        .expect_times(
            2,
            Expect::post(CREATE).json(json!({ "script": "x", "binaryInput": INPUT })),
            complete(json!([])),
        );
    let luau = script.client().luau();
    let input = luau.upload_binary_input(1, b"abc".to_vec()).await.expect("uploaded");
    assert_eq!(input, UploadedInput::at_path(INPUT));
    for _ in 0..2 {
        luau.run("x").at(1, 2).binary_input(&input).await.expect("complete");
    }
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_size_of_an_input_is_checked_before_anything_is_sent() {
    let bytes = |size: usize| File::new(vec![0; size]);
    for (what, file, why) in [
        ("nothing", bytes(0), Some("is empty")),
        ("the smallest", bytes(1), None),
        ("under the limit", bytes(100 * MEGABYTE - 1), None),
        ("at the limit", bytes(100 * MEGABYTE), None),
        ("over the limit", bytes(100 * MEGABYTE + 1), Some("104857601 bytes")),
        ("of unknown length", File::reader(&b"abc"[..], None), None),
        ("nothing, as is found out", File::reader(tokio::io::empty(), None), Some("is empty")),
        (
            "too long to be read",
            File::reader(tokio::io::empty(), 100 * MEGABYTE as u64 + 1),
            Some("104857601 bytes"),
        ),
    ] {
        let script = Script::new()
            .always(Expect::post(INPUTS), reserved())
            .always(put(), MockResponse::empty())
            .always(Expect::post(CREATE), complete(json!([])));
        let luau = script.client().luau();
        match why {
            None => {
                luau.upload_binary_input(1, file).await.expect(what);
            }
            Some(why) => {
                let error = match file.length() {
                    Some(_) => luau.run("x").at(1, 2).binary_input(file).await.expect_err(what),
                    None => luau.upload_binary_input(1, file).await.expect_err(what),
                };
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{what}");
                assert!(error.message().contains(why), "{what}: {error}");
                assert_eq!(script.count(), 0, "{what}");
            }
        }
    }
}

async fn with_output(script: &Script) -> Finished {
    script.client().luau().run("x").at(1, 2).binary_output().await.expect("complete")
}

/// A task whose output is at an address.
fn output(content: MockResponse) -> Script {
    let task = json!({
        "path": TASK,
        "state": "COMPLETE",
        "binaryOutputUri": "https://storage.example/bucket/o?signature=secret",
    });
    Script::new()
        .expect(
            Expect::post(CREATE).json(json!({ "script": "x", "enableBinaryOutput": true })),
            MockResponse::json(task),
        )
        .expect(Expect::get("/bucket/o").query("signature", "secret"), content)
}

#[tokio::test(start_paused = true)]
async fn the_output_is_written_without_the_key() -> Result<(), Error> {
    let script = output(MockResponse::bytes("bytes"));
    let mut content = Vec::new();
    assert_eq!(with_output(&script).await.write_binary_output(&mut content).await?, 5);
    assert_eq!(content, b"bytes");
    script.assert_done();
    assert_eq!(script.received()[1].header("x-api-key"), None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_output_of_any_size_that_the_service_makes_is_written() {
    for (size, is_fine) in [(256 * MEGABYTE - 1, true), (256 * MEGABYTE, true), (256 * MEGABYTE + 1, false)] {
        let script = output(MockResponse::bytes(vec![0; size]));
        let written = with_output(&script).await.write_binary_output(&mut tokio::io::sink()).await;
        match is_fine {
            true => assert_eq!(written.expect("written"), size as u64),
            false => assert_eq!(written.expect_err("too large").kind(), ErrorKind::ResponseTooLarge),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_not_there_is_an_error_that_shows_no_secret() {
    let script = Script::new().expect(Expect::post(CREATE), complete(json!([])));
    let finished = script.client().luau().run("x").at(1, 2).await.expect("complete");
    let error = finished.write_binary_output(&mut Vec::new()).await.expect_err("not asked for");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("the run must ask for it"), "{error}");

    let script = output(MockResponse::status(403, "the link has expired"));
    let mut content = Vec::new();
    let error = with_output(&script).await.write_binary_output(&mut content).await.expect_err("expired");
    assert!(error.is_permission_denied());
    assert!(content.is_empty());
    assert!(!format!("{error} {error:?}").contains("signature"), "{error:?}");
}
