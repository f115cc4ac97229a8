//! `cargo xtask bench`: what a call costs with this crate, by hand, and with another crate, from one run.

mod build;
mod chart;
mod client;
mod emulator;
mod figure;
mod growth;
mod server;
mod streams;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use client::{Clients, Scenario};
use figure::{Figure, Target};

#[derive(Parser)]
#[command(
    name = "cargo xtask bench",
    about = "Compare calls with the same calls by hand and with another crate"
)]
struct Args {
    /// Write the figures to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only what a call costs, without the other crate.
    #[arg(long)]
    quick: bool,
    /// Only this part; may be given several times.
    #[arg(long, value_name = "PART", conflicts_with = "quick")]
    only: Vec<Part>,
    /// Exit 1 if a ratio has grown by more than 3 % over those of this file, which `--json` wrote.
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Draw the figures of this run as SVG.
    #[arg(long)]
    chart: Option<PathBuf>,
}

/// What is measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What a call costs: instructions, allocations, bytes.
    Calls,
    /// How long it takes.
    Times,
    /// Long lists, exports, uploads.
    Streams,
    /// The emulator as a server.
    Emulator,
    /// What a program with one call costs to build.
    Builds,
    /// What each operation adds to that.
    Growth,
}

/// By how much a ratio may grow over the baseline's.
const TOLERANCE: f64 = 1.03;

/// The most instructions of what guards an undisturbed call.
const MOST_GUARDS: f64 = 1500.0;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("bench failed: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<bool, String> {
    let parts: &[Part] = match args.only.as_slice() {
        _ if args.quick => &[Part::Calls],
        [] => Part::value_variants(),
        only => only,
    };
    let clients = Clients::build(!args.quick)?;
    let mut figures = Vec::new();
    print!("{}", figure::heading());
    for part in parts {
        let found = match part {
            Part::Calls => calls(&clients)?,
            Part::Times => times(&clients)?,
            Part::Streams => streams::figures(&clients)?,
            Part::Emulator => emulator::figures(&clients)?,
            Part::Builds => build::figures()?,
            Part::Growth => growth::figures()?,
        };
        print!("{}", figure::rows(&found));
        figures.extend(found);
    }
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&figures).map_err(|error| error.to_string())?;
        write(path, &(json + "\n"))?;
    }
    if let Some(path) = &args.chart {
        write(path, &chart::svg(&figures))?;
    }
    match &args.baseline {
        Some(path) => compare(&figures, path),
        None => Ok(true),
    }
}

fn calls(clients: &Clients) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for scenario in Scenario::ALL {
        figures.extend(of_scenario(clients, scenario)?);
    }
    if client::has_valgrind() {
        let name = "retry, budget and limiter: instructions";
        figures.push(Figure::alone(name, "", clients.guards()?, Target::AtMost(MOST_GUARDS)));
    }
    Ok(figures)
}

fn times(clients: &Clients) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for scenario in Scenario::ALL {
        figures.push(clients.paired(scenario, "CPU time", |run| run.cpu_ns)?);
        figures.push(clients.paired(scenario, "wall time", |run| run.wall_ns)?);
    }
    Ok(figures)
}

fn of_scenario(clients: &Clients, scenario: Scenario) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    let name = scenario.title();
    match client::has_valgrind() {
        true => {
            let counted = clients.instructions(scenario)?;
            let most = scenario.most_instructions(&counted);
            figures.push(Figure::new(&format!("{name}: instructions"), "", counted, Target::Ratio(most)));
        }
        false => eprintln!("!! valgrind is not installed: instructions are not counted"),
    }
    let counted = clients.allocations(scenario)?;
    figures.push(Figure::new(
        &format!("{name}: allocations"),
        "",
        counted.map(|run| run.allocations),
        scenario.most_allocations(),
    ));
    figures.push(Figure::new(
        &format!("{name}: bytes allocated"),
        "bytes",
        counted.map(|run| run.bytes),
        Target::Ratio(scenario.most_bytes()),
    ));
    Ok(figures)
}

/// Whether every ratio is within the tolerance of the baseline's; what is not is told.
fn compare(figures: &[Figure], path: &Path) -> Result<bool, String> {
    let named = |error: String| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let baseline: Vec<Figure> = serde_json::from_str(&text).map_err(|error| named(error.to_string()))?;
    let mut holds = true;
    for figure in figures.iter().filter(|figure| figure.is_counted()) {
        let Some(before) = baseline.iter().find(|before| before.figure == figure.figure) else {
            continue;
        };
        if let (Some(now), Some(before)) = (figure.ratio, before.ratio)
            && now > before * TOLERANCE
        {
            eprintln!("{} has grown: {now:.3} of the call by hand, {before:.3} before", figure.figure);
            holds = false;
        }
    }
    Ok(holds)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use figure::Measured;

    use super::*;

    fn figures(instructions: f64, time: f64) -> Vec<Figure> {
        let figure = |name: &str, ours: f64| {
            Figure::new(name, "", Measured { ours, floor: 100.0, rival: None }, Target::None)
        };
        vec![figure("get: instructions", instructions), figure("get: CPU time", time)]
    }

    #[test]
    fn a_count_may_grow_by_three_percent_and_a_time_by_anything() {
        let path = std::env::temp_dir().join(format!("bench-baseline-{}.json", std::process::id()));
        let baseline = serde_json::to_string(&figures(102.0, 100.0)).expect("JSON");
        std::fs::write(&path, baseline).expect("a file");
        for (instructions, time, holds) in
            [(102.0, 100.0, true), (105.0, 900.0, true), (106.0, 100.0, false), (50.0, 100.0, true)]
        {
            assert_eq!(compare(&figures(instructions, time), &path), Ok(holds), "{instructions} {time}");
        }
        // Without valgrind there are no instructions to compare.
        assert_eq!(compare(&figures(106.0, 100.0)[1..], &path), Ok(true));
        std::fs::remove_file(&path).expect("it was there");
        assert!(compare(&[], &path).is_err());
    }
}
