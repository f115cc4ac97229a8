//! Deploys several places of a universe: from files, from versions of another place, or from their own older versions.
//!
//! ```text
//! cargo run --example deploy_places -- 42 1818=lobby.rbxl 1819=7001@12 1820=@5 --restart
//! ```
//!
//! Everything is looked at before anything is uploaded.

mod support;

use opencloud::Error;
use opencloud::body::File;
use opencloud::places::{Deploy, DeployReport, PlaceReport};
use opencloud::serde_json::{Value, json};
use std::env;
use std::process::ExitCode;
use std::time::Duration;
use support::Problem;

const USAGE: &str = "\
usage: deploy_places UNIVERSE PLACE=WHAT... [OPTION...]
       deploy_places --local [UNIVERSE PLACE=WHAT...] [OPTION...]   at a throw-away emulator

WHAT is a file, FROM@VERSION for a version of another place (promote), or @VERSION for an older version (roll back).
  --dry-run            says what would be done, and does nothing
  --saved              saves the versions without publishing them
  --restart[=MINUTES]  restarts the servers of older versions, that many minutes after they get no more players
  --wait=SECONDS       waits up to SECONDS for a place that a Team Create session keeps busy
  --json               writes the report as JSON
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if all is done, 1 if something is refused or has failed, 2 if the command line is wrong.";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    words: Vec<String>,
    local: bool,
    dry_run: bool,
    saved: bool,
    json: bool,
    restart: Option<u32>,
    wait: u64,
}

impl Options {
    fn read() -> Option<Self> {
        let mut options = Self::default();
        for word in env::args().skip(1) {
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            match name {
                "--local" => options.local = true,
                "--dry-run" => options.dry_run = true,
                "--saved" => options.saved = true,
                "--json" => options.json = true,
                "--restart" if value.is_empty() => options.restart = Some(0),
                "--restart" => options.restart = Some(value.parse().ok()?),
                "--wait" => options.wait = value.parse().ok()?,
                _ if name.starts_with("--") => return None,
                _ => options.words.push(word),
            }
        }
        let places = options.words.get(1..).unwrap_or_default();
        let is_sample = options.local && options.words.is_empty();
        let is_right = !places.is_empty() && places.iter().all(|place| place.contains('='));
        (is_right || is_sample).then_some(options)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    if env::args().any(|word| word == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some(options) = Options::read() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let is_done = run(&options).await.unwrap_or_else(|error| {
        eprintln!("{error}");
        false
    });
    if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether all is done.
async fn run(options: &Options) -> Result<bool, Problem> {
    let (client, _emulator) = support::connect(options.local).await?;
    let universe = options.words.first().map_or("2001", String::as_str);
    let deploy = client.places().deploy(universe);
    let mut deploy = deploy.wait_while_busy(Duration::from_secs(options.wait));
    for word in options.words.iter().skip(1) {
        deploy = add(deploy, word).await?;
    }
    if options.words.is_empty() {
        deploy = deploy.place(3001, &b"<roblox></roblox>"[..]);
    }
    if options.saved {
        deploy = deploy.saved();
    }
    if let Some(minutes) = options.restart {
        deploy = deploy.restart_servers(minutes);
    }
    let plan = deploy.on_progress(support::Bar::of("bytes")).plan().await?;
    eprintln!("{plan}");
    if options.dry_run {
        return Ok(true);
    }
    let report = plan.run().await?;
    println!("{}", if options.json { written(&report) } else { report.to_string() });
    Ok(report.is_complete())
}

/// Adds a place, and what becomes of it.
async fn add(deploy: Deploy, word: &str) -> Result<Deploy, Error> {
    let (place, what) = word.split_once('=').unwrap_or_default();
    let version = what.split_once('@').and_then(|(from, version)| Some((from, version.parse().ok()?)));
    Ok(match version {
        Some(("", version)) => deploy.rollback(place, version),
        Some((from, version)) => deploy.promote(from, version, place),
        None => deploy.place(place, File::open(what).await?),
    })
}

fn written(report: &DeployReport) -> String {
    let place = |place: &PlaceReport| {
        json!({
            "place": place.place.as_str(), "source": place.source, "bytes": place.bytes,
            "version": place.version(), "outcome": place.outcome.to_string(),
        })
    };
    let places: Vec<Value> = report.places.iter().map(place).collect();
    let restart = report.restart.as_ref().map(ToString::to_string);
    format!("{:#}", json!({ "complete": report.is_complete(), "places": places, "restart": restart }))
}
