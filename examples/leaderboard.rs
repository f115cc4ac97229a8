//! A leaderboard: the best ten of an ordered data store, and somebody's points.
//!
//! ```text
//! cargo run --example leaderboard -- top 42 Points
//! cargo run --example leaderboard -- add 42 Points 156 100
//! ```
//!
//! The key is that of `ROBLOX_API_KEY`. With `--local` in front it works on a throw-away emulator.

mod support;

use opencloud::Client;
use std::env;
use std::process::ExitCode;
use support::Problem;

const USAGE: &str = "\
usage: leaderboard top UNIVERSE STORE               the best ten
       leaderboard add UNIVERSE STORE KEY POINTS    gives points, and prints how many there are now
       leaderboard --local [...]                    at a throw-away emulator; alone, a tour of both

The API key is that of the environment variable ROBLOX_API_KEY.";

#[tokio::main]
async fn main() -> ExitCode {
    support::exit_code(act().await)
}

async fn act() -> Result<(), Problem> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--help" | "-h"] => println!("{USAGE}"),
        ["--local"] => {
            let (client, _emulator) = support::connect(true).await?;
            for (player, points) in [("Player_156", "100"), ("Player_157", "70"), ("Player_156", "5")] {
                run(&client, &["add", "2001", "Points", player, points]).await?;
            }
            run(&client, &["top", "2001", "Points"]).await?;
        }
        ["--local", ref words @ ..] => {
            let (client, _emulator) = support::connect(true).await?;
            run(&client, words).await?;
        }
        ref words => {
            let (client, _emulator) = support::connect(false).await?;
            run(&client, words).await?;
        }
    }
    Ok(())
}

async fn run(client: &Client, words: &[&str]) -> Result<(), Problem> {
    let stores = client.ordered_data_stores();
    match *words {
        ["top", universe, store] => {
            let best = stores.store(universe, store).top(10).await?;
            for (place, entry) in (1..).zip(best) {
                println!("{place:2}. {} {}", entry.key, entry.value);
            }
        }
        ["add", universe, store, key, points] => {
            let sum = stores.store(universe, store).increment(key, points.parse()?).await?;
            println!("{key} has {sum} points");
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
