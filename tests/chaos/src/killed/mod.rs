//! The programs that do whole jobs, killed at random moments while the service fails: whether they end, and whether the
//! service then holds each thing once.

mod jobs;
mod program;
mod seed;
mod service;

use crate::Outcome;
use futures_util::future::join_all;
use program::Setting;
use service::Service;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Every effect that the emulator has. `stall` takes 19 s at Roblox.
const FAULTS: [&str; 12] = [
    "latency:20ms",
    "429,retry-after=1",
    "503",
    "html",
    "stall:300ms",
    "reset",
    "refuse-stream",
    "truncate",
    "cut",
    "duplicate",
    "applied:500",
    "applied:reset",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each program is killed before it may run to its end.
    #[arg(long, value_name = "N", default_value_t = 10)]
    kills: u32,
    /// An effect of the emulator, such as 503 or cut, for a tenth of all requests; may be given several times. Every
    /// effect unless given.
    #[arg(long = "fault", value_name = "EFFECT")]
    faults: Vec<String>,
    /// The part of the requests that each effect is for.
    #[arg(long, value_name = "PART", default_value_t = 0.1)]
    probability: f64,
    /// A job alone, such as export; may be given several times.
    #[arg(long = "job", value_name = "NAME")]
    jobs: Vec<String>,
    /// What the moments of the kills and the faults are drawn from. Drawn at random unless given.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Whether every job was done.
pub(crate) async fn run(options: &Options) -> Outcome<bool> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("each program is killed {} times, --seed {seed}", options.kills);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let effects = match options.faults.is_empty() {
        true => FAULTS.map(str::to_owned).to_vec(),
        false => options.faults.clone(),
    };
    let faults: Vec<String> = effects.iter().map(|effect| fault(effect, options.probability)).collect();
    let service = Service::start(&crate::beside_this("opencloud-emulator")?, folder.path(), seed, &faults)?;
    let setting = Setting {
        base_url: service.base_url().to_owned(),
        folder: folder.path().to_owned(),
        programs: programs()?,
        kills: options.kills,
        seed,
    };
    let known = jobs::all();
    if let Some(unknown) = options.jobs.iter().find(|name| known.iter().all(|job| job.name != **name)) {
        let names: Vec<&str> = known.iter().map(|job| job.name).collect();
        return Err(format!("`{unknown}` is not a job; there are {}", names.join(", ")));
    }
    let wanted = known
        .iter()
        .filter(|job| options.jobs.is_empty() || options.jobs.iter().any(|name| name == job.name));
    let running = wanted.map(|job| async {
        let (begun, runs) = (Instant::now(), setting.runs());
        let outcome = (job.run)(&runs, &service).await;
        told(job.name, &outcome, begun.elapsed(), runs.count());
        outcome.is_ok()
    });
    let is_done = join_all(running).await.into_iter().all(|is_done| is_done);
    if !is_done {
        eprintln!("error: what the programs have written is in {}", folder.keep().display());
    }
    Ok(is_done)
}

fn told(name: &str, outcome: &Outcome<()>, time: Duration, runs: u32) {
    let end = outcome.as_ref().map_or_else(|problem| format!("FAILED: {problem}"), |()| "done".to_owned());
    println!("{name:12} {:>4} s {runs:>3} runs  {end}", time.as_secs());
}

/// An effect with its options becomes a fault of every operation.
fn fault(effect: &str, probability: f64) -> String {
    format!("*={effect},probability={probability}")
}

/// Where the examples are built: beside this program.
fn programs() -> Outcome<PathBuf> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = this.with_file_name("examples");
    match folder.join("export_data_store").with_extension(std::env::consts::EXE_EXTENSION).exists() {
        true => Ok(folder),
        false => {
            Err("the examples are missing; build them: cargo build --features configs --examples".to_owned())
        }
    }
}
