//! A server that responds to every request with the next of its JSON bodies.

use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Server {
    pub(crate) base_url: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// `response` makes the body for the request of that number, the first being 0.
    pub(crate) async fn start(response: fn(usize) -> Value) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let body = response(count.fetch_add(1, Ordering::SeqCst)).to_string();
                tokio::spawn(serve(stream, body));
            }
        });
        Server { base_url, asked }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Each request has a connection of its own, and none has a body.
async fn serve(mut stream: TcpStream, body: String) {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&part[..count]),
        }
    }
    let length = body.len();
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    // A client that is gone needs no response.
    let _ = stream.write_all(response.as_bytes()).await;
}
