//! Bans everybody on a list, of any length, and goes on where it was stopped.
//!
//! ```text
//! cargo run --example ban_sync -- 42 banned.txt
//! ```

#[path = "support/ban_length.rs"]
mod ban_length;
mod support;

use opencloud::user_restrictions::BanLength;
use opencloud::{Client, bulk};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::ExitCode;
use support::{Arguments, Problem, Wrong};

const USAGE: &str = "\
usage: ban_sync [--json] UNIVERSE FILE       bans the users whom the lines of FILE name
       ban_sync --local [UNIVERSE FILE]      at a throw-away emulator

A line is USER [LENGTH [REASON]]: the id of the user; how long, such as 30m, 12h, 7d or forever, which it is without; and
what the user is told. `156 7d Please be kind.` Empty lines, and lines that begin with #, are left out.
Rate limits are waited for. A line that is done is written to FILE.done and left out by the next run, so that a run that was
stopped, in whatever way, goes on, and lines can be added. A line that was changed counts as new.
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if all of them are banned, 1 if not (run it again), 2 if it was called in a wrong way.";

/// A line of the list.
#[derive(Clone, Debug)]
struct Ban {
    line: String,
    user: u64,
    length: BanLength,
    reason: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    support::run(USAGE, &[], 0..=2, act).await
}

async fn act(arguments: Arguments) -> Result<(), Problem> {
    let (universe, file) = match &arguments.names[..] {
        [universe, file] => (universe.as_str(), Some(file.as_str())),
        [] if arguments.local => ("2001", None),
        _ => return Err(Wrong("it takes UNIVERSE and FILE".to_owned()).into()),
    };
    // Refused, with the line, before anything is sent.
    let text = file.map_or(Ok("156\n157 7d\n158 1h Please be kind.".to_owned()), fs::read_to_string);
    let name = file.unwrap_or("the sample");
    let bans = read(name, &text.map_err(|error| format!("{name}: {error}"))?)?;
    let (client, _emulator) = support::connect(arguments.local).await?;
    let done = file.map(|file| format!("{file}.done"));
    ban(&client, universe, bans, done.as_deref(), arguments.json).await
}

fn read(file: &str, text: &str) -> Result<Vec<Ban>, Problem> {
    let (mut bans, mut lines) = (Vec::new(), BTreeMap::new());
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refused = |why: &str| format!("{file}, line {number}: {why}");
        let mut words = line.splitn(3, char::is_whitespace);
        let user = words.next().and_then(|word| word.parse().ok());
        let user = user.filter(|user| *user > 0).ok_or_else(|| refused("it begins with no id of a user"))?;
        let length = ban_length::length(words.next().unwrap_or("forever")).map_err(|why| refused(&why))?;
        if let Some(earlier) = lines.insert(user, number) {
            return Err(refused(&format!("the user {user} is on line {earlier}, too")).into());
        }
        let reason = words.next().unwrap_or_default().trim().to_owned();
        bans.push(Ban { line: line.to_owned(), user, length, reason });
    }
    Ok(bans)
}

async fn ban(
    client: &Client,
    universe: &str,
    mut bans: Vec<Ban>,
    done: Option<&str>,
    as_json: bool,
) -> Result<(), Problem> {
    let mut file = done.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
    // What a killed run has half written is no line of the list.
    let earlier = done.map_or(Ok(String::new()), fs::read_to_string)?;
    let earlier: BTreeSet<&str> = earlier.lines().collect();
    let total = bans.len();
    bans.retain(|ban| !earlier.contains(ban.line.as_str()));

    let restrictions = client.user_restrictions();
    let mut outcomes = bulk::for_each(bans, |ban| {
        restrictions.ban(universe, ban.user, ban.length).display_reason(ban.reason)
    })
    .concurrency(8)
    .on_progress(support::Bar::of("users"))
    .stop_when(tokio::signal::ctrl_c())
    .outcomes();
    let mut failed = 0;
    while let Some((ban, outcome)) = outcomes.next().await {
        match (outcome, &mut file) {
            (Err(error), _) => {
                failed += 1;
                eprintln!("{}: {error}", ban.user);
            }
            (Ok(_), Some(file)) => file.write_all(format!("\n{}\n", ban.line).as_bytes())?,
            (Ok(_), None) => {}
        }
    }
    let report = outcomes.into_report();
    let left = failed + report.not_tried.len();
    match as_json {
        true => println!("{{\"users\":{total},\"banned\":{},\"left\":{left}}}", total - left),
        false => println!("{} of {total} users are banned", total - left),
    }
    match (report.stopped, left) {
        (Some(error), _) => Err(format!("it was stopped: {error}").into()),
        (None, 0) => Ok(()),
        (None, _) => Err(format!("{left} users are not banned").into()),
    }
}
