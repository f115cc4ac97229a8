//! TLS is this crate's own: what an application does with it is not touched.
//!
//! A binary of its own: one test looks at what is installed for the whole process, and the others install nothing.
#![cfg(any(feature = "rustls", feature = "native-tls"))]

#[cfg(all(target_os = "linux", feature = "rustls", not(feature = "native-tls")))]
mod over_tls;
#[path = "../support/mod.rs"]
mod support;

use opencloud::Client;
use opencloud::retry::Retry;
use std::time::Duration;
use support::{KEY, Kind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

fn client(url: &str) -> Client {
    let timeout = Duration::from_secs(20);
    let builder = Client::builder().api_key(KEY).base_url(url).retry(Retry::never());
    builder.attempt_timeout(timeout).upload_attempt_timeout(timeout).build().expect("a client")
}

/// What a call begins a connection with.
async fn hello(kind: Kind) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = client(&format!("https://{}", listener.local_addr().expect("an address")));
    let call = tokio::spawn(kind.send(&client));
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.expect("a record");
    let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut hello).await.expect("a hello");
    drop(stream);
    let error = call.await.expect("a task").expect_err("no handshake");
    assert!(error.is_connect(), "nothing was sent: {error:?}");
    hello
}

fn offers(hello: &[u8], protocol: &[u8]) -> bool {
    hello.windows(protocol.len()).any(|window| window == protocol)
}

#[tokio::test]
async fn tls_is_set_up_for_this_client_only() {
    client("https://apis.roblox.com");
    // CN-01, CN-02: uploads speak HTTP/1.1 only.
    for (kind, has_http2) in [(Kind::Get, true), (Kind::Post, true), (Kind::Upload, false)] {
        let hello = hello(kind).await;
        assert!(offers(&hello, b"\x08http/1.1"), "{kind:?}");
        assert_eq!(offers(&hello, b"\x02h2"), has_http2, "{kind:?}");
    }
    #[cfg(feature = "rustls")]
    {
        let provider = || rustls::crypto::CryptoProvider::get_default();
        assert!(provider().is_none(), "nothing was installed for the whole process");
        // The line of the README: an application that chose no TLS for its own `reqwest` needs it.
        rustls::crypto::ring::default_provider().install_default().expect("nothing was in its way");
        reqwest::Client::new();
        // An application's choice is taken, and stays.
        client("https://apis.roblox.com");
        assert!(provider().is_some());
    }
    #[cfg(not(feature = "rustls"))]
    reqwest::Client::new();
}
