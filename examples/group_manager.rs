//! Manages a group: its roles, who has asked to join, who is accepted, who has which role.
//!
//! ```text
//! cargo run --example group_manager -- requests 7
//! cargo run --example group_manager -- accept 7 156 157
//! cargo run --example group_manager -- role 7 156 Moderator
//! ```
//!
//! The key is that of `ROBLOX_API_KEY`, of somebody who may do this in the group. With `--local` in front it works
//! on a throw-away emulator.

mod support;

use opencloud::Client;
use std::env;
use std::process::ExitCode;
use support::Problem;

const USAGE: &str = "\
usage: group_manager roles    GROUP
       group_manager requests GROUP              who has asked to join
       group_manager accept   GROUP USER...      exit code 1 if any of them could not be accepted
       group_manager role     GROUP USER ROLE    ROLE: a name, the user's only role from then on
       group_manager --local [...]               at a throw-away emulator; alone, a tour of all of these

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
            tour(&client).await?;
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

/// All of it, with what the emulator has from the beginning.
async fn tour(client: &Client) -> Result<(), Problem> {
    const GROUP: u64 = 4001;
    let first = client.groups().list_join_requests(GROUP).items().next().await.transpose()?;
    let user = first.and_then(|request| request.user_id()).ok_or("the emulator has no join request")?;
    let (group, user) = (GROUP.to_string(), user.to_string());
    let steps: [&[&str]; 4] = [
        &["roles", &group],
        &["requests", &group],
        &["accept", &group, &user],
        &["role", &group, &user, "Moderator"],
    ];
    for words in steps {
        println!("\n> {}", words.join(" "));
        run(client, words).await?;
    }
    Ok(())
}

async fn run(client: &Client, words: &[&str]) -> Result<(), Problem> {
    let groups = client.groups();
    match *words {
        ["roles", group] => {
            for role in groups.list_roles(group).items().collect().await? {
                println!("{:3} {}", role.rank.unwrap_or_default(), role.display_name());
            }
        }
        ["requests", group] => {
            let mut requests = groups.list_join_requests(group).items();
            while let Some(request) = requests.next().await.transpose()? {
                if let Some(user) = request.user_id() {
                    println!("{user}");
                }
            }
        }
        ["accept", group, ref users @ ..] if !users.is_empty() => {
            let report = groups
                .accept_join_requests(group, users.to_vec())
                .on_progress(support::Bar::of("users"))
                .await;
            println!("{report}");
            for (user, error) in &report.failed {
                eprintln!("{user}: {error}");
            }
            if !report.is_complete() {
                return Err("not everybody could be accepted".into());
            }
        }
        ["role", group, user, name] => {
            let roles = groups.list_roles(group).items().collect().await?;
            let role = roles.iter().find(|role| role.display_name() == name);
            let role = role.and_then(|role| role.role_id());
            let role = role.ok_or_else(|| format!("the group has no role {name:?}"))?;
            groups.set_role(group, user, role).await?;
            println!("{user} is {name}");
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
