//! A server of its own for each test.

#[path = "../../../examples/support/mod.rs"]
mod own;

use opencloud_redis::{Server, ServerBuilder};
use own::OwnServer;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot::{self, error::RecvError};

/// A server, which is stopped when it is dropped.
pub(crate) struct TestServer(OwnServer);

/// Begins a test: starts a server, or ends the test if there is none on this machine.
macro_rules! server {
    ($($argument:expr),*) => {
        match $crate::support::TestServer::start(&[$($argument),*]) {
            Some(server) => server,
            None => return,
        }
    };
}
pub(crate) use server;

impl TestServer {
    /// Starts a server with these arguments. `None`, with a loud line, if none is installed.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        match own::program() {
            Some(program) => Some(Self(OwnServer::start(program, arguments))),
            None => {
                eprintln!(
                    "##### SKIPPED: it needs redis-server or valkey-server, and neither is installed #####"
                );
                None
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    pub(crate) fn builder(&self) -> ServerBuilder {
        Server::builder(&self.url()).expect("an address")
    }

    pub(crate) async fn connect(&self) -> Server {
        self.builder().connect().await.expect("a server")
    }

    /// Kills it, with what it holds in memory.
    pub(crate) fn kill(&mut self) {
        self.0.kill();
    }

    /// Stops it, so that it responds to nothing, or lets it go on.
    pub(crate) fn stand_still(&self, stands: bool) {
        let signal = if stands { "-STOP" } else { "-CONT" };
        let sent = std::process::Command::new("kill").args([signal, &self.0.id().to_string()]).status();
        assert!(sent.expect("a signal").success());
    }

    /// Starts it again at the same port.
    pub(crate) fn restart(&mut self) {
        self.0.restart();
    }

    /// A command by a client of its own.
    pub(crate) async fn command<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).expect("an address");
        let mut connection = client.get_multiplexed_async_connection().await.expect("a connection");
        let mut command = redis::cmd(words[0]);
        words[1..].iter().for_each(|word| {
            command.arg(word);
        });
        command.query_async(&mut connection).await.expect("a response")
    }

    /// How many scripts clients have run.
    pub(crate) async fn scripts(&self) -> u64 {
        let stats: String = self.command(&["INFO", "commandstats"]).await;
        let calls = |line: &str| line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok();
        stats.lines().filter(|line| line.starts_with("cmdstat_evalsha:")).filter_map(calls).sum()
    }

    /// All that it holds, as text.
    pub(crate) async fn content(&self) -> String {
        let keys: Vec<String> = self.command(&["KEYS", "*"]).await;
        let mut content = String::new();
        for key in keys {
            let dump: Vec<u8> = self.command(&["DUMP", &key]).await;
            content.push_str(&format!("{key} {}\n", String::from_utf8_lossy(&dump)));
        }
        content
    }
}

/// Repeats until it is so; fails after half a minute.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(30), "it did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A client that begins with `begin`, stands still with all of its tasks until the second future is awaited, and then does
/// `then`, whose result that future has. The first future is ready when it stands still.
pub(crate) fn paused_after<T: 'static, R: Send + 'static>(
    begin: impl Future<Output = T> + Send + 'static,
    then: impl AsyncFnOnce(T) -> R + Send + 'static,
) -> (impl Future<Output = Result<(), RecvError>>, impl Future<Output = R>) {
    let (paused, is_paused) = oneshot::channel();
    let (resume, is_resumed) = std::sync::mpsc::channel();
    let (result, has_result) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = runtime();
        let begun = runtime.block_on(begin);
        let _ = paused.send(());
        if is_resumed.recv().is_ok() {
            let _ = result.send(runtime.block_on(then(begun)));
        }
    });
    let resumed = async move {
        resume.send(()).expect("it stands still");
        has_result.await.expect("it has a result")
    };
    (is_paused, resumed)
}

/// A client that begins with this, and dies: none of its tasks goes on, and nothing is given back.
pub(crate) async fn dead_after<T: 'static>(begin: impl Future<Output = T> + Send + 'static) {
    let (dead, is_dead) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = runtime();
        let begun = runtime.block_on(begin);
        runtime.shutdown_background();
        drop(begun);
        let _ = dead.send(());
    });
    is_dead.await.expect("it died");
}

/// A way to a server on which every third response, and what comes after it, is held up for so long.
pub(crate) async fn slow_way(url: &str, held_up: Duration) -> String {
    let server = url.trim_start_matches("redis://").to_owned();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let way = format!("redis://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect(&server).await.expect("a server");
            let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 * 1024];
                for number in 0.. {
                    let Ok(bytes @ 1..) = from_server.read(&mut buffer).await else { return };
                    if number % 3 == 2 {
                        tokio::time::sleep(held_up).await;
                    }
                    if to_client.write_all(&buffer[..bytes]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    way
}
