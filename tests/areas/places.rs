//! Publishing places: what is sent, and what is refused before.

#[cfg(all(feature = "assets", feature = "servers"))]
mod deploy;

use crate::support::{scripted, timed};
use opencloud::body::File;
use opencloud::places::{PlaceFile, PlaceFormat, UpdatePlaceVersionNotesRequest};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use serde_json::json;
use std::io::Write;
use std::time::Duration;

const BINARY: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n\0\0the place";
const XML: &[u8] = b"<?xml version=\"1.0\"?>\n<roblox version=\"4\"></roblox>";
const VERSIONS: &str = "/universes/v1/42/places/1818/versions";

fn published() -> MockResponse {
    // The service says that this is text.
    MockResponse::bytes(json!({ "versionNumber": 7 }).to_string()).header("content-type", "text/plain")
}

async fn publish(script: &Script, file: impl Into<PlaceFile>) -> Result<u64, Error> {
    scripted(script).places().publish(42, 1818, file).await
}

#[tokio::test]
async fn the_format_goes_by_the_content() {
    for (file, content_type, content) in [
        (PlaceFile::from(BINARY), "application/octet-stream", BINARY),
        (PlaceFile::from(XML), "application/xml", XML),
        // The content decides, not the name.
        (File::new(XML).name("game.rbxl").into(), "application/xml", XML),
        (PlaceFile::new(b"anything".to_vec()).format(PlaceFormat::Xml), "application/xml", b"anything"),
        // What the caller says of the file is taken as it is.
        (File::new(&b"anything"[..]).media_type("application/xml").into(), "application/xml", b"anything"),
    ] {
        let script =
            Script::new().expect(Expect::post(VERSIONS).query("versionType", "Published"), published());
        assert_eq!(publish(&script, file).await.expect("a version"), 7);
        let opencloud::body::Body::Bytes { content_type: sent, content: body, .. } =
            &script.received()[0].body
        else {
            panic!("a place is sent as it is");
        };
        assert_eq!((sent.as_str(), &body[..]), (content_type, content));
    }
    let script = Script::new().expect(Expect::post(VERSIONS).query("versionType", "Saved"), published());
    assert_eq!(scripted(&script).places().publish(42, 1818, BINARY).saved().await.expect("a version"), 7);
}

#[tokio::test]
async fn what_is_no_place_is_not_sent() {
    let limited = |bytes: u64| PlaceFile::new(BINARY).max_bytes(bytes);
    for (file, problem) in [
        (PlaceFile::from(&b"\x89PNG\r\n\x1a\n"[..]), "no place file"),
        (PlaceFile::from(Vec::new()), "empty"),
        (File::new(BINARY).name("tree.rbxm").into(), "a model"),
        (limited(BINARY.len() as u64 - 1), "more than 24"),
        (PlaceFile::new(File::reader(BINARY, None)).max_bytes(3), "larger than 3 bytes"),
    ] {
        let script = Script::new();
        let error = publish(&script, file).await.expect_err(problem);
        assert!(error.is_usage() && error.to_string().contains(problem), "{problem}: {error}");
        assert_eq!(script.count(), 0);
    }
    let script = Script::new().expect(Expect::post(VERSIONS), published());
    publish(&script, limited(BINARY.len() as u64)).await.expect("just small enough");
}

#[tokio::test]
async fn a_conflict_says_what_to_do() {
    let conflict = MockResponse::error(ErrorShape::Code, 409, "ABORTED", "Server is busy.");
    let script = Script::new().expect(Expect::post(VERSIONS), conflict);
    let error = publish(&script, BINARY).await.expect_err("a conflict").to_string();
    assert!(error.contains("Server is busy.") && error.contains("Team Create"), "{error}");
}

/// PL-01, PL-02: the same bytes give the number of the version that is there, so that publishing is repeated
/// after what passes, if the bytes can be sent again and the caller has not switched it off.
#[tokio::test(start_paused = true)]
async fn publishing_is_repeated_if_the_bytes_are_there() {
    let mut disk = tempfile::NamedTempFile::new().expect("a file");
    disk.write_all(BINARY).expect("writing");
    let path = || File::open(disk.path());
    let reader = || File::reader(BINARY, BINARY.len() as u64);
    let failed = |status: u16| MockResponse::status(status, "Request Context Failure");
    for (file, response, attempts) in [
        (path().await.expect("a file"), MockResponse::rate_limited(1), 2),
        (path().await.expect("a file"), failed(500), 2),
        (path().await.expect("a file"), failed(502), 2),
        (File::new(BINARY), failed(504), 2),
        (File::new(BINARY), MockResponse::interrupted(), 2),
        (File::new(BINARY), failed(400), 1),
        (reader(), MockResponse::rate_limited(1), 1),
        (reader(), failed(500), 1),
    ] {
        let script = Script::new()
            .expect(Expect::post(VERSIONS), response)
            .always(Expect::post(VERSIONS), published());
        let outcome = publish(&script, file).await;
        assert_eq!(outcome.is_ok(), attempts == 2, "{outcome:?}");
        assert_eq!(script.count(), attempts);
        assert!(script.received().iter().all(|request| request.bytes().is_some_and(|sent| sent == BINARY)));
    }
    let script = Script::new().always(Expect::post(VERSIONS), failed(500));
    let publish = scripted(&script).places().publish(42, 1818, BINARY).with_idempotent(false);
    let error = publish.await.expect_err("a failure");
    assert!(error.may_have_been_applied() && script.count() == 1, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_upload_may_have_done_is_not_forgotten() {
    let busy = MockResponse::error(ErrorShape::Code, 409, "ABORTED", "Server is busy.");
    let script = Script::new()
        .expect(Expect::post(VERSIONS), MockResponse::interrupted())
        .expect(Expect::post(VERSIONS), busy)
        .always(
            Expect::post(VERSIONS),
            MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no"),
        );
    let publish = scripted(&script).places().publish(42, 1818, BINARY);
    let error = publish.wait_while_busy(Duration::from_secs(300)).await.expect_err("a refusal");
    assert!(error.is_permission_denied() && error.may_have_been_applied(), "{error}");
    assert_eq!(error.attempts(), 3);
    script.assert_done();
}

/// PL-09: a Team Create session outlasts Studio by minutes. Who says so waits for its end, and no longer
/// than that.
#[tokio::test(start_paused = true)]
async fn a_busy_server_can_be_waited_for() {
    let busy = || {
        let words = "Server is busy and unable to process your upload request. Please try again later.";
        MockResponse::error(ErrorShape::Code, 409, "ABORTED", words)
    };
    let reader = || File::reader(BINARY, BINARY.len() as u64);
    let files = [PlaceFile::from(BINARY), PlaceFile::from(reader())];
    for file in files {
        // 30, 45, 60 and 60 seconds.
        let script = Script::new().expect_times(4, Expect::post(VERSIONS), busy());
        let script = script.expect(Expect::post(VERSIONS), published());
        let publish = scripted(&script).places().publish(42, 1818, file);
        let publish = publish.wait_while_busy(Duration::from_secs(300));
        let (version, wait) = timed(async { publish.await }).await;
        assert_eq!((version.expect("a version"), wait.as_secs()), (7, 195));
        assert!(script.received().iter().all(|request| request.bytes().is_some_and(|sent| sent == BINARY)));
    }

    let script = Script::new().always(Expect::post(VERSIONS), busy());
    let publish = |longest| {
        let publish = scripted(&script).places().publish(42, 1818, BINARY);
        timed(async move { publish.wait_while_busy(Duration::from_secs(longest)).await })
    };
    for (longest, seconds, attempts) in [(0, 0, 1), (50, 50, 3), (1_000_000, 900, 17)] {
        let before = script.count();
        let (outcome, wait) = publish(longest).await;
        let error = outcome.expect_err("a conflict");
        assert!(error.is_conflict(), "{error}");
        assert_eq!((wait.as_secs(), error.attempts()), (seconds, attempts), "{longest}");
        assert_eq!(script.count() - before, attempts as usize);
    }

    // Another conflict does not pass.
    let other = MockResponse::error(ErrorShape::Code, 409, "ABORTED", "The place is not in this universe.");
    let script = Script::new().always(Expect::post(VERSIONS), other);
    let publish = scripted(&script).places().publish(42, 1818, BINARY);
    publish.wait_while_busy(Duration::from_secs(300)).await.expect_err("a conflict");
    assert_eq!(script.count(), 1);
}

#[tokio::test]
async fn versions_have_a_history_and_notes() -> Result<(), Error> {
    let emulator = Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("k").base_url(emulator.base_url()).build()?;
    let places = client.places();
    let published = places.publish(2001, 3001, BINARY).await?;
    let saved = places.publish(2001, 3001, XML).saved().await?;
    assert_eq!(saved, published + 1);
    let notes = UpdatePlaceVersionNotesRequest::new().title("Winter").description("Snow.");
    places.update_version_notes(3001, published, notes).await?;
    let history = places.list_versions(3001).is_published(true).items().collect().await?;
    let version = published.to_string();
    let found = history.iter().find(|entry| entry.version.as_deref() == Some(version.as_str()));
    assert_eq!(found.and_then(|entry| entry.title.as_deref()), Some("Winter"), "{history:?}");
    assert!(history.iter().all(|entry| entry.version.as_deref() != Some(&saved.to_string())));
    Ok(())
}
