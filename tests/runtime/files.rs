//! Files that are sent as they are read, and responses that are written as they come.

use crate::support::scripted;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use opencloud::body::{Body, File, Form};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use std::io::Write;
use std::sync::{Arc, Mutex};

const CONTENT: &[u8] = b"what is in the file";

fn on_disk(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".txt").tempfile().expect("a file");
    file.write_all(content).expect("writing");
    file
}

async fn send(script: &Script, file: File) -> Result<(), Error> {
    let form = Form::new().text("about", "it").file("file", file);
    scripted(script).request(Method::PUT, "/upload").form(form).await.map(drop)
}

/// The file's part of every form that was sent: its name and content.
fn sent(script: &Script) -> Vec<(String, Vec<u8>)> {
    let parts = script.received().into_iter().map(|request| match request.body {
        Body::Form(form) => form.parts()[1].clone(),
        other => panic!("{other:?} is no form"),
    });
    parts
        .map(|part| {
            let content = part.content().expect("content").to_vec();
            (part.file_name().unwrap_or_default().to_owned(), content)
        })
        .collect()
}

/// What can be read again is sent again, unchanged; what cannot is sent once.
#[tokio::test(start_paused = true)]
async fn each_attempt_sends_the_whole_file() {
    let disk = on_disk(CONTENT);
    let name = disk.path().file_name().expect("a name").to_string_lossy().into_owned();
    let file = |content: &'static [u8]| File::reader(content, None).name("a.txt");
    for (file, name, attempts) in [
        (File::new(CONTENT).name("/home/me/a.txt"), "a.txt", 3),
        (File::open(disk.path()).await.expect("a file"), &*name, 3),
        (file(CONTENT).spooled(CONTENT.len() as u64).await.expect("a file"), "a.txt", 3),
        (File::reader(CONTENT, CONTENT.len() as u64).name("C:\\me\\a.txt"), "a.txt", 1),
    ] {
        let script = Script::new()
            .expect_times(2, Expect::put("/upload"), MockResponse::rate_limited(1))
            .expect(Expect::put("/upload"), MockResponse::empty());
        let outcome = send(&script, file).await;
        assert_eq!(outcome.is_ok(), attempts == 3, "{outcome:?}");
        assert_eq!(sent(&script), vec![(name.to_owned(), CONTENT.to_vec()); attempts]);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_sent_says_why() {
    let missing = File::open("/no/such/file.png").await.expect_err("no file");
    assert!(
        missing.kind() == ErrorKind::LocalIo && missing.to_string().contains("/no/such/file.png"),
        "{missing}"
    );
    let cause =
        std::error::Error::source(&missing).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(cause.map(std::io::Error::kind), Some(std::io::ErrorKind::NotFound));
    let folder = File::open(std::env::temp_dir()).await.expect_err("a folder");
    assert!(folder.to_string().contains("is not a file"), "{folder}");
    let large = File::reader(CONTENT, None).spooled(CONTENT.len() as u64 - 1).await.expect_err("too large");
    assert!(large.is_usage() && large.to_string().contains("larger than 18 bytes"), "{large}");

    let disk = on_disk(CONTENT);
    let grown = File::open(disk.path()).await.expect("a file");
    std::fs::write(disk.path(), [CONTENT, CONTENT].concat()).expect("writing");
    let short = File::reader(CONTENT, 100);
    for (file, problem) in [(grown, "longer than the 19 bytes"), (short, "shorter than the 100 bytes")] {
        let error = send(&Script::new(), file).await.expect_err(problem);
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_gives_nothing_is_not_waited_for_forever() {
    let (reader, _never_written) = tokio::io::duplex(64);
    let late = File::reader(reader, None).spooled(64).await.expect_err("nothing comes");
    assert!(late.kind() == ErrorKind::LocalIo && late.to_string().contains("for 300 seconds"), "{late}");
}

#[tokio::test]
async fn progress_is_told() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let disk = on_disk(&[7; 200_000]);
    let file = File::open(disk.path()).await.expect("a file");
    assert_eq!(file.length(), Some(200_000));
    let file = file.on_progress(move |sent, total| told.lock().expect("lock").push((sent, total)));
    let emulator = opencloud_emulator::Emulator::start().await.expect("an emulator");
    let client = opencloud::Client::builder().api_key("k").base_url(emulator.base_url()).build();
    // Nothing is there; what counts is that the body was sent.
    let form = Form::new().file("file", file);
    let call = client.expect("a client").request(Method::POST, "/assets/v1/assets").form(form);
    assert!(call.await.is_err());
    let seen = seen.lock().expect("lock");
    assert_eq!(seen.last(), Some(&(200_000, Some(200_000))));
    assert!(seen.len() > 1 && seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "{seen:?}");
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("writing");
    encoder.finish().expect("gzip")
}

async fn download(response: MockResponse, max_bytes: u64) -> (Result<u64, Error>, Vec<u8>) {
    let script = Script::new().expect(Expect::get("/file").header("accept-encoding", "gzip"), response);
    let mut content = Vec::new();
    let request = scripted(&script).request(Method::GET, "/file");
    let outcome = request.send_to(&mut content, max_bytes).await;
    (outcome.map(|response| *response), content)
}

#[tokio::test]
async fn a_response_is_written_as_it_comes() {
    let compressed = || MockResponse::bytes(gzip(CONTENT)).header("content-encoding", "gzip");
    for response in [MockResponse::bytes(CONTENT), compressed()] {
        let (outcome, content) = download(response, CONTENT.len() as u64).await;
        assert_eq!(outcome.expect("a download"), CONTENT.len() as u64);
        assert_eq!(content, CONTENT);
    }
    for response in [MockResponse::bytes(CONTENT), compressed()] {
        let (outcome, content) = download(response, CONTENT.len() as u64 - 1).await;
        assert_eq!(outcome.expect_err("too much").kind(), ErrorKind::ResponseTooLarge);
        assert_eq!(content, b"");
    }
}

#[tokio::test]
async fn a_download_that_fails_says_why() {
    let whole = gzip(CONTENT);
    let broken = MockResponse::bytes(whole[..whole.len() - 6].to_vec()).header("content-encoding", "gzip");
    assert!(download(broken, 100).await.0.is_err());
    let (outcome, _) = download(MockResponse::bytes(CONTENT).header("content-encoding", "br"), 100).await;
    let error = outcome.expect_err("another encoding").to_string();
    assert!(error.contains("`br`") && error.contains("GET /file"), "{error}");
    let refusal = MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such file");
    let (outcome, content) = download(refusal, 100).await;
    let error = outcome.expect_err("no file");
    assert!(error.is_not_found() && error.to_string().contains("no such file"), "{error}");
    assert_eq!(content, b"");
}

/// A megabyte that expands to a gigabyte ends at the bound, without the gigabyte ever being in memory.
#[tokio::test]
async fn a_bomb_ends_at_the_bound() {
    let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
    let (outcome, content) =
        download(MockResponse::bytes(bomb).header("content-encoding", "gzip"), 1024 * 1024).await;
    assert_eq!(outcome.expect_err("too much").kind(), ErrorKind::ResponseTooLarge);
    assert!(content.len() <= 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_download_is_repeated_until_the_response_begins() {
    let script = Script::new()
        .expect(Expect::get("/file"), MockResponse::status(503, "busy"))
        .expect(Expect::get("/file"), MockResponse::bytes(CONTENT));
    let mut content = Vec::new();
    let response = scripted(&script).request(Method::GET, "/file").send_to(&mut content, 100).await;
    assert_eq!(response.expect("a download").attempts(), 2);
    assert_eq!(content, CONTENT);
}
