//! The same jobs by hand: no retries, no limits, no checks.

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use streams::{AT_ONCE, KEY, Meter, Peak, STORE, arguments, place_file};
use tokio::io::AsyncWriteExt;

#[global_allocator]
static ALLOCATOR: Peak = Peak;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    data_store_entries: Vec<Listed>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// The fields of an entry that an export keeps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    create_time: Option<Timestamp>,
    revision_id: Option<String>,
    revision_create_time: Option<Timestamp>,
    value: Box<RawValue>,
    #[serde(default)]
    users: Vec<String>,
    attributes: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    scope: &'static str,
    key: String,
    value: Box<RawValue>,
    users: Vec<String>,
    attributes: Option<Box<RawValue>>,
    revision_id: Option<String>,
    create_time: Option<Timestamp>,
    revision_create_time: Option<Timestamp>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (job, address, count) = arguments();
    let client = reqwest::Client::new();
    match job.as_str() {
        "export" => export(&client, &address, count).await,
        "publish" => publish(&client, &address, count).await,
        other => panic!("no job {other}"),
    }
}

async fn get<T: DeserializeOwned>(client: &reqwest::Client, url: String) -> T {
    let response = client.get(url).header("x-api-key", KEY).send().await.expect("a response");
    let body = response.error_for_status().expect("a success").bytes().await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

/// Lists a store, reads each entry, and writes a line for it, with the same fields as ours.
async fn export(client: &reqwest::Client, address: &str, count: u64) {
    let meter = Meter::start();
    let store = format!("{address}/cloud/v2/universes/{count}/data-stores/{STORE}/scopes/global/entries");
    let (mut writer, mut token, mut seen) = (tokio::io::sink(), String::new(), 0);
    loop {
        let page: Page = get(client, format!("{store}?maxPageSize=256&pageToken={token}")).await;
        let reads = page.data_store_entries.into_iter().map(|listed| {
            let url = format!("{store}/{}", listed.id);
            async move { (listed.id, get::<Entry>(client, url).await) }
        });
        let mut reads = stream::iter(reads).buffered(AT_ONCE);
        while let Some((id, entry)) = reads.next().await {
            let Entry { create_time, revision_id, revision_create_time, value, users, attributes } = entry;
            let scope = "global";
            let line =
                Line { scope, key: id, value, users, attributes, revision_id, create_time, revision_create_time };
            let mut text = serde_json::to_vec(&line).expect("JSON");
            text.push(b'\n');
            writer.write_all(&text).await.expect("written");
            seen += 1;
        }
        match page.next_page_token.filter(|token| !token.is_empty()) {
            Some(next) => token = next,
            None => break,
        }
    }
    assert_eq!(seen, count);
    meter.print();
}

async fn publish(client: &reqwest::Client, address: &str, bytes: u64) {
    let path = place_file(bytes);
    let meter = Meter::start();
    let file = tokio::fs::File::open(&path).await.expect("a file");
    let url = format!("{address}/universes/v1/1/places/2/versions?versionType=Published");
    let request =
        client.post(url).header("x-api-key", KEY).header("content-type", "application/octet-stream");
    let request = request.header("content-length", bytes).body(file);
    let response = request.send().await.expect("a response").error_for_status().expect("a success");
    response.bytes().await.expect("a body");
    let _ = std::fs::remove_file(path);
    meter.print();
}
