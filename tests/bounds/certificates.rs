//! Servers whose certificates are not valid. A second process is told which authority the platform knows.

use crate::server::LONG_TIMEOUT;
use opencloud::retry::Retry;
use opencloud::{Client, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The variable that names the servers to the second process.
const CHILD: &str = "OPENCLOUD_TEST_OF_CERTIFICATES";

/// What is wrong with a server, and what its error says.
const INVALID: [(&str, &str); 4] = [
    ("expired", "expired"),
    ("not yet valid", "not valid yet"),
    ("wrong name", "not valid for name"),
    ("self-signed", "UnknownIssuer"),
];

#[tokio::test]
async fn a_certificate_that_is_not_valid_is_refused_before_anything_is_sent() {
    if let Ok(urls) = std::env::var(CHILD) {
        return refused(&serde_json::from_str(&urls).expect("servers")).await;
    }
    let authority = authority();
    let mut urls = BTreeMap::new();
    for what in ["valid", "expired", "not yet valid", "wrong name", "self-signed"] {
        urls.insert(what, serve(&authority, what).await);
    }
    let mut known = tempfile::NamedTempFile::new().expect("a file");
    known.write_all(authority.pem().as_bytes()).expect("written");
    let mut child = std::process::Command::new(std::env::current_exe().expect("a program"));
    child.args([
        "--exact",
        "certificates::a_certificate_that_is_not_valid_is_refused_before_anything_is_sent",
    ]);
    child.args(["--nocapture"]).env(CHILD, serde_json::to_string(&urls).expect("text"));
    child.env("SSL_CERT_FILE", known.path()).env_remove("SSL_CERT_DIR");
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("a task").expect("an end");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{errors}");
}

/// In the second process.
async fn refused(urls: &BTreeMap<String, String>) {
    let client = |url: &str| {
        let builder = Client::builder().api_key("key").base_url(url).retry(Retry::never());
        builder.timeout(LONG_TIMEOUT).attempt_timeout(LONG_TIMEOUT).build().expect("a client")
    };
    // Otherwise it would be for another reason that the others are refused.
    client(&urls["valid"]).users().get(1).await.expect("a certificate of an authority that is known");
    for (what, says) in INVALID {
        let client = client(&urls[what]);
        let read = client.users().get(1).await.expect_err(what);
        let write = client.data_stores().store(1, "Players").create("key", &1).await.expect_err(what);
        for error in [read, write] {
            assert_eq!(error.kind(), ErrorKind::Connect, "{what}: {error}");
            assert!(!error.may_have_been_applied(), "{what}: {error}");
            let text = error.to_string();
            assert!(text.contains("certificate") && text.contains(says), "{what}: {text}");
        }
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// Serves with such a certificate, and responds to every request: where.
async fn serve(authority: &CertifiedIssuer<'static, KeyPair>, what: &str) -> String {
    let name = if what == "wrong name" { "other.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    (params.not_before, params.not_after) = match what {
        "expired" => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
        "not yet valid" => (date_time_ymd(2120, 1, 1), date_time_ymd(2121, 1, 1)),
        _ => (date_time_ymd(2020, 1, 1), date_time_ymd(2121, 1, 1)),
    };
    let key = KeyPair::generate().expect("a key");
    let certificate = match what {
        "self-signed" => params.self_signed(&key),
        _ => params.signed_by(&key, authority),
    };
    let certificate = certificate.expect("a certificate");
    let secret = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret.into())
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.ok()?);
                }
                stream.write_all(&crate::server::json("200 OK", "{\"id\":\"1\"}")).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    format!("https://localhost:{port}")
}
