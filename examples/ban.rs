//! Bans a user from a universe, lifts the ban, or tells what is known of it.
//!
//! ```text
//! cargo run --example ban -- show 42 156
//! cargo run --example ban -- ban 42 156 7d "Please be kind."
//! cargo run --example ban -- ban 42 156 forever "Cheating"
//! cargo run --example ban -- reason 42 156 "Cheating, confirmed"
//! cargo run --example ban -- unban 42 156
//! ```
//!
//! The numbers are those of the universe and the user, the key is that of `ROBLOX_API_KEY`. With `--local` all of
//! the above is done at a throw-away emulator, and nothing happens at Roblox.

#[path = "support/ban_length.rs"]
mod ban_length;
mod support;

use opencloud::user_restrictions::UserRestriction;
use opencloud::{Client, Error};
use std::env;
use std::process::ExitCode;
use support::Problem;

const USAGE: &str = "\
usage: ban show   UNIVERSE USER
       ban ban    UNIVERSE USER LENGTH REASON   (LENGTH: 30s, 15m, 12h, 7d or forever)
       ban reason UNIVERSE USER REASON
       ban unban  UNIVERSE USER
       ban --local [...]   at a throw-away emulator; alone, a tour of all of these

The API key is that of the environment variable ROBLOX_API_KEY.";

#[tokio::main]
async fn main() -> ExitCode {
    support::exit_code(act().await)
}

async fn act() -> Result<(), Problem> {
    let (flags, words): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| matches!(word.as_str(), "--help" | "-h" | "--local"));
    if flags.iter().any(|flag| flag != "--local") {
        println!("{USAGE}");
        return Ok(());
    }
    let local = !flags.is_empty();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (client, _emulator) = support::connect(local).await?;
    if !local || !words.is_empty() {
        return run(&client, &words).await;
    }
    let tour: [&[&str]; 5] = [
        &["show", "42", "156"],
        &["ban", "42", "156", "7d", "Please be kind."],
        &["reason", "42", "156", "Cheating"],
        &["unban", "42", "156"],
        &["show", "42", "156"],
    ];
    for words in tour {
        println!("\n> {}", words.join(" "));
        run(&client, words).await?;
    }
    Ok(())
}

async fn run(client: &Client, words: &[&str]) -> Result<(), Problem> {
    let bans = client.user_restrictions();
    let restriction = match *words {
        ["show", universe, user] => {
            tell(&bans.get(universe, user).await?);
            return Ok(tell_log(client, universe, user).await?);
        }
        ["ban", universe, user, time, reason] => {
            bans.ban(universe, user, ban_length::length(time)?).display_reason(reason).await?
        }
        ["reason", universe, user, reason] => bans.change_ban(universe, user).display_reason(reason).await?,
        ["unban", universe, user] => bans.unban(universe, user).await?,
        _ => return Err(USAGE.into()),
    };
    tell(&restriction);
    Ok(())
}

fn tell(restriction: &UserRestriction) {
    let Some(ban) = restriction.game_join_restriction.as_ref().filter(|_| restriction.is_banned()) else {
        println!("not banned");
        return;
    };
    let until = ban.end_time().map_or("it is lifted".to_owned(), |end| end.to_string());
    println!("banned until {until}: {}", ban.display_reason.as_deref().unwrap_or("no reason given"));
}

async fn tell_log(client: &Client, universe: &str, user: &str) -> Result<(), Error> {
    use opencloud::filter::RestrictionLogFilter;

    let filter = RestrictionLogFilter::new().user(user);
    let mut log = client.user_restrictions().list_logs(universe).filter(filter).items().limit(10);
    while let Some(change) = log.next().await.transpose()? {
        let what = if change.active.unwrap_or(false) { "banned" } else { "let in" };
        let when = change.create_time.map_or("at some time".to_owned(), |time| time.to_string());
        let by = change.moderator_id().map_or("a script".to_owned(), |user| format!("user {user}"));
        println!("{when}: {what} by {by}");
    }
    Ok(())
}
