//! Responses that come a byte at a time: something always comes, and yet nothing is ever there.

use crate::server::{LONG_TIMEOUT, Server};
use opencloud::{Client, ErrorKind};
use std::time::{Duration, Instant};

const ATTEMPT: Duration = Duration::from_millis(300);

/// How long a call takes until its error.
async fn failed(client: &Client) -> (opencloud::Error, Duration) {
    let begun = Instant::now();
    let error = client.users().get(1).await.expect_err("nothing is whole");
    (error, begun.elapsed())
}

async fn server(head: &'static [u8]) -> Server {
    Server::start(move |_, mut exchange| async move {
        exchange.send(head).await;
        exchange.drip_for_ever(b' ').await;
    })
    .await
}

#[tokio::test]
async fn the_time_of_an_attempt_ends_a_response_that_drips() {
    let parts: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n{",
        b"HTTP/1.1 200 OK\r\nx-long: a",
    ];
    for head in parts {
        let server = server(head).await;
        let client = server.builder().attempt_timeout(ATTEMPT).build().expect("a client");
        let (error, time) = failed(&client).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains("300 ms"), "{error}");
        assert!(time >= ATTEMPT && time < LONG_TIMEOUT / 2, "{time:?}");
    }
}

/// All attempts together end with the call's own time.
#[tokio::test]
async fn the_time_of_a_call_ends_all_attempts() {
    let server = server(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{").await;
    let builder = server.builder().retry(opencloud::retry::Retry::standard().attempts(1_000_000));
    let client = builder.attempt_timeout(ATTEMPT).timeout(ATTEMPT * 6).build().expect("a client");
    let (error, time) = failed(&client).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.attempts() >= 1 && time < LONG_TIMEOUT / 2, "{time:?}: {error}");
    assert_eq!(server.requests(), usize::try_from(error.attempts()).expect("few"));
}

/// The body of a refusal is worth less than its status, and is waited for a few seconds.
#[tokio::test]
async fn a_refusal_whose_body_drips_is_a_refusal() {
    let server = server(b"HTTP/1.1 404 Not Found\r\ncontent-length: 100000\r\n\r\n").await;
    let (error, time) = failed(&server.client()).await;
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(time < LONG_TIMEOUT / 2, "{time:?}");
}
