//! Asks the live service whether the recorded facts still hold.

use clap::Parser;
use opencloud_live::{Bounds, Lab, NOT_PROBED, Probe, TOLD_BY, Targets, all, probe_of, run};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Asks Roblox's live service whether it still behaves as spec/live/facts.yaml says.
///
/// The API key is read from ROBLOX_API_KEY. Probes only read, unless --write and --universe are given: then some
/// write into that universe, and remove what they have written. Use one in which nobody plays.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask live", disable_help_subcommand = true)]
struct Arguments {
    /// Another address for all hosts of Open Cloud, such as a local emulator's.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The universe to look at, and to write to with --write.
    #[arg(long, value_name = "ID")]
    universe: Option<u64>,
    /// A place of that universe.
    #[arg(long, value_name = "ID")]
    place: Option<u64>,
    /// A user to look at; with --write, the user's restrictions in the universe are written, never active.
    #[arg(long, value_name = "ID")]
    user: Option<u64>,
    /// A group to look at.
    #[arg(long, value_name = "ID")]
    group: Option<u64>,
    /// An asset to look at.
    #[arg(long, value_name = "ID")]
    asset: Option<u64>,
    /// A place file (.rbxl) that is saved to the place, not published, with --write.
    #[arg(long, value_name = "FILE")]
    place_file: Option<PathBuf>,
    /// Make the probes that write, too. Without it they are listed with what they would send.
    #[arg(long)]
    write: bool,
    /// Make only the probe that tells of this fact or open question; may be given several times.
    #[arg(long, value_name = "FACT")]
    only: Vec<String>,
    /// List the probes and what each sends; nothing is sent.
    #[arg(long)]
    list: bool,
    /// Write the report to this file. It holds shapes, and no id, name or value.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The most requests to send.
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_calls: u32,
    /// The most requests in a minute.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    per_minute: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match go(&Arguments::parse()).await {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

async fn go(arguments: &Arguments) -> Result<ExitCode, String> {
    let probes = wanted(&arguments.only)?;
    if arguments.list {
        probes.iter().for_each(list);
        for (fact, why) in NOT_PROBED {
            println!("{fact:<6} no probe: {why}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.write && arguments.universe.is_none() {
        return Err("--write needs --universe ID: a universe in which nobody plays".to_owned());
    }
    let key = std::env::var("ROBLOX_API_KEY").ok().filter(|key| !key.is_empty()).ok_or(
        "no API key: set ROBLOX_API_KEY to a key that may read what is to be looked at, \
         and with --write may write memory stores, data stores, messages and Luau tasks of the universe",
    )?;
    let place_file = match &arguments.place_file {
        None => None,
        Some(file) => Some(std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?),
    };
    let targets = Targets {
        universe: arguments.universe,
        place: arguments.place,
        user: arguments.user,
        group: arguments.group,
        asset: arguments.asset,
        place_file,
    };
    let bounds = Bounds {
        calls: arguments.max_calls,
        pause: Duration::from_secs(60) / arguments.per_minute,
        ..Bounds::default()
    };
    let lab =
        Lab::new(&key, arguments.base_url.as_deref(), targets, bounds).map_err(|error| error.to_string())?;
    let named: Vec<String> = match arguments.only.is_empty() {
        true => Vec::new(),
        false => probes.iter().map(|probe| probe.fact.to_owned()).collect(),
    };
    let report = run(&lab, &probes, arguments.write, &named).await;
    println!("{report}");
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        std::fs::write(file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let differs = report.count(opencloud_live::Verdict::Differs) > 0;
    Ok(ExitCode::from(u8::from(differs)))
}

fn wanted(only: &[String]) -> Result<Vec<Probe>, String> {
    if only.is_empty() {
        return Ok(all());
    }
    if let Some(unknown) = only.iter().find(|name| probe_of(name).is_none()) {
        return Err(match NOT_PROBED.iter().find(|(fact, _)| fact == unknown) {
            Some((fact, why)) => format!("there is no probe for {fact}: {why}"),
            None => format!("there is no probe for `{unknown}`; --list shows them"),
        });
    }
    let facts: Vec<_> = only.iter().filter_map(|name| probe_of(name)).map(|probe| probe.fact).collect();
    Ok(all().into_iter().filter(|probe| facts.contains(&probe.fact)).collect())
}

fn list(probe: &Probe) {
    let effect = if probe.writes { "writes" } else { "reads" };
    let needs: Vec<&str> = probe.needs.iter().map(|need| need.option()).collect();
    println!("{:<6} {effect:<6} {}", probe.fact, probe.question);
    println!(
        "       {}{}",
        probe.sends.join(", "),
        match needs.is_empty() {
            true => String::new(),
            false => format!("; needs {}", needs.join(" and ")),
        }
    );
    if let Some((_, told)) = TOLD_BY.iter().find(|(fact, _)| *fact == probe.fact) {
        println!("       tells also of {}", told.join(", "));
    }
}
