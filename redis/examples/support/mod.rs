//! A Redis or Valkey server of one's own, on a free port of this machine.

#![allow(dead_code, reason = "each program uses its part")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The program of a server, if one is installed.
pub(crate) fn program() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| {
        let found =
            Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    })
}

/// A server, which is stopped when it is dropped; its folder goes with it.
pub(crate) struct OwnServer {
    program: &'static str,
    child: Child,
    pub(crate) port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl OwnServer {
    /// Starts it with these arguments, and waits until it responds.
    pub(crate) fn start(program: &'static str, arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // Another program may take the port in between.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
            let folder = tempfile::tempdir().expect("a folder");
            let child = spawn(program, free.port(), &arguments, &folder);
            let mut server = Self { program, child, port: free.port(), arguments: arguments.clone(), folder };
            if server.is_ready() {
                return server;
            }
        }
        panic!("{program} does not start");
    }

    /// A server of one's own, unless there is the address of another; and the address.
    pub(crate) fn unless(url: Option<String>) -> Result<(Option<Self>, String), &'static str> {
        if let Some(url) = url {
            return Ok((None, url));
        }
        let program =
            program().ok_or("neither redis-server nor valkey-server is installed; name one with --redis")?;
        let own = Self::start(program, &[]);
        let url = own.url();
        Ok((Some(own), url))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, with what it holds in memory.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Starts it again at the same port.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.program, self.port, &self.arguments, &self.folder);
        assert!(self.is_ready(), "it starts again");
    }

    fn is_ready(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if self.child.try_wait().expect("its state").is_some() {
                return false;
            }
            if responds(self.port) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

fn responds(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut response = [0; 5];
    let said =
        stream.set_read_timeout(Some(Duration::from_secs(1))).and_then(|()| stream.write_all(b"PING\r\n"));
    said.and_then(|()| stream.read_exact(&mut response)).is_ok() && matches!(&response, b"+PONG" | b"-NOAU")
}

impl Drop for OwnServer {
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
