//! A tour: a profile, a thumbnail, an inventory, quotas, groups, a notification and an upload.
//!
//! With `ROBLOX_API_KEY` set it talks to Roblox; `ROBLOX_USER_ID` says whose profile is read, and
//! `ROBLOX_UNIVERSE_ID` and `ROBLOX_MESSAGE_ID` in whose name a notification is sent. Nothing is written
//! to Roblox unless those are set (the notification) or `ROBLOX_UPLOAD=yes` is (the upload). Without a
//! key, or with `--local`, it starts a throw-away emulator.
//!
//! ```text
//! cargo run --example quickstart
//! ```

use opencloud::body::File;
use opencloud::filter::InventoryFilter;
use opencloud::types::{
    Asset, AssetCreationContext, AssetCreator, InventoryItemAssetType as ItemType, ThumbnailFormat,
    ThumbnailShape, ThumbnailSize,
};
use opencloud::{Client, Error};
use opencloud_emulator::Emulator;
use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: quickstart [--local]

A tour of the SDK, at Roblox if ROBLOX_API_KEY is set, otherwise (and with --local) at a throw-away emulator.
ROBLOX_USER_ID says whose profile is read. Nothing is written to Roblox, unless
  ROBLOX_UNIVERSE_ID and ROBLOX_MESSAGE_ID are set: a notification is sent to that user;
  ROBLOX_UPLOAD=yes: a picture of one pixel is uploaded in the name of that user.";

/// A user that the emulator has from the beginning.
const LOCAL_USER: u64 = 1001;

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
    let arguments: Vec<String> = env::args().skip(1).collect();
    let local = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => env::var_os("ROBLOX_API_KEY").is_none(),
        ["--local"] => true,
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return Ok(());
        }
        _ => return Err(USAGE.into()),
    };
    if local {
        let emulator = Emulator::start().await?;
        println!("Talking to a throw-away emulator at {}: nothing happens at Roblox.", emulator.base_url());
        let client = Client::builder().api_key("local").base_url(emulator.base_url()).build()?;
        let notification = Some(("2001".to_owned(), "message-1".to_owned()));
        return Ok(tour(&client, &LOCAL_USER.to_string(), notification, true).await?);
    }
    let client = Client::from_env()?;
    let user = env::var("ROBLOX_USER_ID").unwrap_or_else(|_| "156".to_owned());
    println!("Talking to Roblox about user {user}.");
    let upload = env::var("ROBLOX_UPLOAD").is_ok_and(|value| value == "yes");
    Ok(tour(&client, &user, notification_from_env(), upload).await?)
}

fn notification_from_env() -> Option<(String, String)> {
    Some((env::var("ROBLOX_UNIVERSE_ID").ok()?, env::var("ROBLOX_MESSAGE_ID").ok()?))
}

async fn tour(
    client: &Client,
    user_id: &str,
    notification: Option<(String, String)>,
    upload: bool,
) -> Result<(), Error> {
    title("Profile");
    let user = client.users().get(user_id).await?;
    println!("{} (@{})", text(&user.display_name), text(&user.name));
    println!("{}", text(&user.about));

    title("Avatar thumbnail, 420 x 420, JPEG, square");
    let thumbnail = client
        .users()
        .generate_thumbnail(user_id)
        .size(ThumbnailSize::Px420)
        .format(ThumbnailFormat::Jpeg)
        .shape(ThumbnailShape::Square)
        .wait()
        .await?;
    println!("{}", text(&thumbnail.image_uri));

    title("Hats and classic pants");
    let mut wearables = client
        .users()
        .list_inventory_items(user_id)
        .filter(InventoryFilter::types().assets([ItemType::Hat, ItemType::ClassicPants]))
        .pages()
        .page_size(20);
    let mut shown = 0;
    while let Some(page) = wearables.next().await.transpose()? {
        let items = page.inventory_items();
        shown += items.len();
        let first = items.first().and_then(|item| item.asset_details.as_ref());
        println!(
            "a page of {}{}",
            items.len(),
            first.map_or(String::new(), |asset| format!(
                ", the first is asset {} ({})",
                text(&asset.asset_id),
                text(&asset.inventory_item_asset_type)
            ))
        );
    }
    println!("{shown} in all");

    title("Whole inventory");
    let mut everything = client.users().list_inventory_items(user_id).items();
    let mut count = 0;
    while everything.next().await.transpose()?.is_some() {
        count += 1;
    }
    println!("{count} items");

    title("Asset quotas");
    for quota in client.users().list_asset_quotas(user_id).items().collect().await? {
        println!(
            "{} for {}: {} of {} left",
            text(&quota.quota_type),
            text(&quota.asset_type),
            text(&quota.remaining()),
            text(&quota.capacity)
        );
    }

    title("Groups");
    let mut groups = client.groups().list_groups(user_id).items();
    while let Some(membership) = groups.next().await.transpose()? {
        let Some(id) = membership.group_id() else { continue };
        let group = client.groups().get(&id).await?;
        println!("{} (group {id}), {} members", text(&group.display_name), group.member_count());
    }

    title("Notification");
    match notification {
        Some((universe, message)) => {
            let sent = client.users().notify(user_id, universe, message).await?;
            println!("sent: {}", text(&sent.path));
        }
        None => println!("skipped: set ROBLOX_UNIVERSE_ID and ROBLOX_MESSAGE_ID"),
    }

    title("Upload");
    if !upload {
        println!("skipped: set ROBLOX_UPLOAD=yes");
        return Ok(());
    }
    let image = File::new(PIXEL.to_vec()).name("pixel.png").media_type("image/png");
    let asset = Asset::new()
        .asset_type("Decal")
        .display_name("A pixel")
        .description("The smallest picture there is.")
        .creation_context(AssetCreationContext::new(AssetCreator::new().user_id(user_id)));
    let asset = client.assets().create(asset, image).wait().await?;
    println!("asset {}, revision {}", text(&asset.asset_id), text(&asset.revision_id));
    Ok(())
}

fn title(text: &str) {
    println!("\n== {text}");
}

/// What the service said, or a dash.
fn text<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "-".to_owned(), T::to_string)
}

/// A PNG of one pixel.
const PIXEL: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01,
    0x48, 0xaf, 0xa4, 0x71, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];
