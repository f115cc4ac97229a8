//! A server as a process, which ends with its owner.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub struct Server {
    process: Child,
    /// Its URL.
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts one and waits until it says where it listens, which it does when it can be asked.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let process = command.stdout(Stdio::piped()).spawn();
        let process = process.map_err(|error| format!("{name} could not be started: {error}"))?;
        let mut server = Self { process, address: String::new() };
        let output = server.process.stdout.take().ok_or(format!("{name} has no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(|error| format!("{name}: {error}"))?;
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        server.address = address.ok_or(format!("{name} names no address: {line:?}"))?.to_owned();
        Ok(server)
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }
}
