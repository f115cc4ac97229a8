//! Headers that are too long, or too many.

use crate::server::{ON_ITS_WAY, Server};
use opencloud::ErrorKind;

const MB: usize = 1_000_000;

/// What a client makes of headers that go on like this.
async fn refused(piece: Vec<u8>, pieces: usize) -> opencloud::Error {
    let server = Server::start(move |_, mut exchange| {
        let piece = piece.clone();
        async move {
            exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n").await;
            for _ in 0..pieces {
                if !exchange.send(&piece).await {
                    return;
                }
            }
            exchange.send(b"\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    })
    .await;
    let error = server.client().users().get(1).await.expect_err("too much");
    assert_eq!(server.requests(), 1);
    assert!(server.sent() < ON_ITS_WAY, "{}", server.sent());
    error
}

#[tokio::test]
async fn a_header_of_ten_megabytes_is_refused() {
    let mut first = b"x-long: ".to_vec();
    first.extend(vec![b'a'; MB]);
    // The header goes on with every piece.
    let error = refused(vec![b'a'; MB], 10).await;
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    let error = refused([first, b"\r\n".to_vec()].concat(), 10).await;
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.to_string().contains("GET /cloud/v2/users/{user_id}: "), "{error}");
    assert!(error.to_string().contains("head"), "{error}");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let error = refused(b"x-more: a\r\n".repeat(10_000), 1_000).await;
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.to_string().contains("head"), "{error}");
}

/// Whoever changes something is told that it may have been done.
#[tokio::test]
async fn a_write_with_such_a_response_may_have_been_applied() {
    let server = Server::start(|_, mut exchange| async move {
        exchange.send(b"HTTP/1.1 200 OK\r\nx-long: ").await;
        exchange.send_for_ever(&[b'a'; 64 * 1024]).await;
    })
    .await;
    let error =
        server.client().data_stores().store(1, "Players").create("key", &1).await.expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
}
