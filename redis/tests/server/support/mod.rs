//! A server of its own for each test.

use opencloud_redis::{Server, ServerBuilder};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot::{self, error::RecvError};

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// A server, which is stopped when it is dropped; its folder goes with it.
pub(crate) struct TestServer {
    program: &'static str,
    child: Child,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

/// Begins a test: starts a server, or ends the test if there is none on this machine.
macro_rules! server {
    ($($argument:expr),*) => {
        match $crate::support::TestServer::start(&[$($argument),*]).await {
            Some(server) => server,
            None => return,
        }
    };
}
pub(crate) use server;

fn program() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| {
        let found =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    })
}

impl TestServer {
    /// Starts a server with these arguments. `None`, with a loud line, if none is installed.
    pub(crate) async fn start(arguments: &[&str]) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!(
                "##### SKIPPED: neither redis-server nor valkey-server is installed, and this test needs one #####"
            );
            return None;
        };
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // Another program may take the port in between.
        for _ in 0..5 {
            let port =
                TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let folder = tempfile::tempdir().expect("a folder");
            let child = spawn(program, port, &arguments, &folder);
            let mut server = Self { program, child, port, arguments: arguments.clone(), folder };
            if server.is_ready().await {
                return Some(server);
            }
        }
        panic!("{program} does not start");
    }

    async fn is_ready(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if self.child.try_wait().expect("its state").is_some() {
                return false;
            }
            if self.ping().await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    async fn ping(&self) -> bool {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let Ok(mut stream) = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await else {
            return false;
        };
        let mut response = [0; 5];
        stream.write_all(b"PING\r\n").await.is_ok()
            && stream.read_exact(&mut response).await.is_ok()
            && (response == *b"+PONG" || response == *b"-NOAU")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn builder(&self) -> ServerBuilder {
        Server::builder(&self.url()).expect("an address")
    }

    pub(crate) async fn connect(&self) -> Server {
        self.builder().connect().await.expect("a server")
    }

    /// Kills it, with what it holds in memory.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Starts it again at the same port.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(self.program, self.port, &self.arguments, &self.folder);
        assert!(self.is_ready().await, "it starts again");
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

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &str, port: u16, arguments: &[String], folder: &TempDir) -> Child {
    Command::new(program)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"])
        .arg("--dir")
        .arg(folder.path())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
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
