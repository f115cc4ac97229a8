//! Publishes a place file, for CI: prints the number of the new version, or why there is none.
//!
//! ```text
//! cargo run --example publish_place -- game.rbxl UNIVERSE PLACE [--saved] [--local]
//! ```
//!
//! It takes the key of `ROBLOX_API_KEY`. With `--local`, and without key and arguments, it publishes to a
//! local Open Cloud of its own.

use opencloud::Client;
use opencloud::body::File;
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: publish_place FILE UNIVERSE PLACE [--saved] [--local]";
const SAMPLE: &[u8] = b"<roblox version=\"4\"></roblox>";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, words): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with("--"));
    if flags.iter().any(|flag| !["--saved", "--local"].contains(&flag.as_str())) {
        return Err(USAGE.into());
    }
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let (saved, key) = (has("--saved"), env::var("ROBLOX_API_KEY").unwrap_or_default());
    let local = has("--local") || (key.is_empty() && words.is_empty());
    // A secret that is missing must not look like a place that was published.
    if key.is_empty() && !local {
        return Err("ROBLOX_API_KEY is not set; with --local, a local Open Cloud is published to".into());
    }
    let emulator = if local { Some(Emulator::start().await?) } else { None };
    let client = match &emulator {
        Some(emulator) => Client::builder().api_key("local").base_url(emulator.base_url()).build()?,
        None => Client::from_env()?,
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (file, universe, place) = match (&words[..], local) {
        ([path, universe, place], _) => (File::open(path).await?, *universe, *place),
        ([], true) => (File::new(SAMPLE).name("sample.rbxlx"), "2001", "3001"),
        _ => return Err(USAGE.into()),
    };
    let file = file.on_progress(|sent, total| match total {
        Some(total) => eprintln!("{sent} of {total} bytes"),
        None => eprintln!("{sent} bytes"),
    });
    let publish = client.places().publish(universe, place, file);
    let version = if saved { publish.saved() } else { publish }.await?;
    println!("{version}");
    Ok(())
}
