//! The example's service, over HTTP.

#[path = "../../examples/webhook_receiver.rs"]
#[allow(dead_code, reason = "the example's main")]
mod example;

use super::verifier;
use http::StatusCode;
use opencloud::webhook::{Notification, SIGNATURE_HEADER};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

/// Posts like Roblox does.
async fn post(address: std::net::SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> StatusCode {
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    socket.write_all(&[head.as_bytes(), body].concat()).await.expect("a request");
    let mut response = String::new();
    socket.read_to_string(&mut response).await.expect("a response");
    response.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

#[tokio::test]
async fn it_responds_at_once_and_hands_over_each_notification_once() {
    let (sender, mut queue) = mpsc::channel(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = example::service(verifier(), sender);
    tokio::spawn(async move { axum::serve(listener, service).await });

    let now = jiff::Timestamp::now();
    let notification = |id: &str| Notification::new(id, "SampleNotification", now, json!({ "UserId": 1 }));
    let body = |id: &str| serde_json::to_vec(&notification(id)).expect("JSON");
    let send = async |body: &[u8]| {
        let signature = verifier().sign(now, body);
        post(address, &[(SIGNATURE_HEADER, &signature)], body).await
    };

    // Nobody reads the queue yet, and still there is a response.
    assert_eq!(send(&body("1")).await, StatusCode::NO_CONTENT);
    assert_eq!(send(&body("1")).await, StatusCode::NO_CONTENT, "it came twice");
    // The queue is full: Roblox may try again, and then it is no replay.
    assert_eq!(send(&body("2")).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(queue.recv().await.expect("the first").id(), "1");
    assert_eq!(send(&body("2")).await, StatusCode::NO_CONTENT);
    assert_eq!(queue.recv().await.expect("the second").id(), "2");

    assert_eq!(post(address, &[], &body("3")).await, StatusCode::UNAUTHORIZED);
    let wrong = verifier().sign(now, b"another body");
    assert_eq!(post(address, &[(SIGNATURE_HEADER, &wrong)], &body("3")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(b"not JSON").await, StatusCode::BAD_REQUEST);
    let large = vec![b' '; 2 * 1024 * 1024];
    assert_eq!(send(&large).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        tokio::time::timeout(Duration::ZERO, queue.recv()).await.is_err(),
        "nothing that was refused is in the queue"
    );
}
