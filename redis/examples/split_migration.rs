//! One migration of a data store, split over four processes, one of which is killed. It runs at an emulator.
//!
//! ```text
//! cargo run -p opencloud-redis --example split_migration
//! cargo run -p opencloud-redis --example split_migration -- --redis redis://10.0.0.7
//! ```
//!
//! Each process takes a part (a prefix of keys) after the other and saves its checkpoints in Redis; they share one rate
//! limit. The change multiplies, so that an entry that went through it twice would show it. The exit code is 1 if one did,
//! or if one was left out.

mod support;

use opencloud::Client;
use opencloud::bulk;
use opencloud::data_stores::{Entry, Migrated, MigrationCheckpoint, MigrationReport, Store};
use opencloud::limit::RateLimit;
use opencloud_emulator::Emulator;
use opencloud_redis::{RedisRateLimit, RedisSplit, SealingKeys, Server};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use support::OwnServer;

const USAGE: &str = "usage: split_migration [--redis URL] [--processes N] [--entries N]";

const UNIVERSE: u64 = 42;
const LEASE: Duration = Duration::from_secs(2);
const PARTS: u64 = 20;

type Problem = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Serialize, Deserialize)]
struct Player {
    version: u32,
    coins: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let outcome = match arguments.first().map(String::as_str) {
        Some("worker") => work(&arguments[1..]).await.map(|()| true),
        _ => lead(&arguments).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The work, as every process knows it.
async fn split(redis: &str, name: &str) -> Result<(Server, RedisSplit), Problem> {
    let server = Server::connect(redis).await?;
    let keys = SealingKeys::from_hex(&std::env::var("SEALING_KEY")?)?;
    Ok((server.clone(), RedisSplit::new(server, keys, name).lease_time(LEASE)))
}

/// What a process does: takes parts until all are done.
async fn work(arguments: &[String]) -> Result<(), Problem> {
    let [redis, emulator, name] = arguments else { return Err(USAGE.into()) };
    let (server, split) = split(redis, name).await?;
    let limit = RateLimit::with_store(RedisRateLimit::new(server)).concurrent_users(1000);
    let client = Client::builder().api_key("local").base_url(emulator).rate_limit(limit).build()?;
    let players = client.data_stores().store(UNIVERSE, "Players");
    let (mut parts, mut taken_over) = (0, 0);
    while let Some(part) = split.next().await? {
        let mut migration = players
            .migrate(|entry: &mut Entry<Player>| {
                entry.value.version += 1;
                entry.value.coins *= 100;
                Migrated::Changed
            })
            .name("coins times 100")
            .prefix(part.part());
        if let Some(checkpoint) = part.saved::<MigrationCheckpoint>()? {
            migration = migration.resume(checkpoint);
            taken_over += 1;
        }
        let report = migration.run(part.saver()).await?;
        part.finish(&report).await?;
        parts += 1;
    }
    println!("  a process: {parts} parts, of which {taken_over} were taken over");
    Ok(())
}

async fn lead(arguments: &[String]) -> Result<bool, Problem> {
    // In use it is a secret that all your machines know.
    if std::env::var_os("SEALING_KEY").is_none() {
        return run_with_key(arguments);
    }
    let (mut processes, mut entries, mut redis) = (4_usize, 2000_u64, None);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--processes" => processes = value.parse()?,
            [name, value] if name == "--entries" => entries = value.parse()?,
            [name, value] if name == "--redis" => redis = Some(value.clone()),
            _ => return Err(USAGE.into()),
        }
    }
    let (_own, redis) = OwnServer::unless(redis)?;
    let emulator = Emulator::start().await?;
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    let players = client.data_stores().store(UNIVERSE, "Players");
    seed(&players, entries).await?;

    let name = format!("coins of {}", std::process::id());
    let (_, split) = split(&redis, &name).await?;
    split.plan((0..PARTS).map(prefix)).await?;
    println!("{entries} entries in {PARTS} parts, {processes} processes");
    let start = Instant::now();
    let worker = || worker(&redis, emulator.base_url(), &name);
    let mut workers = (0..processes).map(|_| worker()).collect::<Result<Vec<_>, _>>()?;
    // One of them dies in the middle of a part, and another one comes.
    while split.progress().await?.done < PARTS / 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if let Some(mut killed) = workers.pop() {
        killed.kill()?;
        killed.wait()?;
        println!("  a process is killed after {:.1} s", start.elapsed().as_secs_f64());
        workers.push(worker()?);
    }
    for mut worker in workers {
        if !tokio::task::spawn_blocking(move || worker.wait()).await??.success() {
            return Err("a process failed".into());
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let reports: Vec<MigrationReport> = split.results().await?;
    let read: u64 = reports.iter().map(|report| report.read).sum();
    let changed: u64 = reports.iter().map(|report| report.changed).sum();
    println!(
        "  done after {seconds:.1} s: {read} read, {changed} changed, {:.0} a second",
        read as f64 / seconds
    );
    check(&players, entries).await
}

/// With a key made for this run.
fn run_with_key(arguments: &[String]) -> Result<bool, Problem> {
    let key: String = (0..64).map(|_| char::from_digit(fastrand::u32(..16), 16).unwrap_or('0')).collect();
    let mut run = Command::new(std::env::current_exe()?);
    Ok(run.args(arguments).env("SEALING_KEY", key).status()?.success())
}

fn prefix(part: u64) -> String {
    format!("Player_{part:02}_")
}

fn key(entry: u64) -> String {
    format!("{}{}", prefix(entry % PARTS), entry / PARTS)
}

async fn seed(players: &Store, entries: u64) -> Result<(), Problem> {
    let report = bulk::for_each(0..entries, |entry| {
        players.create(key(entry), &Player { version: 1, coins: entry + 1 })
    })
    .concurrency(32)
    .await;
    match report.failed.into_iter().next() {
        Some((_, error)) => Err(error.into()),
        None => Ok(()),
    }
}

/// Whether each entry went through the change once.
async fn check(players: &Store, entries: u64) -> Result<bool, Problem> {
    let mut wrong = BTreeMap::<&str, u64>::new();
    for entry in 0..entries {
        let player = players.get::<Player>(key(entry)).await?;
        let what = match player {
            Some(player) if player.value.version == 2 && player.value.coins == (entry + 1) * 100 => continue,
            Some(player) if player.value.version == 1 => "left out",
            Some(_) => "changed more than once",
            None => "lost",
        };
        *wrong.entry(what).or_default() += 1;
    }
    match wrong.is_empty() {
        true => println!("  each of {entries} entries was changed once"),
        false => println!("  WRONG: {wrong:?}"),
    }
    Ok(wrong.is_empty())
}

fn worker(redis: &str, emulator: &str, name: &str) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["worker", redis, emulator, name])
        .stdin(Stdio::null())
        .spawn()
}
