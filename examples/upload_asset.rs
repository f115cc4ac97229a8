//! Uploads a file as a new asset, shows how far it is, and says what moderation thinks of it.
//!
//! With `ROBLOX_API_KEY` set it uploads to Roblox, in the name of the user `ROBLOX_USER_ID`. Without a key
//! it starts a local Open Cloud of its own. Without a file it uploads a small picture, to the local one only.
//!
//! ```text
//! cargo run --example upload_asset -- hat.png
//! ```

use opencloud::assets::AssetUpload;
use opencloud::body::File;
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;

/// The user that the local Open Cloud knows.
const LOCAL_USER: &str = "1001";

/// The first bytes of a PNG, which is what a local Open Cloud looks at.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

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
    let path = env::args().nth(1);
    if env::var_os("ROBLOX_API_KEY").is_some() {
        let user = env::var("ROBLOX_USER_ID").map_err(|_| "set ROBLOX_USER_ID to the user who creates")?;
        let path = path.ok_or("name the file to upload")?;
        upload(&Client::from_env()?, &user, File::open(path).await?).await?;
    } else {
        let emulator = Emulator::start().await?;
        println!("ROBLOX_API_KEY is not set: talking to a local Open Cloud at {}.", emulator.base_url());
        let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
        let file = match path {
            Some(path) => File::open(path).await?,
            None => File::new(PICTURE).name("picture.png"),
        };
        upload(&client, LOCAL_USER, file).await?;
    }
    Ok(())
}

async fn upload(client: &Client, user: &str, file: File) -> Result<(), Error> {
    let file = file.on_progress(|sent, total| match total {
        Some(total) => println!("{sent} of {total} bytes"),
        None => println!("{sent} bytes"),
    });
    let asset = client.assets().upload(AssetUpload::by_user(user, "Uploaded by opencloud", file)).await?;
    println!(
        "asset {}, moderation: {:?}",
        asset.asset_id.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        asset.moderation()
    );
    Ok(())
}
