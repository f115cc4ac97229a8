//! A program that is started, killed, and started again until it is done.

use crate::Outcome;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a program that failed is started again. It goes on where it was.
const MOST_RUNS: u32 = 10;
const LONGEST_RUN: Duration = Duration::from_secs(240);
/// The moments at which programs are killed, in milliseconds after their start.
const KILLED_AFTER: std::ops::Range<u64> = 30..900;

/// What all programs are started with.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) base_url: String,
    pub(super) folder: PathBuf,
    pub(super) programs: PathBuf,
    pub(super) kills: u32,
    pub(super) seed: u64,
}

/// The programs of a job, and how often they were started.
#[derive(Debug)]
pub(super) struct Runs {
    setting: Setting,
    random: Mutex<fastrand::Rng>,
    started: AtomicU32,
}

impl Setting {
    pub(super) fn runs(&self) -> Runs {
        let random = Mutex::new(fastrand::Rng::with_seed(self.seed));
        Runs { setting: self.clone(), random, started: AtomicU32::new(0) }
    }
}

impl Runs {
    pub(super) fn count(&self) -> u32 {
        self.started.load(Ordering::Relaxed)
    }

    /// A path in the folder in which the programs run.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.setting.folder.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Outcome<()> {
        let path = self.path(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Starts a program, kills it as often as it is to be, and then lets it run until it says that it is done. What it
    /// has written to its standard output in the end.
    pub(super) async fn until_done(&self, program: &str, arguments: &[&str]) -> Outcome<String> {
        for _ in 0..self.setting.kills {
            let after = self.random.lock().map_err(|error| error.to_string())?.u64(KILLED_AFTER);
            self.run(program, arguments, Duration::from_millis(after)).await?;
        }
        for _ in 0..MOST_RUNS {
            let status = self.run(program, arguments, LONGEST_RUN).await?;
            if status.is_some_and(|status| status.success()) {
                return fs::read_to_string(self.log(program, "out")).map_err(|error| error.to_string());
            }
            if let Some(status) = status.filter(|status| status.code() != Some(1)) {
                return Err(format!("{program} has ended with {status}: {}", self.last_line(program)));
            }
        }
        Err(format!("{program} is not done after {MOST_RUNS} runs: {}", self.last_line(program)))
    }

    /// Lets a program run for so long at most; `None` if it was killed then.
    async fn run(&self, program: &str, arguments: &[&str], longest: Duration) -> Outcome<Option<ExitStatus>> {
        let mut child = self.start(program, arguments)?;
        let end = Instant::now() + longest;
        loop {
            let failed = |error: std::io::Error| format!("{program}: {error}");
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Ok(Some(status));
            }
            if Instant::now() >= end {
                child.kill().and_then(|()| child.wait()).map_err(failed)?;
                return Ok(None);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn start(&self, program: &str, arguments: &[&str]) -> Outcome<Child> {
        self.started.fetch_add(1, Ordering::Relaxed);
        let log = |stream| File::create(self.log(program, stream)).map_err(|error| error.to_string());
        Command::new(self.setting.programs.join(program))
            .args(arguments)
            .current_dir(&self.setting.folder)
            .env("ROBLOX_API_KEY", "any")
            .env("ROBLOX_API_BASE_URL", &self.setting.base_url)
            .stdin(Stdio::null())
            .stdout(log("out")?)
            .stderr(log("err")?)
            .spawn()
            .map_err(|error| format!("{program} did not start: {error}"))
    }

    fn log(&self, program: &str, stream: &str) -> PathBuf {
        self.path(format!("{program}.{stream}"))
    }

    fn last_line(&self, program: &str) -> String {
        let text = fs::read_to_string(self.log(program, "err")).unwrap_or_default();
        text.trim().lines().last().unwrap_or_default().to_owned()
    }
}
