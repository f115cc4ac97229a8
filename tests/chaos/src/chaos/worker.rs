//! A process that makes calls until it is told to stop, or killed.

use super::intents::{self, Kind};
use super::ledger::{Entry, Intent, Ledger, Reported};
use super::session::Session;
use super::world::{World, client};
use crate::Outcome;
use crate::resources::{Resources, memory};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many intents a worker acts on at a time, renewals apart.
const SLOTS: u64 = 24;
/// The longest that an intent may take; each of its calls ends within half a minute, and there are at most six.
const LONGEST: Duration = Duration::from_secs(240);
/// How long after its last call a worker may have tasks: those of closed connections end at once.
const LONGEST_TASKS: Duration = Duration::from_secs(10);
/// How long memory is looked at before it must not grow any more: what is allocated once is there then.
const WARM_UP: Duration = Duration::from_secs(20);
/// How many intents of a kind one process of a worker makes at most, so that the numbers of the next one differ.
const OF_A_PROCESS: u64 = 120_000;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WorkerOptions {
    #[arg(long)]
    pub(crate) worker: u64,
    /// How often the worker was started before.
    #[arg(long)]
    pub(crate) start: u64,
    #[arg(long)]
    pub(crate) base_url: String,
    #[arg(long)]
    pub(crate) tokens: PathBuf,
    #[arg(long)]
    pub(crate) ledger: PathBuf,
    #[arg(long)]
    pub(crate) seed: u64,
}

/// What a worker prints at its end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) tasks: u64,
    /// Resident memory in KiB: the most while it warmed up, and at the end.
    pub(crate) memory_before: u64,
    pub(crate) memory_after: u64,
    pub(crate) seconds: u64,
}

struct Shared {
    world: World,
    kinds: Vec<Box<dyn Kind>>,
    ledger: Arc<Ledger>,
    options: WorkerOptions,
    /// How many intents of each kind there were.
    numbers: Vec<AtomicU64>,
    ids: AtomicU64,
    stop: AtomicBool,
}

pub(crate) async fn work(options: WorkerOptions) -> Outcome<()> {
    let tasks_before = crate::resources::tasks();
    let begun = Instant::now();
    let shared = Arc::new(Shared::new(options)?);
    stop_when_told(&shared);
    let mut slots = JoinSet::new();
    for slot in 0..=SLOTS {
        slots.spawn(run_slot(shared.clone(), slot));
    }
    let clock = {
        let shared = shared.clone();
        tokio::spawn(async move {
            if let Some(session) = &shared.world.session {
                session.follow_clock(&shared.world.client).await;
            }
        })
    };
    let mut memory_before = memory();
    loop {
        match tokio::time::timeout(Duration::from_millis(500), slots.join_next()).await {
            Ok(None) => break,
            Ok(Some(ended)) => ended.map_err(|error| format!("a slot of the worker failed: {error}"))?,
            Err(_) if begun.elapsed() < WARM_UP => memory_before = memory_before.max(memory()),
            Err(_) => {}
        }
    }
    clock.abort();
    let _ = clock.await;
    drop(shared);
    let after = Resources::settled(tasks_before, LONGEST_TASKS).await;
    let summary = Summary {
        tasks: after.tasks - tasks_before.min(after.tasks),
        memory_before,
        memory_after: after.memory,
        seconds: begun.elapsed().as_secs(),
    };
    println!("{}", serde_json::to_string(&summary).map_err(|error| error.to_string())?);
    Ok(())
}

impl Shared {
    fn new(options: WorkerOptions) -> Outcome<Self> {
        let ledger = Arc::new(Ledger::append_to(&options.ledger)?);
        let session = Session::open(&options.base_url, &options.tokens, ledger.clone(), options.seed)?;
        let world = World { client: client(&options.base_url)?, session: Some(session) };
        let kinds = intents::all();
        let first = options.start * OF_A_PROCESS;
        let numbers = kinds.iter().map(|_| AtomicU64::new(first)).collect();
        // Ids of workers and of their processes differ; users and places have ids of up to fifteen digits.
        let ids = AtomicU64::new((options.worker + 1) * 100_000_000_000 + options.start * 10_000_000);
        Ok(Self { world, kinds, ledger, options, numbers, ids, stop: AtomicBool::new(false) })
    }

    /// Acts on a new intent of a kind, and reports it.
    async fn act(&self, kind: usize) {
        let number = self.numbers[kind].fetch_add(1, Ordering::Relaxed);
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let kind = &self.kinds[kind];
        let intent = Intent { id, kind: kind.name().to_owned(), worker: self.options.worker, number };
        self.ledger.write(&Entry::Intent(intent.clone()));
        let acting = tokio::time::timeout(LONGEST, kind.act(&self.world, &intent));
        let result = match acting.await {
            Ok(Ok(())) => Reported::Acknowledged,
            Ok(Err(failure)) => failure.reported(),
            Err(_) => Reported::Hung,
        };
        self.ledger.write(&Entry::Result { id, result });
    }
}

/// Acts on one intent after another. The last slot makes calls as the user.
async fn run_slot(shared: Arc<Shared>, slot: u64) {
    let seed = shared.options.seed.wrapping_mul(31).wrapping_add(slot);
    let mut random = fastrand::Rng::with_seed(seed);
    let renewals = shared.kinds.len() - 1;
    while !shared.stop.load(Ordering::Relaxed) {
        if slot == SLOTS {
            shared.act(renewals).await;
            tokio::time::sleep(Duration::from_millis(random.u64(20..200))).await;
        } else {
            shared.act(random.usize(..renewals)).await;
        }
    }
}

/// A line on the standard input asks for the end. Its end means that whoever started the process is gone.
fn stop_when_told(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    std::thread::spawn(move || {
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(1..) => shared.upgrade().iter().for_each(|shared| shared.stop.store(true, Ordering::Relaxed)),
            _ => std::process::exit(0),
        }
    });
}

/// The ledger of one process of a worker. Another one would write behind a torn line.
pub(crate) fn ledger_of(folder: &Path, worker: u64, start: u64) -> PathBuf {
    folder.join(format!("ledger-{worker}-{start}"))
}
