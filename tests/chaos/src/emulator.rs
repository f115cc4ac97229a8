//! The emulator as a process.

use crate::Outcome;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that serves, and where.
pub(crate) fn spawn(binary: &Path, arguments: &[OsString]) -> Outcome<(Child, String)> {
    let failed = |problem: String| format!("the emulator {} did not start: {problem}", binary.display());
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let mut line = String::new();
    let read = child.stdout.take().map(|output| BufReader::new(output).read_line(&mut line));
    match line.trim().rsplit(' ').next().filter(|url| url.starts_with("http")) {
        Some(url) => Ok((child, url.to_owned())),
        None => {
            let _ = child.kill();
            let _ = child.wait();
            Err(failed(format!("it printed {line:?} ({read:?})")))
        }
    }
}
