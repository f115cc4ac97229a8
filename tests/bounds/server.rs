//! A server that sends whatever a test says, as long as the client takes it.

use opencloud::retry::Retry;
use opencloud::{Client, ClientBuilder};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any machine needs for what is not to wait.
pub(crate) const LONG_TIMEOUT: Duration = Duration::from_secs(60);

/// What may be on its way when a client stops reading: the buffers of both sockets, and what the client has read.
pub(crate) const ON_ITS_WAY: u64 = 16 * 1024 * 1024;

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A request, to which a response is sent piece by piece.
pub(crate) struct Exchange {
    stream: TcpStream,
    sent: Arc<AtomicU64>,
}

impl Exchange {
    /// Sends a piece; `false` if the client takes no more.
    pub(crate) async fn send(&mut self, piece: &[u8]) -> bool {
        let is_sent = self.stream.write_all(piece).await.is_ok();
        if is_sent {
            self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        is_sent
    }

    /// Sends a piece again and again.
    pub(crate) async fn send_for_ever(&mut self, piece: &[u8]) {
        while self.send(piece).await {}
    }

    /// Sends a byte at a time, each after a pause, again and again.
    pub(crate) async fn drip_for_ever(&mut self, byte: u8) {
        while self.send(&[byte]).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// One request per connection.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    sent: Arc<AtomicU64>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `respond` is given the number of the request, from 0 on.
    pub(crate) async fn start<F, S>(respond: F) -> Self
    where
        F: Fn(usize, Exchange) -> S + Send + Sync + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self { address, requests: Arc::default(), sent: Arc::default(), heads: Arc::default() };
        let (requests, sent, heads) = (server.requests.clone(), server.sent.clone(), server.heads.clone());
        let respond: Arc<dyn Fn(usize, Exchange) -> Serving + Send + Sync> =
            Arc::new(move |number, exchange| Box::pin(respond(number, exchange)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, sent, heads) = (requests.clone(), sent.clone(), heads.clone());
                let respond = respond.clone();
                tokio::spawn(async move {
                    let Some((head, stream)) = read_head(stream).await else { return };
                    heads.lock().expect("heads").push(head);
                    let number = requests.fetch_add(1, Ordering::Relaxed);
                    respond(number, Exchange { stream, sent }).await;
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that makes one attempt and has a long timeout.
    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .api_key("key")
            .base_url(self.url())
            .retry(Retry::never())
            .timeout(LONG_TIMEOUT)
            .attempt_timeout(LONG_TIMEOUT)
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many bytes the clients took, or may still take from their sockets.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("heads").clone()
    }
}

async fn read_head(mut stream: TcpStream) -> Option<(String, TcpStream)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some((String::from_utf8_lossy(&head).into_owned(), stream))
}

/// A whole response with a JSON body.
pub(crate) fn json(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
