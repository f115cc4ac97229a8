//! The workers as processes: started, killed, started again, and stopped.

use super::worker::{Summary, ledger_of};
use crate::Outcome;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the last intents of a worker may take when no faults are in force any more.
const LONGEST_END: Duration = Duration::from_secs(300);

/// What all workers are started with.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) base_url: String,
    pub(crate) folder: PathBuf,
    pub(crate) seed: u64,
}

impl Setting {
    pub(crate) fn tokens(&self) -> PathBuf {
        self.folder.join("tokens.json")
    }
}

pub(crate) struct Worker {
    setting: Setting,
    number: u64,
    starts: u64,
    child: Child,
}

impl Worker {
    pub(crate) fn start(setting: &Setting, number: u64) -> Outcome<Self> {
        let child = spawn(setting, number, 0)?;
        Ok(Self { setting: setting.clone(), number, starts: 1, child })
    }

    /// Those of all its processes.
    pub(crate) fn ledgers(&self) -> Vec<PathBuf> {
        (0..self.starts).map(|start| ledger_of(&self.setting.folder, self.number, start)).collect()
    }

    /// Kills it in the middle of whatever it does, and starts it again.
    pub(crate) fn kill_and_restart(&mut self) -> Outcome<()> {
        self.kill();
        self.child = spawn(&self.setting, self.number, self.starts)?;
        self.starts += 1;
        Ok(())
    }

    /// Lets it end what it does; nothing if it does not end.
    pub(crate) async fn stop(mut self) -> Outcome<Option<Summary>> {
        let mut input = self.child.stdin.take().ok_or("the worker has no input")?;
        // A worker that has ended already says nothing more, which is reported below.
        let _ = input.write_all(b"stop\n").and_then(|()| input.flush());
        let output = self.child.stdout.take().ok_or("the worker has no output")?;
        let reading = tokio::task::spawn_blocking(move || BufReader::new(output).lines().next());
        let line = tokio::time::timeout(LONGEST_END, reading).await;
        // The end of the input ends a worker, so that it is open until here.
        drop(input);
        match line {
            Err(_) => Ok(None),
            Ok(Ok(Some(Ok(line)))) => {
                serde_json::from_str(&line).map(Some).map_err(|error| format!("{line}: {error}"))
            }
            Ok(other) => Err(format!("worker {} ended by itself: {other:?}", self.number)),
        }
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(setting: &Setting, number: u64, start: u64) -> Outcome<Child> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let seed = setting.seed.wrapping_mul(1_000_003).wrapping_add(number * 1_000 + start);
    let mut command = Command::new(program);
    command.arg("worker");
    for (name, value) in [("--worker", number), ("--start", start), ("--seed", seed)] {
        command.args([name, &value.to_string()]);
    }
    command.args(["--base-url", &setting.base_url]);
    command.arg("--tokens").arg(setting.tokens());
    command.arg("--ledger").arg(ledger_of(&setting.folder, number, start));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command.spawn().map_err(|error| format!("worker {number} did not start: {error}"))
}
