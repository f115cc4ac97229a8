//! Publishing places: what is sent, and what is refused before.
#![cfg(feature = "places")]

mod support;

use opencloud::call::File;
use opencloud::places::{PlaceFile, PlaceFormat, UpdatePlaceVersionNotesRequest};
use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use serde_json::json;
use std::io::Write;
use support::scripted;

const BINARY: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n\0\0the place";
const XML: &[u8] = b"<?xml version=\"1.0\"?>\n<roblox version=\"4\"></roblox>";
const VERSIONS: &str = "/universes/v1/42/places/1818/versions";

fn answered() -> Answer {
    // The service says that this is text.
    Answer::bytes(json!({ "versionNumber": 7 }).to_string()).header("content-type", "text/plain")
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
            Script::new().expect(Expect::post(VERSIONS).query("versionType", "Published"), answered());
        assert_eq!(publish(&script, file).await.expect("a version"), 7);
        let opencloud::call::Body::Bytes { content_type: sent, content: body, .. } =
            &script.received()[0].body
        else {
            panic!("a place is sent as it is");
        };
        assert_eq!((sent.as_str(), &body[..]), (content_type, content));
    }
    let script = Script::new().expect(Expect::post(VERSIONS).query("versionType", "Saved"), answered());
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
    let script = Script::new().expect(Expect::post(VERSIONS), answered());
    publish(&script, limited(BINARY.len() as u64)).await.expect("just small enough");
}

#[tokio::test]
async fn a_conflict_says_what_to_do() {
    let conflict = Answer::error(ErrorShape::Code, 409, "ABORTED", "Server is busy.");
    let script = Script::new().expect(Expect::post(VERSIONS), conflict);
    let error = publish(&script, BINARY).await.expect_err("a conflict").to_string();
    assert!(error.contains("Server is busy.") && error.contains("Team Create"), "{error}");
}

/// A limit is waited for, and the same bytes are sent again; a failure that may have made a version is
/// not repeated.
#[tokio::test(start_paused = true)]
async fn only_what_made_no_version_is_repeated() {
    let mut disk = tempfile::NamedTempFile::new().expect("a file");
    disk.write_all(BINARY).expect("writing");
    let path = || File::open(disk.path());
    let reader = || File::reader(BINARY, BINARY.len() as u64);
    let limited = || Answer::rate_limited(1);
    let failed = || Answer::status(500, "");
    for (file, answer, attempts) in [
        (path().await.expect("a file"), limited(), 2),
        (path().await.expect("a file"), failed(), 1),
        (reader(), limited(), 1),
    ] {
        let script =
            Script::new().expect(Expect::post(VERSIONS), answer).always(Expect::post(VERSIONS), answered());
        let outcome = publish(&script, file).await;
        assert_eq!(outcome.is_ok(), attempts == 2, "{outcome:?}");
        assert_eq!(script.count(), attempts);
        assert!(script.received().iter().all(|request| request.bytes().is_some_and(|sent| sent == BINARY)));
    }
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
