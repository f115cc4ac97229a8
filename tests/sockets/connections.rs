//! Connections that die, and responses that come half or from somebody else: what a real server did.

use crate::support::{KEY, Kind, own_http_client};
use opencloud::body::File;
use opencloud::retry::Retry;
use opencloud::types::Asset;
use opencloud::{Client, ClientBuilder, ErrorKind};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PLACE: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n\0\0the place";

/// What HAProxy sent for an upload on a connection that was dropped (ER-03).
const HAPROXY: &str =
    "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";

/// What the server does with a request.
#[derive(Clone, Debug)]
enum Act {
    /// Sends this, after a while, and waits for the next request.
    Send(Vec<u8>, Duration),
    /// Closes the connection.
    Drop,
    /// Does nothing more.
    Stall,
}

fn send(text: impl Into<Vec<u8>>) -> Act {
    Act::Send(text.into(), Duration::ZERO)
}

fn response(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn ok(body: &str) -> Act {
    send(response("200 OK", "application/json", body))
}

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Seen {
    /// The number of the connection, and of the request on it.
    connection: usize,
    nth: usize,
    head: String,
    body: Vec<u8>,
}

impl Seen {
    fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

type Plan = Arc<dyn Fn(&Seen, usize) -> Act + Send + Sync>;

/// A server that decides by the request and by how many there were before.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    async fn start(plan: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (kept, plan): (_, Plan) = (seen.clone(), Arc::new(plan));
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, connection, plan.clone(), kept.clone()));
            }
        });
        Self { address, seen }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .api_key(KEY)
            .base_url(format!("http://{}", self.address))
            .retry(Retry::standard().initial_delay(Duration::from_millis(1)))
    }

    fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("requests").clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    plan: Plan,
    all: Arc<Mutex<Vec<Seen>>>,
) -> Option<()> {
    for nth in 0.. {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut seen = Seen { connection, nth, head, body: Vec::new() };
        let length = seen.headers("content-length").first().and_then(|length| length.parse().ok());
        seen.body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut seen.body).await.ok()?;
        let before = {
            let mut all = all.lock().expect("requests");
            all.push(seen.clone());
            all.len() - 1
        };
        match plan(&seen, before) {
            Act::Send(text, after) => {
                tokio::time::sleep(after).await;
                stream.write_all(&text).await.ok()?;
            }
            Act::Drop => return None,
            Act::Stall => std::future::pending::<()>().await,
        }
    }
    None
}

/// CN-01: what is written to a used connection is lost. No upload is ever written to one, although reads
/// before and after it use theirs again, and lose it.
#[tokio::test]
async fn no_upload_meets_a_used_connection() {
    for lost in [Act::Drop, Act::Stall] {
        let end = lost.clone();
        let server = Server::start(move |seen, _| match seen.nth {
            0 => ok("{\"path\":\"operations/1\",\"versionNumber\":7}"),
            _ => end.clone(),
        })
        .await;
        let client = server.builder().attempt_timeout(Duration::from_millis(300)).build().expect("a client");
        for _ in 0..3 {
            let user = client.users().get(1).send().await.expect("a user");
            assert!(user.attempts() <= 2, "{lost:?}: a read is repeated on a new connection");
            Kind::Upload.send(&client).await.expect("an upload");
            client.places().publish(1, 2, PLACE).await.expect("a version");
        }
        let seen = server.seen();
        let uploads: Vec<_> = seen.iter().filter(|seen| seen.line().starts_with("POST")).collect();
        assert_eq!(uploads.len(), 6, "{lost:?}: each is sent once");
        assert!(uploads.iter().all(|seen| seen.nth == 0 && seen.line().ends_with("HTTP/1.1")), "{uploads:?}");
        assert!(seen.iter().any(|seen| seen.nth == 1), "{lost:?}: reads share connections");
    }
}

/// With the caller's own client, uploads share its pool, or have another client of the caller's.
#[tokio::test]
async fn the_callers_own_client_for_uploads() {
    for has_own in [false, true] {
        let server = Server::start(|_, _| ok("{\"path\":\"operations/1\"}")).await;
        let mut builder = server.builder().http_client(own_http_client().build().expect("a client"));
        if has_own {
            let uploads = own_http_client().http1_only().pool_max_idle_per_host(0);
            builder = builder.upload_http_client(uploads.build().expect("a client"));
        }
        let client = builder.build().expect("a client");
        for _ in 0..3 {
            Kind::Get.send(&client).await.expect("a user");
            Kind::Upload.send(&client).await.expect("an upload");
        }
        let seen = server.seen();
        let shared = seen.iter().filter(|seen| seen.line().starts_with("POST") && seen.nth > 0).count();
        assert_eq!(shared, if has_own { 0 } else { 3 }, "{seen:?}");
    }
}

/// ER-03: a page of the edge says nothing of the request, whatever its status, and however late it comes.
#[tokio::test]
async fn a_page_of_the_edge_is_no_response() {
    let pages = [
        ("400 Bad request", "text/html"),
        ("400 Bad request", ""),
        ("200 OK", "text/html"),
        ("403 No", "text/html"),
    ];
    for (status, content_type) in pages {
        for kind in Kind::ALL {
            let page = response(status, content_type, HAPROXY);
            let server = Server::start(move |_, before| match before {
                0 => Act::Send(page.clone().into(), Duration::from_millis(20)),
                _ => ok("{}"),
            })
            .await;
            let outcome = kind.send(&server.client()).await;
            let name = format!("{status} {content_type} x {kind:?}");
            if kind.is_idempotent() {
                outcome.expect(&name);
                assert_eq!(server.seen().len(), 2, "{name}");
                continue;
            }
            let error = outcome.expect_err(&name);
            assert_eq!(error.kind(), ErrorKind::Io, "{name}: {error}");
            assert!(error.may_have_been_applied(), "{name}");
            assert!(
                error.message().contains("HTML page") && error.message().contains("400 Bad request"),
                "{error}"
            );
            assert_eq!((server.seen().len(), error.attempts()), (1, 1), "{name}");
        }
    }
}

/// What a host that is no service sends is the caller's business: a CDN's errors are pages, too.
#[tokio::test]
async fn a_page_of_another_host_is_an_ordinary_refusal() {
    let cdn = Server::start(|_, _| send(response("400 Bad request", "text/html", HAPROXY))).await;
    let service = Server::start(|_, _| ok("{}")).await;
    let url = format!("http://{}/asset", cdn.address);
    let error = service.client().request(http::Method::GET, url).send_bytes().await.expect_err("a refusal");
    assert_eq!((error.kind(), cdn.seen().len()), (ErrorKind::Refused, 1), "{error}");
}

/// PL-01, PL-02: the same bytes give the same version, so publishing is repeated after all that passes;
/// creating an asset is not.
#[tokio::test]
async fn publishing_is_repeated_and_creating_is_not() {
    let acts = [
        send(response("500 No", "application/json", "{\"message\":\"Request Context Failure\"}")),
        send(response("502 No", "text/plain", "Request Context Failure")),
        send(response("400 Bad request", "text/html", HAPROXY)),
        Act::Drop,
        Act::Stall,
    ];
    for act in acts {
        let first = act.clone();
        let server = Server::start(move |_, before| match before {
            0 => first.clone(),
            _ => ok("{\"versionNumber\":7}"),
        })
        .await;
        // Long enough for a busy machine where nothing stalls.
        let timeout = Duration::from_millis(if matches!(act, Act::Stall) { 500 } else { 20_000 });
        let client = server.builder().upload_attempt_timeout(timeout).build().expect("a client");
        let version = client.places().publish(1, 2, PLACE).await.expect("a version");
        let seen = server.seen();
        assert_eq!((version, seen.len()), (7, 2), "{act:?}");
        assert!(seen.iter().all(|seen| seen.body == PLACE && seen.nth == 0), "{act:?}");
        assert_ne!(seen[0].connection, seen[1].connection);

        let switched_off = Server::start({
            let first = act.clone();
            move |_, _| first.clone()
        })
        .await;
        let client = switched_off.builder().upload_attempt_timeout(timeout).build().expect("a client");
        let publish = client.places().publish(1, 2, PLACE).with_idempotent(false);
        let error = publish.await.expect_err("a failure");
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{act:?}: {error:?}");
        let error = Kind::Upload.send(&client).await.expect_err("a failure");
        assert!(error.may_have_been_applied() && error.attempts() == 1, "{act:?}: {error:?}");
        assert_eq!(switched_off.seen().len(), 2, "{act:?}");
    }
}

/// A page of a list, of 1.5 MB.
fn long_page() -> String {
    let item = |number: usize| json!({ "path": format!("users/1/inventory-items/{number:0>300}") });
    let items: Vec<_> = (0..4_800).map(item).collect();
    json!({ "inventoryItems": items, "nextPageToken": "" }).to_string()
}

/// CN-03: 200, and a body that ends cleanly in the middle of a string. It is cut to a length that the
/// server states, or its chunks end.
fn cut(body: &str, length: usize, chunked: bool) -> Act {
    let cut = &body[..length];
    match chunked {
        false => ok(cut),
        true => send(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{cut}\r\n0\r\n\r\n",
            cut.len()
        )),
    }
}

#[tokio::test]
async fn a_body_that_was_cut_cleanly_is_asked_for_again() {
    let page = long_page();
    assert!(page.len() > 1_572_740);
    for chunked in [false, true] {
        let (whole, short) = (ok(&page), cut(&page, 1_572_740, chunked));
        let server =
            Server::start(move |_, before| if before == 0 { short.clone() } else { whole.clone() }).await;
        let client = server.client();
        let items = client.users().list_inventory_items(1).items().collect().await.expect("all items");
        assert_eq!((items.len(), server.seen().len()), (4_800, 2), "a list fetches the page again");

        // Every kind of call, wherever the cut is: also where the last byte looks like an end.
        for length in [1, 9, 10, 27] {
            for kind in Kind::ALL {
                let short = cut("{\"path\":{\"a\":1},\"value\":\"x\"}", length, chunked);
                let server =
                    Server::start(move |_, before| if before == 0 { short.clone() } else { ok("{}") }).await;
                let outcome = kind.send(&server.client()).await;
                match outcome {
                    Ok(()) => {
                        assert!(kind.is_idempotent() && server.seen().len() == 2, "{length} x {kind:?}")
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Io, "{length} x {kind:?}: {error}");
                        assert!(error.message().contains("ends too early"), "{error}");
                        assert!(error.may_have_been_applied() && !kind.is_idempotent());
                        assert_eq!((server.seen().len(), error.attempts()), (1, 1));
                    }
                }
            }
        }
    }
}

/// Raw requests, too, whatever they are read as.
#[tokio::test]
async fn a_raw_request_does_not_take_half_a_body() {
    let start =
        || Server::start(|_, before| if before == 0 { ok("{\"a\":[1,") } else { ok("{\"a\":[1,2]}") });
    let get = |server: &Server| server.client().request(http::Method::GET, "/somewhere");
    let server = start().await;
    assert_eq!(get(&server).await.expect("JSON"), json!({ "a": [1, 2] }));
    let server = start().await;
    assert_eq!(get(&server).send_bytes().await.expect("bytes").into_inner(), "{\"a\":[1,2]}");
    // What is not said to be JSON is taken as it is.
    let server = Server::start(|_, _| send(response("200 OK", "text/plain", "{\"a\""))).await;
    assert_eq!(get(&server).send_bytes().await.expect("bytes").into_inner(), "{\"a\"");
}

/// A poll whose response was cut is a failed poll, and not the end of the wait.
#[tokio::test]
async fn a_wait_goes_on_over_polls_that_were_cut() {
    let done =
        "{\"path\":\"users/1/operations/a\",\"done\":true,\"response\":{\"imageUri\":\"https://x/y\"}}";
    let server = Server::start(move |_, before| match before {
        0 => ok("{\"path\":\"users/1/operations/a\"}"),
        // All attempts of the first poll.
        1..=4 => ok(&done[..60]),
        _ => ok(done),
    })
    .await;
    let policy = opencloud::operation::PollPolicy::new().initial_delay(Duration::from_millis(1));
    let policy = policy.minimum_delay(Duration::from_millis(1));
    let call = server.client().users().generate_thumbnail(1);
    let found = call.with_poll_policy(policy).wait().await.expect("a thumbnail");
    assert_eq!(found.image_uri.as_deref(), Some("https://x/y"));
    assert_eq!(server.seen().len(), 6);
}

/// A refusal whose body breaks off or never comes is that refusal: the head has said it.
#[tokio::test]
async fn a_429_with_a_broken_body_is_a_429() {
    let head = "HTTP/1.1 429 Too Many\r\ncontent-type: application/json\r\ncontent-length: 100\r\n";
    let broken = format!("{head}connection: close\r\n\r\n{{\"message\":");
    let server = Server::start(move |_, _| send(broken.clone())).await;
    let client = server.client();
    // The server goes on waiting for a request: the body stalls.
    let call = client.users().get(1).with_retry(Retry::never());
    let error = call.await.expect_err("a refusal");
    assert!(error.is_rate_limited() && error.attempts() == 1, "{error:?}");

    let refusing = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", refusing.local_addr().expect("an address"));
    let count = Arc::new(Mutex::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = refusing.accept().await {
            *counted.lock().expect("count") += 1;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 429 No\r\ncontent-length: 100\r\n\r\n{").await;
        }
    });
    let client = server.builder().base_url(url).build().expect("a client");
    let error = Kind::Post.send(&client).await.expect_err("a refusal");
    assert!(error.is_rate_limited() && !error.may_have_been_applied(), "{error:?}");
    assert_eq!(
        (error.attempts(), *count.lock().expect("count")),
        (4, 4),
        "nothing was done, so it is repeated"
    );
}

/// What the client sets itself is replaced by the caller's, or refused; it is never there twice.
#[tokio::test]
async fn a_header_is_there_once() {
    let server = Server::start(|_, _| ok("{}")).await;
    let client = server.client();
    let own = "application/vnd.own+json";
    let raw = |method| client.request(method, "/somewhere").with_header("content-type", own);
    raw(http::Method::POST).json(&json!({})).await.expect("JSON");
    raw(http::Method::POST).bytes("text/plain", "a").await.expect("JSON");
    raw(http::Method::POST).file(File::reader(&b"abc"[..], 3)).await.expect("JSON");
    let user = client.universes().update(1, opencloud::types::Universe::new());
    user.with_header("Content-Type", own).with_header("user-agent", "own").await.expect("JSON");
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    for seen in &seen {
        assert_eq!(seen.headers("content-type"), [own], "{}", seen.head);
        for name in ["content-length", "user-agent", "host", "accept", "x-api-key"] {
            assert_eq!(seen.headers(name).len(), 1, "{name}: {}", seen.head);
        }
    }
    assert_eq!(seen[3].headers("user-agent"), ["own"]);

    // A form's names what separates its parts.
    let form = client.assets().create(Asset::new(), File::new("a").name("a.png"));
    let error = form.with_header("content-type", "multipart/form-data").await.map(drop).expect_err("refused");
    assert!(error.is_usage() && error.message().contains("content-type"), "{error}");
    for name in
        ["Content-Length", "transfer-encoding", "host", "expect", "te", "upgrade", "proxy-authorization"]
    {
        let error = client.users().get(1).with_header(name, "1").await.map(drop).expect_err(name);
        assert!(error.is_usage() && error.attempts() == 0, "{name}: {error}");
    }
    assert_eq!(server.seen().len(), 4, "nothing of this was sent");
}

/// A pipe or a socket that has delivered everything need not end.
#[tokio::test]
async fn a_reader_that_does_not_end_is_sent_all_the_same() {
    let server = Server::start(|_, _| ok("{\"path\":\"operations/1\",\"versionNumber\":7}")).await;
    let client = server.client();
    let open = async |content: &[u8]| {
        let (mut writer, reader) = tokio::io::duplex(1024);
        writer.write_all(content).await.expect("writing");
        (writer, File::reader(reader, content.len() as u64))
    };
    let (_open, place) = open(PLACE).await;
    assert_eq!(client.places().publish(1, 2, place).await.expect("a version"), 7);
    let (_open, image) = open(b"content").await;
    client
        .assets()
        .create(Asset::new(), image.name("a.png").media_type("image/png"))
        .await
        .expect("an upload");
    let seen = server.seen();
    assert_eq!(seen[0].body, PLACE);
    assert_eq!(seen.len(), 2);
}
