//! Publishes a place file, for CI: prints the number of the new version, or why there is none.
//!
//! ```text
//! cargo run --example publish_place -- game.rbxl UNIVERSE PLACE [--saved] [--local]
//! ```
//!
//! It takes the key of `ROBLOX_API_KEY`. With `--local` it publishes to a throw-away emulator, a sample if no file is
//! named.

use opencloud::Client;
use opencloud::body::File;
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: publish_place FILE UNIVERSE PLACE [--saved]
       publish_place --local [FILE UNIVERSE PLACE]   at a throw-away emulator

--saved saves the version without publishing it. The number of the version goes to the standard output.
The API key is that of the environment variable ROBLOX_API_KEY.";
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
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    if has("--help") {
        println!("{USAGE}");
        return Ok(());
    }
    if flags.iter().any(|flag| !["--saved", "--local"].contains(&flag.as_str())) {
        return Err(USAGE.into());
    }
    let (saved, local) = (has("--saved"), has("--local"));
    // A secret that is missing must not look like a place that was published.
    let (client, _emulator) = connect(local).await?;
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

/// Roblox, by the key of `ROBLOX_API_KEY`; with `--local` a throw-away emulator, which runs while it is kept.
async fn connect(local: bool) -> Result<(Client, Option<Emulator>), Box<dyn std::error::Error>> {
    if !local {
        let client = Client::from_env();
        return Ok((client.map_err(|error| format!("{error}\n(--local tries it at an emulator)"))?, None));
    }
    let emulator = Emulator::start().await?;
    eprintln!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
    let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
    Ok((client, Some(emulator)))
}
