//! Long lists, exports and uploads: what they hold in memory, and how fast they are beside the same by hand.

use std::process::Command;

use serde::Deserialize;

use crate::client::{self, Clients};
use crate::figure::{Figure, Measured, Target};

const MIB: f64 = 1024.0 * 1024.0;
const ITEMS: u64 = 1_000_000;
const ENTRIES: u64 = 1_000_000;
/// Entries of the exports that are timed, and how often.
const TIMED_ENTRIES: u64 = 50_000;
const UPLOAD: u64 = 1024 * 1024 * 1024;
const PAIRS: usize = 5;
const WAITING: u64 = 10_000;
/// 10 MB.
const WAITING_MEMORY: Target = Target::AtMost(9.54);

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Run {
    pub growth: f64,
    pub wall_ns: f64,
}

/// One job of a program of the package `streams`.
pub fn run(program: &mut Command, job: &str, address: &str, count: u64) -> Result<Run, String> {
    let (text, _) = client::output(program.args([job, address, &count.to_string()]))?;
    serde_json::from_str(text.trim()).map_err(|error| format!("{job}: {error}"))
}

pub fn figures(clients: &Clients) -> Result<Vec<Figure>, String> {
    let build = ["build", "--quiet", "--release", "--package", "streams"];
    client::output(client::cargo().args(build))?;
    let run = |program: &str, job: &str, count: u64| {
        run(&mut clients.program(program), job, clients.address(), count)
    };
    let growth = |job: &str, count: u64| Ok::<_, String>(run("streams_ours", job, count)?.growth / MIB);
    // The speed of ours as a part of that by hand: the median of runs that follow each other.
    let speed = |job: &str, count: u64| -> Result<Measured<f64>, String> {
        let mut pairs = Vec::new();
        for _ in 0..PAIRS {
            let floor = run("streams_floor", job, count)?.wall_ns / 1e9;
            pairs.push((run("streams_ours", job, count)?.wall_ns / 1e9, floor));
        }
        pairs.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        let (ours, floor) = pairs[PAIRS / 2];
        Ok(Measured { ours: count as f64 / ours, floor: count as f64 / floor, rival: None })
    };
    let plain = run("streams_ours", "prefetch", 0)?.wall_ns;
    let ahead = run("streams_ours", "prefetch", 1)?.wall_ns;
    Ok(vec![
        Figure::alone("items() over 1,000,000: memory", "MiB", growth("items", ITEMS)?, Target::AtMost(4.0)),
        Figure::alone("export of 1,000,000: memory", "MiB", growth("export", ENTRIES)?, Target::AtMost(16.0)),
        Figure::new("export: entries per second", "", speed("export", TIMED_ENTRIES)?, Target::Speed(0.95)),
        Figure::alone("publish of 1 GiB: memory", "MiB", growth("publish", UPLOAD)?, Target::AtMost(16.0)),
        Figure::new("publish: bytes per second", "", speed("publish", UPLOAD)?, Target::Speed(0.95)),
        Figure::alone("prefetch: part of the plain loop", "", ahead / plain, Target::AtMost(0.55)),
        Figure::alone(
            "10,000 callers in the limiter: memory",
            "MiB",
            growth("waiting", WAITING)?,
            WAITING_MEMORY,
        ),
    ])
}
