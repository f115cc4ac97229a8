//! A pool of the slots of places, at an emulator whose time is tokio's, so that minutes take no time.

use crate::support::direct::Direct;
use crate::support::timed;
use opencloud::luau::{Failure, Pool, PoolCheckpoint, PoolOutcome, PoolRun, PoolScript};
use opencloud::places::Place;
use opencloud::retry::{Retry, RetryBudget};
use opencloud::{Client, Error, ErrorKind, Progress};
use opencloud_emulator::{Builder, Emulator, LuauError, LuauRun, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const UNIVERSE: u64 = 2001;
const PLACE: u64 = 3001;
/// Another place of the universe.
const OTHER: u64 = 3002;

/// How often each script has run, by the name that it prints.
#[derive(Clone, Default)]
struct Runs(Arc<Mutex<BTreeMap<String, u32>>>);

impl Runs {
    /// An emulator that counts.
    fn counted(&self) -> Builder {
        let runs = self.0.clone();
        Emulator::builder().luau(move |task| {
            *runs.lock().expect("runs").entry(name_in(task.script)).or_default() += 1;
            None
        })
    }

    fn of_each(&self) -> BTreeMap<String, u32> {
        self.0.lock().expect("runs").clone()
    }
}

/// Scripts that print their names and return their numbers.
fn scripts(count: usize) -> Vec<PoolScript> {
    let script =
        |number| PoolScript::new(format!("s{number}"), format!("print(\"s{number}\") return {number}"));
    (0..count).map(script).collect()
}

fn name_in(script: &str) -> String {
    let printed = script.split("print(\"").nth(1).and_then(|rest| rest.split('"').next());
    printed.unwrap_or("?").to_owned()
}

async fn read(mut run: PoolRun) -> Vec<PoolOutcome> {
    let mut outcomes = Vec::new();
    while let Some(outcome) = run.next().await {
        outcomes.push(outcome);
    }
    outcomes
}

async fn run(pool: Pool, scripts: Vec<PoolScript>) -> Vec<PoolOutcome> {
    read(pool.run(scripts).expect("a run")).await
}

fn names<'a>(outcomes: impl IntoIterator<Item = &'a PoolOutcome>) -> BTreeSet<&'a str> {
    outcomes.into_iter().map(|outcome| outcome.name.as_str()).collect()
}

async fn rename(client: &Client, place: u64, name: &str) {
    let change = Place::new().display_name(name);
    client.places().update(UNIVERSE, place, change).await.expect("a place");
}

fn creates(emulator: &Emulator) -> Vec<Recorded> {
    let is_create = |request: &Recorded| request.operation.as_deref() == Some("luau.create_task");
    emulator.requests().into_iter().filter(is_create).collect()
}

#[tokio::test(start_paused = true)]
async fn many_scripts_share_the_slots_of_several_places() {
    let runs = Runs::default();
    let direct = Direct::start(runs.counted()).await;
    let client = direct.client();
    for place in [PLACE, OTHER] {
        rename(&client, place, "slow slots").await;
    }
    let told = Told::default();
    let pool =
        client.luau().pool(UNIVERSE, PLACE).place(UNIVERSE, OTHER).read_logs(0).on_progress(told.clone());
    let outcomes = run(pool, scripts(70)).await;
    assert_eq!(names(&outcomes).len(), 70);
    for outcome in &outcomes {
        let finished = outcome.result.as_ref().expect("a result");
        assert_eq!(format!("s{}", finished.result::<u32>(0).expect("a number")), outcome.name);
        let logged: Vec<_> = outcome.logs.iter().filter_map(|line| line.message.as_deref()).collect();
        assert_eq!((logged, outcome.starts), (vec![outcome.name.as_str()], 1));
    }
    assert!(runs.of_each().values().all(|times| *times == 1));
    let places: BTreeMap<String, usize> = outcomes.iter().fold(BTreeMap::new(), |mut places, outcome| {
        *places.entry(outcome.task.as_ref().expect("a task").place().to_string()).or_default() += 1;
        places
    });
    assert!(places.values().all(|count| *count >= 30), "{places:?}");
    // A slot is left alone until the service takes it again (LX-10).
    assert!(creates(&direct.emulator).iter().all(|request| request.status == 200));
    assert_eq!(told.last(), Some((70, Some(70))));
}

/// How many are done, of how many.
type Count = (u64, Option<u64>);

/// The latest count that a run has told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Option<Count>>>);

impl Told {
    fn last(&self) -> Option<Count> {
        *self.0.lock().expect("a count")
    }
}

impl Progress for Told {
    fn advanced(&self, done: u64, total: Option<u64>) {
        *self.0.lock().expect("a count") = Some((done, total));
    }
}

#[tokio::test(start_paused = true)]
async fn outcomes_come_in_the_order_of_completion() {
    let direct = Direct::start(Emulator::builder()).await;
    let scripts = [
        ("slow", "--emulator: boot 60s\nreturn 1"),
        ("quick", "return 2"),
        ("failing", "error('no spawn')"),
        ("middling", "--emulator: boot 30s\nreturn 3"),
    ];
    let run = direct.client().luau().pool(UNIVERSE, PLACE).run(scripts).expect("a run");
    let outcomes = read(run).await;
    let order: Vec<_> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    assert_eq!(order[2..], ["middling", "slow"]);
    let failing = outcomes.iter().find(|outcome| outcome.name == "failing").and_then(PoolOutcome::failure);
    assert!(matches!(failing, Some(Failure::Script { message, .. }) if message.contains("no spawn")));
    let slow = &outcomes[3];
    assert!(slow.elapsed >= Duration::from_secs(60) && slow.elapsed < Duration::from_secs(70), "{slow:?}");
}

/// LX-08: a server that has to start first takes none of the script's time.
#[tokio::test(start_paused = true)]
async fn a_cold_start_takes_no_time_of_the_script() {
    let direct = Direct::start(Emulator::builder()).await;
    let pool = direct.client().luau().pool(UNIVERSE, PLACE).at_version(3).timeout(Duration::from_secs(5));
    let run = pool.run([("cold", "--emulator: boot 45s\nreturn 1")]).expect("a run");
    let outcomes = read(run).await;
    assert!(outcomes[0].result.is_ok(), "{outcomes:?}");
}

/// LX-07: the newest version is not always what runs.
#[tokio::test(start_paused = true)]
async fn a_script_that_finds_another_version_is_started_again() {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    rename(&client, PLACE, "stale pool").await;
    let pool = || client.luau().pool(UNIVERSE, PLACE).expect_version(3);

    let running = tokio::spawn(run(pool(), scripts(2)));
    tokio::time::sleep(Duration::from_secs(25)).await;
    rename(&client, PLACE, "fresh").await;
    for outcome in running.await.expect("a run") {
        assert!(outcome.result.is_ok() && outcome.starts > 1, "{outcome:?}");
    }

    rename(&client, PLACE, "stale pool").await;
    let (outcomes, time) = timed(run(pool().wait_for_version(Duration::from_secs(60)), scripts(1))).await;
    assert!(matches!(outcomes[0].failure(), Some(Failure::OtherVersion { found: 2, expected: 3, .. })));
    assert!(time >= Duration::from_secs(60) && time < Duration::from_secs(150), "{time:?}");
    // A version that is named is the one that runs.
    let pinned = client.luau().pool(UNIVERSE, PLACE).at_version(3);
    assert!(run(pinned, scripts(1)).await[0].result.is_ok());
}

/// LX-15: five new tasks a minute, however many slots there are.
#[tokio::test(start_paused = true)]
async fn the_quota_of_new_tasks_is_waited_for() {
    let direct = Direct::start(Emulator::builder().rate_limits(true)).await;
    let pool = direct.client().luau().pool(UNIVERSE, PLACE).at_version(3);
    let (outcomes, time) = timed(run(pool, scripts(22))).await;
    let failed: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(time >= Duration::from_secs(4 * 60) && time < Duration::from_secs(15 * 60), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_others_have_filled_is_left_for_another_or_waited_for() {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    for _ in 0..10 {
        let _task = client.luau().run("--emulator: stuck").at(UNIVERSE, PLACE).start().await.expect("a task");
    }
    let pool = client.luau().pool(UNIVERSE, PLACE).place(UNIVERSE, OTHER);
    for outcome in run(pool, scripts(30)).await {
        assert_eq!(outcome.task.expect("a task").place().to_string(), OTHER.to_string());
        assert!(outcome.result.is_ok());
    }
    let pool = client.luau().pool(UNIVERSE, PLACE).wait_for_slot(Duration::from_secs(60));
    let (outcomes, time) = timed(run(pool, scripts(1))).await;
    let error = outcomes[0].result.as_ref().expect_err("the place is full");
    assert!(error.is_rate_limited() && error.to_string().contains("waited for 60 s"), "{error}");
    assert!(time >= Duration::from_secs(60) && time < Duration::from_secs(80), "{time:?}");
}

/// LX-19: what the service failed may be run again, if the caller says that this does no harm.
#[tokio::test(start_paused = true)]
async fn a_failure_of_the_service_is_repeated_only_if_that_does_no_harm() {
    for (idempotent, starts, succeeds) in [(false, 1, false), (true, 2, true)] {
        let attempts = Arc::new(Mutex::new(0));
        let builder = Emulator::builder().luau(move |_| {
            let mut attempts = attempts.lock().expect("a count");
            *attempts += 1;
            Some(match *attempts {
                1 => LuauRun::fails(LuauError::InternalError, "an internal error"),
                _ => LuauRun::returns([1.into()]),
            })
        });
        let direct = Direct::start(builder).await;
        let pool = direct.client().luau().pool(UNIVERSE, PLACE).with_idempotent(idempotent);
        let outcomes = run(pool, scripts(1)).await;
        assert_eq!((outcomes[0].starts, outcomes[0].result.is_ok()), (starts, succeeds));
    }
}

/// What happens to a request before it has an effect.
const BEFORE: [&str; 9] =
    ["429,retry-after=1", "408", "500", "502", "503", "504", "html", "reset", "latency:700ms"];
/// What happens to the response of a request that has had its effect.
const AFTER: [&str; 4] = ["truncate", "cut", "applied:500", "applied:reset"];

/// Each fault for a tenth of all requests.
fn with_faults(builder: Builder, faults: &[&str], seed: u64) -> Builder {
    let with = |builder: Builder, fault: &&str| {
        builder.fault(&format!("*={fault},probability=0.1")).expect("a fault")
    };
    faults.iter().fold(builder, with).fault_seed(seed)
}

/// A client that does not give up.
fn persistent(direct: &Direct) -> Client {
    let retry = Retry::standard().jitter(false).attempts(40);
    direct.builder().retry(retry).retry_budget(RetryBudget::unlimited()).build().expect("a client")
}

/// Half of all requests and more fail. What may run twice has an outcome all the same; of the rest none runs twice, and
/// what is not known to have run says so.
#[tokio::test(start_paused = true)]
async fn every_fault_at_a_tenth_of_all_requests() {
    for seed in 0..4 {
        for idempotent in [true, false] {
            let runs = Runs::default();
            let faults = [&BEFORE[..], &AFTER].concat();
            let direct = Direct::start(with_faults(runs.counted(), &faults, seed)).await;
            let pool = persistent(&direct).luau().pool(UNIVERSE, PLACE).with_idempotent(idempotent);
            let outcomes = run(pool, scripts(25)).await;
            assert_eq!(names(&outcomes).len(), 25);
            let runs = runs.of_each();
            for outcome in outcomes {
                let times = runs.get(&outcome.name).copied().unwrap_or_default();
                match outcome.result {
                    Ok(_) if idempotent => assert!(times >= 1),
                    Ok(_) => assert_eq!(times, 1, "{}", outcome.name),
                    Err(error) if idempotent => panic!("{}: {error}", outcome.name),
                    Err(error) => {
                        assert!(times == 0 || error.may_have_been_applied(), "{}: {error}", outcome.name);
                        assert!(times <= 1, "{} ran {times} times", outcome.name);
                    }
                }
            }
        }
    }
}

/// A pool of a program that may be killed: it keeps the checkpoint as a text.
#[derive(Clone, Default)]
struct Program {
    saved: Arc<Mutex<Option<String>>>,
    /// What it has reported.
    reported: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Program {
    /// Runs to the end, or until it is killed.
    async fn run(&self, client: &Client, scripts: Vec<PoolScript>, time: Duration) -> bool {
        let saved = self.saved.clone();
        let pool = client.luau().pool(UNIVERSE, PLACE).slots(5).with_idempotent(true);
        let mut pool = pool.on_checkpoint(move |checkpoint| {
            *saved.lock().expect("a text") = Some(serde_json::to_string(checkpoint)?);
            Ok(())
        });
        let text = self.saved.lock().expect("a text").clone();
        if let Some(text) = text {
            pool = pool.resume(serde_json::from_str(&text).expect("a checkpoint"));
        }
        let mut run = pool.run(scripts).expect("a run");
        let reading = async {
            while let Some(outcome) = run.next().await {
                assert!(outcome.result.is_ok(), "{outcome:?}");
                *self.reported.lock().expect("names").entry(outcome.name).or_default() += 1;
            }
        };
        tokio::time::timeout(time, reading).await.is_ok()
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_goes_on_without_loss_and_without_running_anything_twice() {
    for seed in 0..8 {
        let runs = Runs::default();
        let faults = if seed % 2 == 0 { &[] } else { &BEFORE[..] };
        let direct = Direct::start(with_faults(runs.counted(), faults, seed)).await;
        let client = persistent(&direct);
        let mut random = fastrand::Rng::with_seed(seed);
        let slow =
            |number: usize| format!("--emulator: boot {}s\nprint(\"s{number}\") return 1", number % 23);
        let scripts: Vec<_> =
            (0..40).map(|number| PoolScript::new(format!("s{number}"), slow(number))).collect();
        let program = Program::default();
        for _ in 0..10 {
            let time = Duration::from_millis(random.u64(0..20_000));
            program.run(&client, scripts.clone(), time).await;
        }
        assert!(program.run(&client, scripts.clone(), Duration::from_secs(3600)).await);
        assert_eq!(program.reported.lock().expect("names").len(), 40);
        assert!(runs.of_each().values().all(|times| *times == 1), "{:?}", runs.of_each());
        assert_eq!(runs.of_each().len(), 40);
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_not_kept_any_more_is_started_again() {
    let runs = Runs::default();
    let direct = Direct::start(runs.counted()).await;
    let client = direct.client();
    let program = Program::default();
    assert!(program.run(&client, scripts(3), Duration::from_secs(3600)).await);
    tokio::time::sleep(Duration::from_secs(25 * 3600)).await;
    assert!(program.run(&client, scripts(3), Duration::from_secs(3600)).await);
    assert!(runs.of_each().values().all(|times| *times == 2));
}

/// How many tasks the emulator has that have not ended.
fn unfinished(emulator: &Emulator) -> usize {
    let tasks = emulator.state().get("luau/tasks").expect("tasks");
    let tasks = tasks.as_object().expect("tasks by path").values();
    tasks.filter(|task| task["polls"].as_u64() < Some(2)).count()
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_pool_leaves_nothing_running() {
    let runs = Runs::default();
    let direct = Direct::start(runs.counted()).await;
    let client = direct.client();
    let slow = |number: usize| format!("--emulator: boot {number}s\nprint(\"s{number}\") return 1");
    let scripts: Vec<_> = (0..40).map(|number| PoolScript::new(format!("s{number}"), slow(number))).collect();
    let mut run = client.luau().pool(UNIVERSE, PLACE).run(scripts).expect("a run");
    let first = [run.next().await.expect("an outcome"), run.next().await.expect("an outcome")];
    assert!(unfinished(&direct.emulator) > 0);
    let rest = run.cancel().await;
    assert_eq!(unfinished(&direct.emulator), 0);
    assert_eq!(names(first.iter().chain(&rest)).len(), 40);
    let (started, others): (Vec<_>, Vec<_>) = rest.iter().partition(|outcome| outcome.starts > 0);
    assert!(started.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!(started.len() + first.len(), runs.of_each().len());
    for outcome in others {
        let error = outcome.result.as_ref().expect_err("it was not started");
        assert!(error.to_string().contains("was not started") && !error.may_have_been_applied(), "{error}");
        assert_eq!((&outcome.task, runs.of_each().get(&outcome.name)), (&None, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_dropped_or_stopped_starts_nothing_more() {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    let mut run = client.luau().pool(UNIVERSE, PLACE).run(scripts(40)).expect("a run");
    run.next().await.expect("an outcome");
    let before = direct.emulator.requests().len();
    drop(run);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(direct.emulator.requests().len(), before);

    let stop = tokio::time::sleep(Duration::from_secs(5));
    let outcomes =
        read(client.luau().pool(UNIVERSE, OTHER).stop_when(stop).run(scripts(40)).expect("a run")).await;
    let (done, not): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.result.is_ok());
    assert_eq!((done.len(), not.len()), (10, 30));
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_cannot_be_kept_ends_the_run() {
    let direct = Direct::start(Emulator::builder()).await;
    let pool = direct.client().luau().pool(UNIVERSE, PLACE).slots(1);
    let outcomes =
        run(pool.on_checkpoint(|_| Err(std::io::Error::other("the disk is full"))), scripts(3)).await;
    assert!(outcomes[0].result.is_ok(), "what runs is waited for");
    for outcome in &outcomes[1..] {
        let error = outcome.result.as_ref().expect_err("it was not started");
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
}

/// A key that is refused is refused for all: the other scripts are not tried.
#[tokio::test(start_paused = true)]
async fn a_wrong_key_ends_the_run() {
    let direct = Direct::start(Emulator::builder().api_key("another key")).await;
    let outcomes = run(direct.client().luau().pool(UNIVERSE, PLACE).slots(2), scripts(20)).await;
    assert_eq!(outcomes.len(), 20);
    for outcome in outcomes {
        assert_eq!(outcome.result.expect_err("a refusal").kind(), ErrorKind::Unauthenticated);
    }
    assert!(direct.emulator.requests().len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_run_is_refused_before_anything_is_sent() {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    let pool = || client.luau().pool(UNIVERSE, PLACE);
    let one = || vec![PoolScript::new("a", "return 1")];
    let twice = vec![PoolScript::new("a", "return 1"), PoolScript::new("a", "return 2")];
    let cases: Vec<(Pool, Vec<PoolScript>, &str)> = vec![
        (pool(), vec![], "1 to 10000 scripts, not 0"),
        (pool(), vec![PoolScript::new("a", "")], "the script \"a\": the script is empty"),
        (pool(), vec![PoolScript::new("", "return 1")], "an empty name"),
        (pool(), twice, "two scripts of the pool are called \"a\""),
        (pool().timeout(Duration::from_secs(301)), one(), "at most 300 seconds, not 301"),
        (pool().slots(0), one(), "1 to 10 slots, not 0"),
        (pool().slots(11), one(), "1 to 10 slots, not 11"),
        (pool().place(UNIVERSE, PLACE), one(), "the place 3001 is in the pool twice"),
    ];
    for (pool, scripts, why) in cases {
        let error = pool.run(scripts).expect_err(why);
        assert!(error.is_usage() && error.to_string().contains(why), "{error}");
    }
    assert_eq!(direct.emulator.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_checkpoint_of_another_run_is_refused() -> Result<(), Error> {
    let direct = Direct::start(Emulator::builder()).await;
    let client = direct.client();
    let mut run = client.luau().pool(UNIVERSE, PLACE).run(scripts(2))?;
    while run.next().await.is_some() {}
    let checkpoint = run.checkpoint();
    assert_eq!(checkpoint.tasks().map(|(name, _)| name).collect::<Vec<_>>(), ["s0", "s1"]);
    let text = serde_json::to_string(&checkpoint).expect("a text");
    assert_eq!(serde_json::from_str::<PoolCheckpoint>(&text).expect("a checkpoint"), checkpoint);
    assert!(serde_json::from_str::<PoolCheckpoint>(&text.replace("s1", "s2")).is_err(), "it was changed");
    assert!(serde_json::from_str::<PoolCheckpoint>(&text[..text.len() - 1]).is_err(), "it was cut off");

    let before = direct.emulator.requests().len();
    let resumed = |pool: Pool| pool.resume(checkpoint.clone());
    let at = |place: u64| client.luau().pool(UNIVERSE, place);
    let changed = vec![PoolScript::new("s0", "return 7"), PoolScript::new("s1", "return 8")];
    for (pool, scripts, why) in [
        (at(OTHER), scripts(2), "its places are 2001/3001"),
        (at(PLACE).at_version(3), scripts(2), "at version 3"),
        (at(PLACE), scripts(1), "\"s1\", which the pool has not"),
        (at(PLACE), changed, "\"s0\" has changed since"),
    ] {
        let error = resumed(pool).run(scripts).expect_err(why);
        assert!(error.is_usage() && error.to_string().contains(why), "{error}");
    }
    // A script that is new is no hindrance.
    drop(resumed(at(PLACE)).run(scripts(3))?);
    assert_eq!(direct.emulator.requests().len(), before);
    Ok(())
}

/// LX-06: a task of a version that cannot be loaded never ends.
#[tokio::test(start_paused = true)]
async fn a_task_that_never_ends_holds_up_nothing_but_its_slot() {
    let direct = Direct::start(Emulator::builder()).await;
    let pool =
        direct.client().luau().pool(UNIVERSE, PLACE).slots(2).timeout(Duration::from_secs(60)).read_logs(3);
    let stuck = PoolScript::new("stuck", "--emulator: stuck");
    let (outcomes, time) = timed(run(pool, [vec![stuck], scripts(8)].concat())).await;
    let (ended, unfinished): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.result.is_ok());
    assert_eq!((ended.len(), names(unfinished.iter().copied())), (8, BTreeSet::from(["stuck"])));
    let error = unfinished[0].result.as_ref().expect_err("it goes on");
    assert!(error.is_timeout() && error.operation_name().is_some(), "{error}");
    assert!(unfinished[0].logs.is_empty() && unfinished[0].log_error.is_none());
    assert!(time < Duration::from_secs(10 * 60), "{time:?}");
}
