//! Lists as long as the number in their path, made page by page, and the entries in them.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use crate::{item, response};

/// The user whose inventory has a page of one item every 10 ms, and how many.
const SLOW: u64 = 7;
const SLOW_PAGES: u64 = 20;
const TURN: Duration = Duration::from_millis(10);
/// Numbers below it are of those whose lists are one page.
const LONG: u64 = 1000;

const VALUE: &str = "{\"coins\":1250,\"level\":17,\"name\":\"builderman\",\"inventory\":[\"sword\",\"shield\",\"potion\",\
                     \"potion\",\"map\"],\"settings\":{\"music\":true,\"volume\":0.7,\"language\":\"en_us\"}}";

/// The response to a request, if it is for one of these lists.
pub fn respond(request: &str) -> Option<Vec<u8>> {
    let target = request.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let from = number(query, "pageToken").unwrap_or(0);
    match parts.as_slice() {
        [_, "cloud", "v2", "users", user, "inventory-items"] => match user.parse().ok()? {
            SLOW => {
                thread::sleep(TURN);
                Some(items(from, 1, SLOW_PAGES))
            }
            LONG.. => Some(items(from, 100, user.parse().ok()?)),
            _ => None,
        },
        [_, "cloud", "v2", "universes", universe, "data-stores", .., "entries"] => {
            let count = universe.parse().ok().filter(|count| *count >= LONG)?;
            Some(entries(from, number(query, "maxPageSize").unwrap_or(256), count))
        }
        [_, "cloud", "v2", "universes", universe, "data-stores", .., "entries", id] => {
            universe.parse().ok().filter(|count: &u64| *count >= LONG)?;
            Some(entry(id))
        }
        _ => None,
    }
}

fn number(query: &str, name: &str) -> Option<u64> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// The token of the page that begins after these.
fn token(end: u64, count: u64) -> String {
    if end < count { end.to_string() } else { String::new() }
}

fn items(from: u64, size: u64, count: u64) -> Vec<u8> {
    let end = (from + size).min(count);
    let list: Vec<String> = (from..end).map(|at| item(at as usize)).collect();
    let next = token(end, count);
    response(&format!("{{\"inventoryItems\":[{}],\"nextPageToken\":\"{next}\"}}", list.join(",")))
}

fn entries(from: u64, size: u64, count: u64) -> Vec<u8> {
    let end = (from + size).min(count);
    let mut body = String::from("{\"dataStoreEntries\":[");
    for at in from..end {
        let comma = if at == from { "" } else { "," };
        let _ = write!(
            body,
            "{comma}{{\"path\":\"universes/1/data-stores/Players/scopes/global/entries/Player_{at}\",\
             \"id\":\"Player_{at}\"}}"
        );
    }
    let _ = write!(body, "],\"nextPageToken\":\"{}\"}}", token(end, count));
    response(&body)
}

fn entry(id: &str) -> Vec<u8> {
    response(&format!(
        "{{\"path\":\"universes/1/data-stores/Players/scopes/global/entries/{id}\",\
         \"createTime\":\"2024-03-05T10:11:12.300Z\",\"revisionId\":\"08DC3D0C1A2B3C4D.0000000001.08DC3D0C1A2B3C4D.01\",\
         \"revisionCreateTime\":\"2024-03-05T10:11:12.300Z\",\"state\":\"ACTIVE\",\"etag\":\"08DC3D0C1A2B3C4D\",\
         \"value\":{VALUE},\"id\":\"{id}\",\"users\":[],\"attributes\":{{}}}}"
    ))
}
