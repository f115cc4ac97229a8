//! Logging in from a tool, over real sockets.

use super::emulator::{PUBLIC_CLIENT_ID, Server};
use opencloud::oauth::{App, BrowserLogin, Login};
use opencloud::{Error, ErrorKind, Scope};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A port that is free now.
async fn port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

fn app(server: &Server, redirect_uri: &str) -> App {
    let clock = server.clone();
    let app = App::builder(PUBLIC_CLIENT_ID).redirect_uri(redirect_uri).client(server.client());
    app.clock(move || clock.now()).build().expect("an app")
}

async fn send(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("a request");
    let mut response = String::new();
    let _ = socket.read_to_string(&mut response).await;
    response
}

/// A login that has begun, and waits for the browser.
struct Begun {
    address: SocketAddr,
    /// Where the browser is sent.
    url: String,
    task: JoinHandle<Result<Login, Error>>,
}

impl Begun {
    /// With a redirect URI of which `PORT` is one that is free.
    async fn at(server: &Server, redirect_uri: &str) -> Self {
        let port = port().await;
        let app = app(server, &redirect_uri.replace("PORT", &port.to_string()));
        let (shown, url) = oneshot::channel();
        let login = BrowserLogin::new(&app, [Scope::Openid]).show_with(move |url| {
            let _ = shown.send(url.to_owned());
        });
        let task = tokio::spawn(login.run());
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Self { address, url: url.await.expect("a URL"), task }
    }

    /// What the browser asks this machine for when the user has agreed.
    async fn agree(&self, server: &Server) -> String {
        let back = server.visit(&self.url).await;
        back.split_once(&self.address.port().to_string()).expect("this port").1.to_owned()
    }

    fn state(&self) -> &str {
        let after = self.url.split("state=").nth(1);
        after.and_then(|rest| rest.split('&').next()).expect("a state")
    }

    async fn end(self) -> Result<Login, Error> {
        self.task.await.expect("a task")
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

#[tokio::test]
async fn the_browser_comes_back_to_this_machine() {
    let server = Server::new();
    let login = Begun::at(&server, "http://localhost:PORT/callback").await;
    let (address, target) = (login.address, login.agree(&server).await);

    // Connections that a browser opens ahead and says nothing on, and whatever else may come.
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(TcpStream::connect(address).await.expect("a connection"));
    }
    for request in [
        get("/favicon.ico"),
        get("/callback"),
        get("/callback?code=stolen&state=guessed"),
        get("/callback?error=access_denied&state=guessed"),
        get(&target.replace("/callback", "/elsewhere")),
        get(&target).replace("GET", "POST"),
    ] {
        let response = send(address, &request).await;
        assert!(response.starts_with("HTTP/1.1 404"), "{request}: {response}");
        assert!(!response.contains("guessed"), "{response}");
    }
    assert_eq!(send(address, "no HTTP at all\r\n\r\n").await, "");
    assert_eq!(send(address, &format!("GET /{} HTTP/1.1\r\n", "a".repeat(40_000))).await, "");

    let response = send(address, &get(&target)).await;
    assert!(response.starts_with("HTTP/1.1 200") && response.contains("close this page"), "{response}");
    let login = login.end().await.expect("a login");
    assert_eq!(login.identity.expect("an identity").user.id, Some(156.into()));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_no_of_the_user_is_told() {
    let server = Server::new();
    let login = Begun::at(&server, "http://127.0.0.1:PORT/").await;
    let state = login.state();
    let response = send(login.address, &get(&format!("/?error=access_denied&state={state}"))).await;
    assert!(response.contains("not completed"), "{response}");
    let error = login.end().await.expect_err("a no");
    assert_eq!((error.kind(), error.code()), (ErrorKind::AuthorizationRequired, Some("access_denied")));
}

#[tokio::test(start_paused = true)]
async fn a_user_who_does_not_come_back_is_not_waited_for() {
    let server = Server::new();
    let begun = Instant::now();
    for (timeout, seconds) in [(None, 300), (Some(Duration::from_secs(20)), 320)] {
        let app = app(&server, &format!("http://localhost:{}/callback", port().await));
        let login = BrowserLogin::new(&app, [Scope::Openid]).show_with(|_| {});
        let login = timeout.into_iter().fold(login, |login, timeout| login.timeout(timeout));
        let error = login.run().await.expect_err("nobody came");
        assert_eq!(error.kind(), ErrorKind::AuthorizationRequired, "{error}");
        assert_eq!(begun.elapsed(), Duration::from_secs(seconds));
    }
    assert_eq!(server.facts().token_requests.len(), 0);
}

#[tokio::test]
async fn only_this_machine_is_listened_at() {
    let server = Server::new();
    for uri in [
        "https://example.com/callback",
        "https://localhost:8917/callback",
        "http://localhost/callback",
        "http://localhost:0/callback",
        "http://[::1]:8917/callback",
        "my-tool://callback",
    ] {
        let login = BrowserLogin::new(&app(&server, uri), [Scope::Openid])
            .show_with(|_| panic!("nothing is shown where nobody listens"));
        assert_eq!(login.run().await.expect_err(uri).kind(), ErrorKind::Configuration, "{uri}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let server = Server::new();
    let holder = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = holder.local_addr().expect("an address").port();
    let login = BrowserLogin::new(&app(&server, &format!("http://localhost:{port}/")), [Scope::Openid])
        .show_with(|_| panic!("nothing is shown where nobody listens"));
    let error = login.run().await.expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

/// On tokio's clock, which passes when everyone waits.
#[tokio::test(start_paused = true)]
async fn visitors_who_hang_hold_up_nobody_for_long() {
    let server = Server::new();
    let login = Begun::at(&server, "http://localhost:PORT").await;
    let (address, target) = (login.address, login.agree(&server).await);
    let target = format!("/{}", target.trim_start_matches('/'));

    // As many as are held at once: some say nothing, some half a request.
    let mut hanging = Vec::new();
    for number in 0..32 {
        let mut socket = TcpStream::connect(address).await.expect("a connection");
        if number % 2 == 0 {
            socket.write_all(b"GET /callback?co").await.expect("half a request");
        }
        hanging.push(socket);
    }
    let begun = Instant::now();
    let response = send(address, &get(&target)).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(begun.elapsed(), Duration::from_secs(10), "until the first of them is given up");
    login.end().await.expect("a login");
    for mut socket in hanging {
        let mut said = Vec::new();
        let _ = socket.read_to_end(&mut said).await;
        assert!(said.is_empty(), "{said:?}");
    }
}

#[tokio::test]
async fn a_query_may_hold_a_question_mark() {
    let server = Server::new();
    let login = Begun::at(&server, "http://localhost:PORT/callback?from=roblox").await;
    let state = login.state();
    let target = format!("/callback?from=roblox&error=server_error&error_description=Why?&state={state}");
    send(login.address, &get(&target)).await;
    let error = login.end().await.expect_err("a refusal");
    assert_eq!(error.code(), Some("server_error"));
    assert!(error.to_string().contains("Why?"), "{error}");
}
