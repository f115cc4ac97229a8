//! Bans everybody on a list, of any length, and goes on where it was stopped.
//!
//! ```text
//! cargo run --example ban_sync -- 42 banned.txt
//! ```
//!
//! A line of the file is the id of a user. Rate limits are waited for. What was not done, because the service failed or
//! Ctrl-C was pressed, is written to `FILE.remaining`: give that to the next run. The key is that of `ROBLOX_API_KEY`.
//! With `--local` in front it works on a throw-away emulator, on three users if no file is named.

mod support;

use opencloud::user_restrictions::BanLength;
use opencloud::{Client, bulk};
use std::process::ExitCode;
use std::{env, fs};
use support::Problem;

const USAGE: &str = "\
usage: ban_sync UNIVERSE FILE             bans the users whose ids are the lines of FILE
       ban_sync --local [UNIVERSE FILE]   at a throw-away emulator

The API key is that of the environment variable ROBLOX_API_KEY. Exit code: 1 unless all of them are banned.";

#[tokio::main]
async fn main() -> ExitCode {
    support::exit_code(act().await)
}

async fn act() -> Result<(), Problem> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (local, universe, file) = match arguments[..] {
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        ["--local"] => (true, "2001", None),
        ["--local", universe, file] => (true, universe, Some(file)),
        [universe, file] => (false, universe, Some(file)),
        _ => return Err(USAGE.into()),
    };
    let (client, _emulator) = support::connect(local).await?;
    match file {
        Some(file) => ban(&client, universe, &fs::read_to_string(file)?, &format!("{file}.remaining")).await,
        None => ban(&client, universe, "156\n157\n158\n", "").await,
    }
}

async fn ban(client: &Client, universe: &str, list: &str, remaining: &str) -> Result<(), Problem> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    let users = lines.map(str::parse).collect::<Result<Vec<u64>, _>>()?;

    let restrictions = client.user_restrictions();
    let report = bulk::for_each(users, |user| restrictions.ban(universe, user, BanLength::Permanent))
        .concurrency(8)
        .on_progress(|done, total: Option<u64>| eprint!("\r{done} of {} ", total.unwrap_or_default()))
        .stop_when(tokio::signal::ctrl_c())
        .await;
    eprintln!();
    println!("{report}");
    for (user, error) in &report.failed {
        eprintln!("{user}: {error}");
    }
    if report.is_complete() {
        return Ok(());
    }
    let again: Vec<String> = report.into_remaining().iter().map(u64::to_string).collect();
    fs::write(remaining, again.join("\n"))?;
    Err(format!("not everybody is banned; {} users are left in {remaining}", again.len()).into())
}
