//! A run of calls against emulators that fail and are killed, and its accounts.

mod emulator;
mod faults;
mod fixture;
mod intents;
mod ledger;
mod report;
mod session;
mod verdict;
mod worker;
mod workers;
mod world;

use crate::Outcome;
use emulator::Emulator;
use report::Report;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use verdict::{Sessions, Tally};
pub(crate) use worker::{WorkerOptions, work};
use workers::{Setting, Worker};
use world::World;

/// How many processes share the token file.
const WORKERS: u64 = 2;

/// The longest that a request stays in the emulator after its client is gone, and a margin.
const SETTLING: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long calls are made. Verifying comes on top.
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    minutes: f64,
    /// What the run draws from: kinds of faults, moments of kills, order of calls. Drawn at random unless given.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The emulator's program; beside this one unless given.
    #[arg(long, value_name = "FILE")]
    emulator: Option<PathBuf>,
}

/// Whether the run found nothing wrong.
pub(crate) async fn run(options: &Options) -> Outcome<bool> {
    let length = Duration::try_from_secs_f64(options.minutes * 60.0).map_err(|error| error.to_string())?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("chaos for {} s, --seed {seed}", length.as_secs());
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let binary = match &options.emulator {
        Some(path) => path.clone(),
        None => crate::beside_this("opencloud-emulator")?,
    };
    let report = play(&binary, folder.path(), seed, length).await?;
    println!("{}", report.text());
    let is_clean = report.findings().is_empty();
    if !is_clean {
        let kept = folder.keep();
        eprintln!("error: chaos found something, see above; the ledgers are in {}", kept.display());
    }
    Ok(is_clean)
}

async fn play(binary: &Path, folder: &Path, seed: u64, length: Duration) -> Outcome<Report> {
    let mut emulator = Emulator::start(binary, &folder.join("state"), seed)?;
    let world = World::observer(emulator.base_url())?;
    let setting = Setting { base_url: emulator.base_url().to_owned(), folder: folder.to_owned(), seed };
    fixture::fill(&world).await?;
    session::log_in(emulator.base_url(), &setting.tokens()).await?;
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        workers.push(Worker::start(&setting, number)?);
    }
    let worker_kills = disturb(&mut emulator, &world, &mut workers, seed, length).await?;

    emulator.set_faults(&world.client, Vec::new()).await?;
    let ledgers: Vec<_> = workers.iter().flat_map(Worker::ledgers).collect();
    let mut report = Report { seed, emulator_kills: emulator.kills, worker_kills, ..Report::default() };
    for worker in workers {
        report.workers.push(worker.stop().await?);
    }
    sleep(SETTLING).await;
    verify(&world, &ledgers, &mut report).await?;
    Ok(report)
}

/// What happens next, and when.
struct Schedule {
    random: fastrand::Rng,
    faults: Instant,
    kill: Instant,
    worker_kill: Instant,
    clock: Instant,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        let now = Instant::now();
        let mut schedule = Self {
            random: fastrand::Rng::with_seed(seed),
            faults: now,
            kill: now,
            worker_kill: now,
            clock: now,
        };
        schedule.kill = schedule.after(3_000, 8_000);
        schedule.worker_kill = schedule.after(6_000, 15_000);
        schedule.clock = schedule.after(1_000, 3_000);
        schedule
    }

    fn after(&mut self, least: u64, most: u64) -> Instant {
        Instant::now() + Duration::from_millis(self.random.u64(least..most))
    }
}

/// Puts faults in force, kills and moves the clock ahead until the time is over. Returns how many workers were killed.
async fn disturb(
    emulator: &mut Emulator,
    world: &World,
    workers: &mut [Worker],
    seed: u64,
    length: Duration,
) -> Outcome<usize> {
    let mut schedule = Schedule::new(seed);
    let begun = Instant::now();
    let mut worker_kills = 0;
    while begun.elapsed() < length {
        let now = Instant::now();
        if now >= schedule.faults {
            let faults = faults::draw(&mut schedule.random);
            emulator.set_faults(&world.client, faults).await?;
            schedule.faults = schedule.after(3_000, 6_000);
        }
        if now >= schedule.kill {
            let down = Duration::from_millis(schedule.random.u64(..700));
            emulator.kill_and_restart(down).await?;
            schedule.kill = schedule.after(3_000, 8_000);
        }
        // The last processes live for half of the run, so that their memory can be looked at.
        if now >= schedule.worker_kill && begun.elapsed() < length / 2 {
            let worker = schedule.random.usize(..workers.len());
            workers[worker].kill_and_restart()?;
            worker_kills += 1;
            schedule.worker_kill = schedule.after(6_000, 15_000);
        }
        if now >= schedule.clock {
            advance(world, session::LIFETIME).await?;
            schedule.clock = schedule.after(1_500, 4_000);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(worker_kills)
}

/// Moves the emulator's time ahead.
async fn advance(world: &World, seconds: i64) -> Outcome<()> {
    let body = serde_json::json!({ "advance": format!("{seconds}s") });
    let call = world.client.request(http::Method::POST, "/__emulator/clock").json(&body);
    call.send().await.map(drop).map_err(|error| error.to_string())
}

/// Compares what the workers wrote down with what the service holds.
async fn verify(world: &World, ledgers: &[PathBuf], report: &mut Report) -> Outcome<()> {
    let mut entries = Vec::new();
    for path in ledgers {
        entries.extend(ledger::read(path)?);
    }
    let (mut kinds, events) = verdict::sorted(entries);
    for kind in intents::all() {
        let records = kinds.remove(kind.name()).unwrap_or_default();
        let intents: Vec<_> = records.values().map(|(intent, _)| intent).collect();
        let counts = kind.verify(world, &intents).await;
        let counts = counts.map_err(|problem| format!("{} cannot be verified: {problem}", kind.name()))?;
        report.kinds.push((kind.name(), Tally::of(&records, counts.as_ref())));
    }
    report.sessions = Sessions::of(&events, report.emulator_kills + report.worker_kills);
    Ok(())
}
