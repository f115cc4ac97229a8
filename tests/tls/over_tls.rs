//! A server with a certificate, of which a second process is told where the platform keeps those it knows.

use crate::client;
use crate::support::{KEY, Kind, h2};
use opencloud::Client;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The variable that names the server to this test's second process.
const CHILD: &str = "OPENCLOUD_TEST_OF_TLS";

/// CN-02, over TLS and with the client's own settings: calls share a session of HTTP/2, uploads have a
/// connection of HTTP/1.1 each, and a session that has died is noticed by its pings, long before the
/// attempt's time is over. A certificate that nobody knows is refused.
#[tokio::test]
async fn a_dead_session_is_noticed() {
    if let Ok(url) = std::env::var(CHILD) {
        let hour = Duration::from_secs(3600);
        let builder = Client::builder().api_key(KEY).base_url(url).timeout(hour).attempt_timeout(hour);
        let client = builder.build().expect("a client");
        Kind::Upload.send(&client).await.expect("an upload");
        for attempts in [1, 2] {
            assert_eq!(client.users().get(1).send().await.expect("a user").attempts(), attempts);
        }
        return;
    }
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    let seen: Arc<Mutex<Vec<&str>>> = Arc::default();
    let (acceptor, kept) = (acceptor(&key), seen.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(acceptor.clone(), stream, kept.clone()));
        }
    });

    for kind in [Kind::Get, Kind::Upload] {
        let error = kind.send(&client(&url)).await.expect_err("nobody knows the certificate");
        assert!(error.is_connect() && !error.may_have_been_applied(), "{error:?}");
    }
    let mut known = tempfile::NamedTempFile::new().expect("a file");
    known.write_all(key.cert.pem().as_bytes()).expect("writing");
    let mut child = std::process::Command::new(std::env::current_exe().expect("a program"));
    child.args(["--exact", "over_tls::a_dead_session_is_noticed"]);
    child.env(CHILD, &url).env("SSL_CERT_FILE", known.path()).env_remove("SSL_CERT_DIR");
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("a task").expect("an end");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(*seen.lock().expect("sessions"), ["http/1.1", "h2", "h2"]);
}

fn acceptor(key: &rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let secret = rustls::pki_types::PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], secret.into())
        .expect("a certificate");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config).into()
}

/// Serves an upload, or a session; the first session falls silent after one response.
async fn serve(acceptor: TlsAcceptor, stream: TcpStream, seen: Arc<Mutex<Vec<&'static str>>>) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let is_session = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let mut start = vec![0; h2::PREFACE.len()];
    stream.read_exact(&mut start).await.ok()?;
    let is_first = {
        let mut seen = seen.lock().expect("sessions");
        let is_first = !seen.contains(&"h2");
        seen.push(if is_session { "h2" } else { "http/1.1" });
        is_first
    };
    if is_session {
        let act = |request| if is_first && request == 1 { h2::Act::FallSilent } else { h2::Act::Respond };
        return h2::serve(stream, act).await;
    }
    while !start.ends_with(b"\r\n\r\n") {
        start.push(stream.read_u8().await.ok()?);
    }
    let body = "{\"path\":\"operations/1\"}";
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok().map(drop)
}
