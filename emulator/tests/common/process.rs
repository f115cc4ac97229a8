//! The binary, as a process of its own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opencloud-emulator"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end, which must come by itself.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().expect("started")
}

/// A running emulator. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) base_url: String,
}

impl Process {
    /// Starts on a free port and waits until it serves.
    pub(crate) fn start(arguments: &[&str]) -> Process {
        Process::start_at("0", arguments)
    }

    pub(crate) fn start_at(port: &str, arguments: &[&str]) -> Process {
        let mut child = command().args(["--port", port]).args(arguments).spawn().expect("started");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("an output"));
        output.read_line(&mut line).expect("a line");
        let base_url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        if base_url.is_empty() {
            let mut error = String::new();
            let _ = child.stderr.take().expect("errors").read_to_string(&mut error);
            panic!("it did not start: {error}");
        }
        Process { child, base_url }
    }

    pub(crate) fn port(&self) -> String {
        self.base_url.rsplit(':').next().unwrap_or_default().to_owned()
    }

    /// As `kill -9`: without a chance to write anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    /// As Ctrl-C in a service manager.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status().expect("sent");
        assert!(status.success());
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory that is removed afterwards.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Directory {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
