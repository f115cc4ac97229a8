//! Bodies that are too long, as they come or when they are decompressed.

use crate::server::{ON_ITS_WAY, Server, json};
use flate2::Compression;
use flate2::write::GzEncoder;
use opencloud::ErrorKind;
use std::io::Write;

const MIB: u64 = 1024 * 1024;
const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
const ENDLESS_GZIP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";

/// Zeros, of which a thousand are about one byte.
fn compressed(length: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; usize::try_from(length).expect("it is small")];
    encoder.write_all(&zeros).expect("written");
    encoder.finish().expect("compressed")
}

#[tokio::test]
async fn a_body_without_end_ends_at_the_default_bound() {
    let server = Server::start(|_, mut exchange| async move {
        exchange.send(ENDLESS).await;
        exchange.send_for_ever(&[b' '; 64 * 1024]).await;
    })
    .await;
    let error = server.client().users().get(1).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::ResponseTooLarge, "{error}");
    assert!(error.to_string().contains("67108864 bytes"), "{error}");
    assert!(error.to_string().contains("GET /cloud/v2/users/{user_id}"), "{error}");
    let sent = server.sent();
    assert!((64 * MIB..64 * MIB + ON_ITS_WAY).contains(&sent), "{sent}");
}

/// The status says more than the body: it is told, whatever comes behind it.
#[tokio::test]
async fn a_refusal_without_end_is_a_refusal() {
    let server = Server::start(|_, mut exchange| async move {
        exchange.send(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
        exchange.send_for_ever(&[b' '; 64 * 1024]).await;
    })
    .await;
    let error = server.client().users().get(1).await.expect_err("not found");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.body().is_none_or(|body| body.len() as u64 <= MIB));
    assert!(server.sent() < MIB + ON_ITS_WAY, "{}", server.sent());
}

#[tokio::test]
async fn a_bomb_is_decompressed_up_to_the_bound_of_the_download() {
    const BOUND: u64 = 3_000_000;
    // Each piece is a thousand times as much when it is decompressed, and they do not end.
    let piece = compressed(8 * MIB);
    assert!((piece.len() as u64) < 16 * 1024);
    let server = Server::start(move |_, mut exchange| {
        let piece = piece.clone();
        async move {
            exchange.send(ENDLESS_GZIP).await;
            exchange.send_for_ever(&piece).await;
        }
    })
    .await;
    let mut content = Vec::new();
    let get = server.client().request(http::Method::GET, "/file");
    let error = get.send_to(&mut content, BOUND).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::ResponseTooLarge, "{error}");
    assert!(error.to_string().contains("3000000 bytes"), "{error}");
    assert!(content.len() as u64 <= BOUND, "{}", content.len());
    assert!(server.sent() < ON_ITS_WAY, "{}", server.sent());
}

/// Calls do not ask for compression, and decompress nothing.
#[tokio::test]
async fn a_bomb_in_response_to_a_call_is_not_decompressed() {
    let body = compressed(64 * MIB);
    let length = body.len();
    let server = Server::start(move |_, mut exchange| {
        let body = body.clone();
        async move {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            exchange.send(head.as_bytes()).await;
            exchange.send(&body).await;
        }
    })
    .await;
    let error = server.client().users().get(1).await.expect_err("no JSON");
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert_eq!(error.body().map(|body| body.len()), Some(length), "as it came");
    let heads = server.heads();
    assert!(heads.iter().all(|head| !head.to_ascii_lowercase().contains("accept-encoding")), "{heads:?}");
}

#[tokio::test]
async fn json_that_is_nested_without_end_is_an_error() {
    let body = "[".repeat(1_000_000);
    let server = Server::start(move |_, mut exchange| {
        let response = json("200 OK", &body);
        async move {
            exchange.send(&response).await;
        }
    })
    .await;
    let error = server.client().users().get(1).await.expect_err("no user");
    assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::Io), "{error}");
    let error = server.client().request(http::Method::GET, "/any").send().await.expect_err("too deep");
    assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::Io), "{error}");
}
