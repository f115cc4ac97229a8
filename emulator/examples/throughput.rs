//! How fast the emulator is, and how much memory it takes: with the client in the same process, on this machine.
//!
//! ```text
//! cargo run --release -p opencloud-emulator --example throughput
//! ```
//!
//! Exits with 1 if it is slower or larger than it is promised to be.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use opencloud_emulator::Emulator;

const CONNECTIONS: usize = 16;
const SECONDS: u64 = 3;
const ENTRIES: usize = 100_000;

/// What is promised, on two cores.
const MIN_REQUESTS: f64 = 15_000.0;
const MAX_START: Duration = Duration::from_millis(50);
const MAX_MEBIBYTES: f64 = 200.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let began = Instant::now();
    let emulator = match Emulator::builder().threads(2).start().await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let address = emulator.address();
    let first = exchange(address, 1, |_| get("/cloud/v2/users/156"));
    let start = began.elapsed();
    let mut is_good = first == 1;
    is_good &= report("start to the first response", start.as_secs_f64() * 1_000.0, "ms", start < MAX_START);

    for (what, target) in [
        ("a user", "/cloud/v2/users/156"),
        ("a group", "/cloud/v2/groups/4001"),
        ("a data-store entry", "/cloud/v2/universes/2001/data-stores/sample-store/entries/sample-entry"),
        ("a page of an inventory", "/cloud/v2/users/156/inventory-items?maxPageSize=10"),
    ] {
        let began = Instant::now();
        let deadline = began + Duration::from_secs(SECONDS);
        let responses = until(address, deadline, || get(target));
        let rate = responses as f64 / began.elapsed().as_secs_f64();
        // The pages are made of 437 things each time: they are no simple request.
        let is_simple = !what.contains("page");
        is_good &= report(what, rate, "requests/s", !is_simple || rate >= MIN_REQUESTS);
    }

    let before = memory();
    let began = Instant::now();
    let written = exchange(address, ENTRIES, |number| {
        let body = format!(
            "{{\"value\":{{\"coins\":{number},\"level\":{},\"name\":\"player {number}\"}}}}",
            number % 100
        );
        format!(
            "POST /cloud/v2/universes/2001/data-stores/players/entries?id=player_{number} HTTP/1.1\r\nhost: x\r\n\
             x-api-key: k\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    });
    let rate = written as f64 / began.elapsed().as_secs_f64();
    is_good &= report("writes of data-store entries", rate, "requests/s", written == ENTRIES);
    match (before, memory()) {
        (Some(before), Some(after)) => {
            report("memory before", before, "MiB", true);
            is_good &= report("memory with 100,000 entries", after, "MiB", after < MAX_MEBIBYTES);
        }
        _ => println!("{:<32} only known on Linux", "memory"),
    }
    emulator.stop();
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(what: &str, value: f64, unit: &str, is_good: bool) -> bool {
    let verdict = if is_good { "" } else { "  <- not as promised" };
    println!("{what:<32} {value:>10.1} {unit}{verdict}");
    is_good
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\n\r\n")
}

/// Sends that many requests over all connections: how many succeeded.
fn exchange(address: SocketAddr, count: usize, request: impl Fn(usize) -> String + Sync) -> usize {
    let next = AtomicUsize::new(0);
    run(address, || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (number < count).then(|| request(number))
    })
}

/// Sends requests over all connections until then: how many succeeded.
fn until(address: SocketAddr, deadline: Instant, request: impl Fn() -> String + Sync) -> usize {
    run(address, || (Instant::now() < deadline).then(&request))
}

fn run(address: SocketAddr, next: impl Fn() -> Option<String> + Sync) -> usize {
    let connection = || {
        let mut succeeded = 0;
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        let mut writer = stream.try_clone().ok()?;
        let mut reader = BufReader::new(stream);
        let mut body = Vec::new();
        while let Some(request) = next() {
            writer.write_all(request.as_bytes()).ok()?;
            succeeded += usize::from(is_success(&mut reader, &mut body)?);
        }
        Some(succeeded)
    };
    std::thread::scope(|scope| {
        let connections: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(connection)).collect();
        connections.into_iter().filter_map(|connection| connection.join().ok().flatten()).sum()
    })
}

/// Reads one response to its end.
fn is_success(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Option<bool> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let is_success = line.split(' ').nth(1)?.starts_with('2');
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().ok()?;
        }
    }
    body.resize(length, 0);
    reader.read_exact(body).ok()?;
    Some(is_success)
}

/// What this process has in memory, in MiB.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes / 1_024.0)
}
