//! The emulator as a server for tests: how fast it is there, how fast it responds, and what a large state takes.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::client::{Clients, cargo, output, target};
use crate::figure::{Figure, Target};
use crate::server::Server;
use crate::streams::run;

const STARTS: usize = 5;
const REQUESTS: u64 = 20_000;
const ENTRIES: u64 = 100_000;

pub fn figures(clients: &Clients) -> Result<Vec<Figure>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "--package", "opencloud-emulator"]);
    output(build.current_dir(root))?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        start()?;
        starts.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    starts.sort_by(f64::total_cmp);
    let emulator = start()?;
    let seconds = |job: &str, count: u64| {
        run(&mut clients.program("streams_ours"), job, &emulator.address, count).map(|run| run.wall_ns / 1e9)
    };
    let empty = memory(&emulator)?;
    let reads = seconds("reads", REQUESTS)?;
    let writes = seconds("fill", ENTRIES)?;
    let full = memory(&emulator)?;
    let mib = 1024.0 * 1024.0;
    Ok(vec![
        Figure::alone("emulator: start", "ms", starts[STARTS / 2], Target::None),
        Figure::alone("emulator: reads per second", "", REQUESTS as f64 / reads, Target::None),
        Figure::alone("emulator: writes per second", "", ENTRIES as f64 / writes, Target::None),
        Figure::alone("emulator: memory at the start", "MiB", empty / mib, Target::None),
        Figure::alone("emulator: memory with 100,000 entries", "MiB", full / mib, Target::None),
    ])
}

fn start() -> Result<Server, String> {
    Server::start(Command::new(target().join("release/opencloud-emulator")).args(["--port", "0"]))
}

/// What it has in memory, in bytes, as Linux tells it.
fn memory(emulator: &Server) -> Result<f64, String> {
    let path = format!("/proc/{}/status", emulator.id());
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let number = line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
    number.map(|kibibytes| kibibytes * 1024.0).ok_or(format!("not a size: {line}"))
}
