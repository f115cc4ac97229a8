//! Measures the shared rate limit: processes with many tasks each, all of which send whenever they may.
//!
//! ```text
//! cargo run --release -p opencloud-redis --example rate_limit_figures
//! cargo run --release -p opencloud-redis --example rate_limit_figures -- --processes 4 --tasks 50 --redis redis://10.0.0.7
//! ```
//!
//! For each case: the most requests that any period of a limit saw, by the times at which permits were given in the
//! processes, and how much of the limit was used. Then how many commands a call with room takes. The exit code is 1 if a
//! limit was passed, if more than 5 % were not used, or if a call with room takes more than one command (1.05, with what
//! is told in the background).

mod support;

use opencloud::limit::{Quota, RateLimitStore};
use opencloud_redis::{RedisRateLimit, Server};
use std::io::BufRead as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::OwnServer;
use tokio::task::JoinSet;

const USAGE: &str = "usage: rate_limit_figures [--processes N] [--tasks N] [--redis URL]";

/// A window: its key, requests and seconds.
type Window = (&'static str, u64, u64);

/// Windows with their requests and seconds, and how long all of them send.
const CASES: [(&str, &[Window], u64); 4] = [
    ("100 a second", &[("second", 100, 1)], 30),
    ("500 in ten seconds", &[("ten", 500, 10)], 42),
    ("three windows at once", &[("narrow", 40, 1), ("middle", 300, 10), ("wide", 10_000, 60)], 42),
    ("1500 a minute", &[("minute", 1500, 60)], 125),
];

/// A limit that nobody reaches.
const ROOM: &[Window] = &[("a", 90_000, 60), ("b", 90_000, 60), ("c", 90_000, 60)];
const CALLS_WITH_ROOM: u64 = 5;

type Problem = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let outcome = match arguments.first().map(String::as_str) {
        Some("worker") => work(&arguments[1..]),
        _ => measure(&arguments),
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

fn quotas(windows: &[Window]) -> Vec<Quota> {
    windows.iter().map(|(key, requests, seconds)| Quota::new(*key, *requests, *seconds)).collect()
}

/// What a process does: sends until the time is over, then prints when it did.
fn work(arguments: &[String]) -> Result<bool, Problem> {
    let [url, prefix, case, tasks] = arguments else { return Err(USAGE.into()) };
    let tasks: u64 = tasks.parse()?;
    let case = case.parse::<usize>().ok().and_then(|case| CASES.get(case));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let times = runtime.block_on(async {
        let server = Server::builder(url)?.prefix(prefix)?.connect().await?;
        let limit = Arc::new(RedisRateLimit::new(server));
        let mut sending = JoinSet::new();
        let end = case.map(|(_, _, seconds)| Instant::now() + Duration::from_secs(*seconds));
        for _ in 0..tasks {
            let (limit, quotas) = (limit.clone(), quotas(case.map_or(ROOM, |(_, windows, _)| windows)));
            sending.spawn(async move {
                let mut times = Vec::new();
                for call in 0.. {
                    let is_over = end.map_or(call >= CALLS_WITH_ROOM, |end| Instant::now() >= end);
                    let rest = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
                    if is_over {
                        break;
                    }
                    let Ok(permit) = tokio::time::timeout(rest, limit.acquire(&quotas)).await else { break };
                    permit?;
                    times.push(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64);
                }
                Ok::<_, Problem>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(sent) = sending.join_next().await {
            times.extend(sent??);
        }
        // What gave up gives back.
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok::<_, Problem>(times)
    })?;
    times.iter().for_each(|time| println!("{time}"));
    Ok(true)
}

fn measure(arguments: &[String]) -> Result<bool, Problem> {
    let (mut processes, mut tasks, mut url) = (8_usize, 200_u64, None);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--processes" => processes = value.parse()?,
            [name, value] if name == "--tasks" => tasks = value.parse()?,
            [name, value] if name == "--redis" => url = Some(value.clone()),
            _ => return Err(USAGE.into()),
        }
    }
    let (_own, url) = OwnServer::unless(url)?;
    println!("{processes} processes with {tasks} tasks each");
    let mut is_good = true;
    for (number, (name, windows, _)) in CASES.iter().enumerate() {
        let mut times = run(&url, &number.to_string(), processes, tasks)?;
        times.sort_unstable();
        println!("{name}: {} requests", times.len());
        for (key, requests, seconds) in *windows {
            let most = most_within(&times, seconds * 1_000_000);
            println!("  {key}: {requests} in {seconds} s; at most {most} in any period");
            is_good &= most as u64 <= *requests;
        }
        let used = used(&times, windows);
        println!("  {:.1} % of what the limits allow", used * 100.0);
        is_good &= used >= 0.95;
    }
    let before = scripts(&url)?;
    let calls = run(&url, "room", processes, tasks)?.len() as u64;
    let commands = scripts(&url)? - before;
    let each = commands as f64 / calls as f64;
    println!("with room: {calls} calls, {commands} commands, {each:.3} a call");
    // Requests that leave late are told of in the background, many in one command.
    is_good &= each < 1.05;
    println!("{}", if is_good { "all figures hold" } else { "a figure does not hold" });
    Ok(is_good)
}

/// Starts the processes of a case, and waits for the times at which they sent, in microseconds.
fn run(url: &str, case: &str, processes: usize, tasks: u64) -> Result<Vec<u64>, Problem> {
    let prefix = format!("figures-{}-{case}", std::process::id());
    let start = |_| {
        Command::new(std::env::current_exe()?)
            .args(["worker", url, &prefix, case, &tasks.to_string()])
            .stdout(Stdio::piped())
            .spawn()
    };
    let workers = (0..processes).map(start).collect::<Result<Vec<_>, std::io::Error>>()?;
    let mut times = Vec::new();
    for worker in workers {
        let output = worker.wait_with_output()?;
        if !output.status.success() {
            return Err("a process failed".into());
        }
        for line in output.stdout.lines() {
            times.push(line?.parse()?);
        }
    }
    Ok(times)
}

fn most_within(times: &[u64], period: u64) -> usize {
    let within = |first: usize| times[first..].partition_point(|time| *time < times[first] + period);
    (0..times.len()).map(within).max().unwrap_or_default()
}

/// How long as many requests take at best, as a part of how long they took.
fn used(times: &[u64], windows: &[Window]) -> f64 {
    let mut best: Vec<u64> = Vec::new();
    for number in 0..times.len() {
        let after = |(_, requests, seconds): &Window| {
            let before = number.checked_sub(*requests as usize)?;
            Some(best[before] + seconds * 1_000_000)
        };
        best.push(windows.iter().filter_map(after).chain(best.last().copied()).max().unwrap_or_default());
    }
    let (Some(first), Some(last), Some(best)) = (times.first(), times.last(), best.last()) else {
        return 0.0;
    };
    *best as f64 / (last - first).max(1) as f64
}

/// How many scripts the server has run.
fn scripts(url: &str) -> Result<u64, Problem> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut connection)?;
    let calls = |line: &str| line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok();
    Ok(stats.lines().filter(|line| line.starts_with("cmdstat_evalsha:")).filter_map(calls).sum())
}
