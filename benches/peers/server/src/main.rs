//! Responds to every request with the same bodies, in one write, over connections that stay open.
//! Prints its address and runs until it is killed.

mod long;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

struct Bodies {
    user: Vec<u8>,
    items: Vec<u8>,
    entries: Vec<u8>,
    version: Vec<u8>,
}

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    let bodies = Arc::new(Bodies {
        user: user(),
        items: items(),
        entries: entries(),
        version: response("{\"versionNumber\":7}"),
    });
    for stream in listener.incoming().flatten() {
        let bodies = Arc::clone(&bodies);
        thread::spawn(move || serve(stream, &bodies));
    }
}

fn serve(stream: TcpStream, bodies: &Bodies) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
        if let Some(made) = long::respond(&first) {
            writer.write_all(&made).ok()?;
            continue;
        }
        let response = match first {
            path if path.contains("/versions") => &bodies.version,
            path if path.contains("/inventory-items") => &bodies.items,
            path if path.contains("/entries") => &bodies.entries,
            _ => &bodies.user,
        };
        writer.write_all(response).ok()?;
    }
}

/// A response with the headers that Roblox's gateway sends, as far as they matter to a client.
fn response(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
         date: Mon, 30 Nov 2026 12:00:00 GMT\r\nserver: public-gateway\r\ncache-control: no-cache\r\n\
         strict-transport-security: max-age=3600\r\nx-frame-options: SAMEORIGIN\r\n\
         roblox-machine-id: 3f6a1c0e\r\nx-roblox-region: us-central\r\n\
         x-ratelimit-limit: 100, 100;w=60\r\nx-ratelimit-remaining: 99\r\nx-ratelimit-reset: 37\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn user() -> Vec<u8> {
    response(
        "{\"path\":\"users/156\",\"createTime\":\"2006-02-27T21:06:40.300Z\",\"id\":\"156\",\
         \"name\":\"builderman\",\"displayName\":\"builderman\",\"about\":\"Welcome. Build what you like.\",\
         \"locale\":\"en_us\",\"premium\":true,\"idVerified\":true,\"socialNetworkProfiles\":{\"facebook\":\"\",\
         \"twitter\":\"\",\"youtube\":\"\",\"twitch\":\"\",\"guilded\":\"\",\"visibility\":\"EVERYONE\"}}",
    )
}

fn items() -> Vec<u8> {
    let items: Vec<String> = (0..100).map(item).collect();
    response(&format!(
        "{{\"inventoryItems\":[{}],\"nextPageToken\":\"eyJzdGFydCI6MTAwfQ\"}}",
        items.join(",")
    ))
}

fn item(at: usize) -> String {
    const KINDS: [&str; 6] = ["HAT", "CLASSIC_PANTS", "CLASSIC_SHIRT", "FACE", "GEAR", "HAIR_ACCESSORY"];
    let id = 1_028_606 + at * 7919;
    format!(
        "{{\"path\":\"users/156/inventory-items/item-{id}\",\"assetDetails\":{{\"assetId\":\"{id}\",\
         \"inventoryItemAssetType\":\"{}\",\"instanceId\":\"{}\"}},\
         \"addTime\":\"2024-03-{:02}T10:{:02}:07.{:03}Z\"}}",
        KINDS[at % KINDS.len()],
        9_000_000_000_usize + id,
        at % 28 + 1,
        at % 60,
        at % 1000,
    )
}

fn entries() -> Vec<u8> {
    let mut body = String::from("{\"dataStoreEntries\":[");
    for at in 0..256 {
        let comma = if at == 0 { "" } else { "," };
        let id = 50_000_000 + at * 104_729;
        let _ = write!(
            body,
            "{comma}{{\"path\":\"universes/42/data-stores/Players/entries/Player_{id}\",\"id\":\"Player_{id}\"}}"
        );
    }
    body.push_str("],\"nextPageToken\":\"eyJzdGFydCI6MjU2fQ\"}");
    response(&body)
}
