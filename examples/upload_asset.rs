//! Uploads a file as a new asset, shows how far it is, and says what moderation thinks of it.
//!
//! The key is that of `ROBLOX_API_KEY`, and must be one of the user who creates. With `--local` it uploads to a
//! throw-away emulator, a small picture if no file is named.
//!
//! ```text
//! cargo run --example upload_asset -- hat.png 156
//! ```

mod support;

use opencloud::assets::AssetUpload;
use opencloud::body::File;
use opencloud::{Client, Error};
use std::env;
use std::process::ExitCode;
use support::Problem;

const USAGE: &str = "\
usage: upload_asset FILE USER             USER: the id of the user who creates, whose key it must be
       upload_asset --local [FILE]        to a throw-away emulator

The API key is that of the environment variable ROBLOX_API_KEY.";

/// A user that the emulator has from the beginning.
const LOCAL_USER: &str = "1001";

/// The first bytes of a PNG, which is what the emulator looks at.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::main]
async fn main() -> ExitCode {
    support::exit_code(run().await)
}

async fn run() -> Result<(), Problem> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (local, file, user) = match arguments[..] {
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        ["--local"] => (true, File::new(PICTURE).name("picture.png"), LOCAL_USER),
        ["--local", path] => (true, File::open(path).await?, LOCAL_USER),
        [path, user] => (false, File::open(path).await?, user),
        _ => return Err(USAGE.into()),
    };
    let (client, _emulator) = support::connect(local).await?;
    Ok(upload(&client, user, file).await?)
}

async fn upload(client: &Client, user: &str, file: File) -> Result<(), Error> {
    let file = file.on_progress(support::Bar::of("bytes"));
    let asset = client.assets().upload(AssetUpload::by_user(user, "Uploaded by opencloud", file)).await?;
    println!(
        "asset {}, moderation: {:?}",
        asset.asset_id.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        asset.moderation()
    );
    Ok(())
}
