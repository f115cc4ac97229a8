//! A real server that misbehaves: what only sockets can show.

use crate::support::{KEY, Kind, own_http_client};
use opencloud::retry::Retry;
use opencloud::{Client, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with each request.
#[derive(Clone, Debug)]
enum Act {
    /// Closes the connection at once.
    Close,
    /// Sends this and closes the connection.
    Send(String),
    /// Sends this and nothing more.
    SendAndStall(String),
    /// Sends this head, and a body without end.
    SendWithoutEnd(String),
}

/// A server that keeps the head of every request.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, act.clone(), kept.clone()));
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("heads").clone()
    }

    fn client(&self) -> Client {
        self.client_with(TIMEOUT)
    }

    fn client_with(&self, attempt_timeout: Duration) -> Client {
        client(&format!("http://{}", self.address), attempt_timeout)
    }
}

/// Long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(20);

fn client(url: &str, attempt_timeout: Duration) -> Client {
    Client::builder()
        .api_key(KEY)
        .base_url(url)
        .no_proxy()
        .max_response_bytes(100_000)
        .attempt_timeout(attempt_timeout)
        .upload_attempt_timeout(attempt_timeout)
        .retry(Retry::standard().attempts(3).initial_delay(Duration::from_millis(1)))
        .build()
        .expect("a client")
}

async fn serve(mut stream: TcpStream, act: Act, heads: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse::<usize>().ok());
    heads.lock().expect("heads").push(head);
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    match act {
        Act::Close => {}
        Act::Send(text) => stream.write_all(text.as_bytes()).await.ok()?,
        Act::SendAndStall(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            std::future::pending::<()>().await;
        }
        Act::SendWithoutEnd(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            loop {
                stream.write_all(&[b' '; 10_000]).await.ok()?;
            }
        }
    }
    stream.shutdown().await.ok()
}

fn response(status: &str, length: usize, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_server_that_misbehaves() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    // What it does; kind; requests that arrive of a call that may be sent twice, and of one that may not.
    let rows = [
        ("reset before the response", Act::Close, ErrorKind::Io, 3, 1),
        ("reset in mid-body", Act::Send(response("200 OK", 100, "{\"name\":")), ErrorKind::Io, 3, 1),
        ("reset in mid-chunk", Act::Send(format!("{chunked}5\r\n{{\"na")), ErrorKind::Io, 3, 1),
        ("truncated JSON", Act::Send(response("200 OK", 8, "{\"name\":")), ErrorKind::Io, 3, 1),
        ("stalled head", Act::SendAndStall("HTTP/1.1 200".to_owned()), ErrorKind::Timeout, 3, 1),
        ("stalled body", Act::SendAndStall(response("200 OK", 100, "{")), ErrorKind::Timeout, 3, 1),
        ("no HTTP", Act::Send("SSH-2.0-OpenSSH\r\n".to_owned()), ErrorKind::Io, 3, 1),
        ("404", Act::Send(response("404 Not Found", 2, "{}")), ErrorKind::NotFound, 1, 1),
        (
            "a long body",
            Act::Send(response("200 OK", 200_000, &" ".repeat(200_000))),
            ErrorKind::ResponseTooLarge,
            1,
            1,
        ),
        (
            "an endless body",
            Act::SendWithoutEnd("HTTP/1.1 200 OK\r\n\r\n".to_owned()),
            ErrorKind::ResponseTooLarge,
            1,
            1,
        ),
        (
            "an endless error",
            Act::SendWithoutEnd("HTTP/1.1 500 No\r\n\r\n".to_owned()),
            ErrorKind::Service,
            3,
            1,
        ),
    ];
    for (name, act, expected, twice, once) in rows {
        for kind in Kind::ALL {
            let server = Server::start(act.clone()).await;
            // Where nothing more comes, however long one waits, there is no need to wait long.
            let stalls = matches!(act, Act::SendAndStall(_));
            let timeout = if stalls { Duration::from_millis(300) } else { TIMEOUT };
            let error = kind.send(&server.client_with(timeout)).await.expect_err(name);
            let requests = if kind.is_idempotent() { twice } else { once };
            assert_eq!(error.kind(), expected, "{name} x {kind:?}: {error}");
            assert_eq!(server.heads().len(), requests, "{name} x {kind:?}");
            // Of all that the server does here, only a refusal says that nothing was done.
            let ambiguous = expected != ErrorKind::NotFound && kind.has_effects();
            assert_eq!(error.may_have_been_applied(), ambiguous, "may {name} x {kind:?} have been applied?");
            assert!(!format!("{error} {error:?}").contains(KEY));
        }
    }
}

/// A download is read as it comes, up to a bound, and only as long as something comes.
#[cfg(feature = "files")]
#[tokio::test]
async fn a_download_from_a_server_that_misbehaves() {
    let response = |body: &str| response("200 OK", 100, body);
    for (act, expected, written) in [
        (Act::SendWithoutEnd("HTTP/1.1 200 OK\r\n\r\n".to_owned()), ErrorKind::ResponseTooLarge, None),
        (Act::SendAndStall(response("abc")), ErrorKind::Timeout, Some(3)),
        (Act::Send(response("abc")), ErrorKind::Io, Some(3)),
    ] {
        let server = Server::start(act.clone()).await;
        let stalls = matches!(act, Act::SendAndStall(_));
        let client = server.client_with(if stalls { Duration::from_millis(300) } else { TIMEOUT });
        let mut content = Vec::new();
        let outcome = client.request(http::Method::GET, "/file").send_to(&mut content, 300_000).await;
        let error = outcome.expect_err("a failure");
        assert_eq!(error.kind(), expected, "{act:?}: {error}");
        assert_eq!(server.heads().len(), 1, "{act:?}: what was written cannot be taken back");
        assert!(content.len() <= 300_000 && written.is_none_or(|written| content.len() == written));
    }
}

#[tokio::test]
async fn nobody_listens() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").port()
    };
    for kind in Kind::ALL {
        let error =
            kind.send(&client(&format!("http://127.0.0.1:{port}"), TIMEOUT)).await.expect_err("an error");
        assert!(error.is_connect(), "{kind:?}: {error:?}");
        assert_eq!(error.attempts(), 3, "{kind:?}: it was never sent, so it may be sent again");
        assert!(!error.may_have_been_applied());
    }
}

#[tokio::test]
async fn what_arrived_of_a_response_is_kept() {
    let server = Server::start(Act::Send(response("404 Not Found", 100, "{\"code\":"))).await;
    let error = Kind::Get.send(&server.client()).await.expect_err("an error");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert_eq!(error.body().map(|body| &body[..]), Some(&b"{\"code\":"[..]));
    assert!(error.headers().is_some_and(|headers| headers.contains_key("content-type")));
    assert_eq!(server.heads().len(), 1, "a 404 does not pass");
}

#[tokio::test]
async fn a_redirect_takes_no_credential_along() {
    let other = Server::start(Act::Send(response("200 OK", 2, "{}"))).await;
    let location = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{}/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        other.address
    );
    let server = Server::start(Act::Send(location)).await;
    for kind in Kind::ALL {
        let error = kind.send(&server.client()).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Redirect, "{kind:?}");
    }
    assert_eq!(other.heads().len(), 0);

    // A client of the user's that follows redirects is found out.
    let own = Client::builder()
        .api_key(KEY)
        .base_url(format!("http://{}", server.address))
        .http_client(own_http_client().build().expect("a client"))
        .build()
        .expect("a client");
    let error = Kind::Get.send(&own).await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

#[tokio::test]
async fn what_is_on_the_wire() {
    let server = Server::start(Act::Send(response("200 OK", 23, "{\"path\":\"operations/1\"}"))).await;
    let client = server.client();
    client.data_stores().get_entry(1, "a/b:c", "..%2f..").await.expect("a response");
    Kind::Post.send(&client).await.expect("a response");
    Kind::Upload.send(&client).await.expect("a response");
    let heads = server.heads();
    let line = |head: &str| head.lines().next().unwrap_or_default().to_owned();
    assert_eq!(line(&heads[0]), "GET /cloud/v2/universes/1/data-stores/a%2Fb%3Ac/entries/..%252f.. HTTP/1.1");
    assert_eq!(line(&heads[1]), "POST /cloud/v2/universes/1/data-stores/store/entries?id=entry HTTP/1.1");
    for head in &heads {
        let count = |name: &str| head.lines().filter(|line| line.to_lowercase().starts_with(name)).count();
        assert_eq!(count("x-api-key: "), 1, "{head}");
        assert_eq!(count("user-agent: opencloud-rust/"), 1, "{head}");
        // A GET has no body, and so no length of one.
        assert_eq!(count("content-length: "), usize::from(!head.starts_with("GET ")), "{head}");
        assert_eq!(count("authorization"), 0, "{head}");
    }
    assert!(heads[2].to_lowercase().contains("content-type: multipart/form-data; boundary="), "{}", heads[2]);
}

/// The variable that names the proxy to this test's second process.
const CHILD: &str = "OPENCLOUD_TEST_BEHIND_A_PROXY";

/// What goes to this machine goes past the proxy that the environment names, which would be shown
/// the key in clear. The environment is that of a second process, which runs this test alone.
#[tokio::test]
async fn a_system_proxy_is_not_shown_the_key() {
    if std::env::var_os(CHILD).is_some() {
        let server = Server::start(Act::Send(response("200 OK", 2, "{}"))).await;
        let url = format!("http://{}", server.address);
        let key = || Client::builder().api_key(KEY);
        for builder in [
            key().base_url(&url),
            key().host_url("apis.roblox.com", &url),
            key().base_url(&url).host_url("cdn.example", "https://mirror.example"),
        ] {
            Kind::Get.send(&builder.build().expect("a client")).await.expect("a response");
        }
        assert_eq!(server.heads().len(), 3);
        return;
    }
    let proxy = Server::start(Act::Send(response("200 OK", 2, "{}"))).await;
    let url = format!("http://{}", proxy.address);
    let mut child = std::process::Command::new(std::env::current_exe().expect("a program"));
    child.args(["--exact", "servers::a_system_proxy_is_not_shown_the_key"]).env(CHILD, "1");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &url);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("a task").expect("an end");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

/// A connection that is never made: the server's queue is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_stalled_connect_had_no_effect() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut queue = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        queue.push(stream.expect("a connection"));
    }
    for kind in Kind::ALL {
        let error = kind.send(&client(&format!("http://{address}"), Duration::from_millis(200))).await;
        let error = error.expect_err("an error");
        assert!(error.is_connect() && !error.may_have_been_applied(), "{kind:?}: {error:?}");
        assert_eq!(error.attempts(), 3, "{kind:?}: so it may be sent again");
    }
}
