//! The page at `/__emulator/`, as a browser shows it. Where there is no Chromium, what needs it is skipped.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{Client, encode};
use opencloud_emulator::{Emulator, OAuthApp, Seed};
use serde_json::{Value, json};
use tokio::process::Command;

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// What would run if it were read as HTML.
const HOSTILE: &str = "</script><img src=x onerror=\"document.title='hacked'\">";

/// The page as the browser has it after its script ran; none where there is no browser.
async fn shown(name: &str, url: &str) -> Option<String> {
    let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{name}"));
    for browser in BROWSERS {
        let command = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(["--window-size=1280,900", "--dump-dom", url])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        // So long only where something is wrong.
        match tokio::time::timeout(Duration::from_secs(120), command).await.expect("the browser ends") {
            Ok(output) => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                return Some(String::from_utf8(output.stdout).expect("UTF-8"));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => panic!("{browser}: {error}"),
        }
    }
    eprintln!("skipped: none of {BROWSERS:?} is installed");
    None
}

async fn create_entry(client: &Client, id: &str, value: &Value) {
    let target = format!("/cloud/v2/universes/2001/data-stores/Coins/entries?id={}", encode(id));
    client.post(&target, &json!({ "value": value })).await.ok();
}

#[tokio::test]
async fn state_and_traffic_are_shown() {
    let client = Client::start().await;
    create_entry(&client, "player_7", &json!({ "coins": 12 })).await;
    client.get("/cloud/v2/users/1001?unknown=1").await.ok();
    let url = format!("{}/__emulator/?search=player_7", client.emulator.base_url());
    let Some(page) = shown("shown", &url).await else { return };
    // The traffic,
    for text in [
        "/cloud/v2/users/1001",
        "?unknown=1",
        "users.get",
        "data_stores.create_entry",
        "1 against the document",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // the state,
    for text in ["player_7", "{\"coins\":12}"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // and the time.
    assert!(page.contains("2026-01-02 03:04:05 UTC"), "{page}");
}

#[tokio::test]
async fn nothing_that_is_shown_is_run() {
    let app = OAuthApp::public("7").name(HOSTILE);
    let seed = json!({ "users": [{ "id": 1002, "name": HOSTILE, "displayName": HOSTILE }] });
    let seed: Seed = seed.to_string().parse().expect("a seed");
    let emulator = Emulator::builder().oauth_app(app).seed(seed).start().await.expect("started");
    let client = Client::of(emulator);
    create_entry(&client, "<img src=x onerror=alert(1)>", &json!(HOSTILE)).await;
    client.get(&format!("/cloud/v2/users/{}?x={}", encode(HOSTILE), encode(HOSTILE))).await;
    let message = json!({ "topic": "news", "message": HOSTILE });
    client.post("/cloud/v2/universes/2001:publishMessage", &message).await;
    for area in ["users", "dataStores", "messages", "identity"] {
        let url = format!("{}/__emulator/?area={area}&search=onerror", client.emulator.base_url());
        let Some(page) = shown("hostile", &url).await else { return };
        assert!(page.contains("&lt;img src=x onerror="), "{area}: {page}");
        assert!(!page.contains("<img") && page.contains("<title>Local Open Cloud</title>"), "{area}: {page}");
    }
    let query = "client_id=7&redirect_uri=https%3A%2F%2Fa.example&response_type=none&scope=openid";
    let url = format!("{}/oauth/v1/authorize?{query}&state={}", client.emulator.base_url(), encode(HOSTILE));
    let Some(page) = shown("hostile", &url).await else { return };
    assert!(page.contains("&lt;img") && !page.contains("<img"), "{page}");
    assert!(page.contains("<title>Authorize"), "{page}");
}

#[tokio::test]
async fn the_page_is_whole_and_allows_nothing_from_elsewhere() {
    let client = Client::start().await;
    let page = client.get("/__emulator/").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let parts: Vec<_> = page.text.match_indices("src=").chain(page.text.match_indices("@import")).collect();
    assert!(parts.is_empty(), "{parts:?}");
    assert_eq!(client.get("/__emulator").await.status, 200, "leads to the page");
}

#[tokio::test]
async fn requests_are_told_as_they_come_in() {
    let client = Client::start().await;
    client.get("/cloud/v2/users/1").await.ok();
    let mut events =
        client.request("GET", "/__emulator/dashboard/events?after=1").send().await.expect("events");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut received = String::new();
    let mut until = async |text: &str| {
        while !received.contains(text) {
            let chunk = events.chunk().await.expect("a chunk").expect("more");
            received.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
        received.clone()
    };
    until("\"entries\":[]").await;
    client.get("/cloud/v2/users/2").await.ok();
    let told = until("/cloud/v2/users/2").await;
    assert!(told.contains("event: traffic\ndata: {") && !told.contains("/cloud/v2/users/1\""), "{told}");
    client.delete("/__emulator/requests").await;
    until("\"first\":null").await;
}

#[tokio::test]
async fn listeners_are_bounded() {
    let client = Client::start().await;
    let mut listeners = Vec::new();
    for _ in 0..32 {
        let listener = client.request("GET", "/__emulator/dashboard/events").send().await.expect("events");
        assert_eq!(listener.status(), 200);
        listeners.push(listener);
    }
    client.get("/__emulator/dashboard/events").await.refused(429);
}

#[tokio::test]
async fn one_request_is_told_with_its_bodies_and_without_its_secrets() {
    let client = Client::start().await;
    create_entry(&client, "player_7", &json!(7)).await;
    let told = client.get("/__emulator/dashboard/requests/1").await.ok();
    assert_eq!((&told["body"], &told["status"]), (&json!("{\"value\":7}"), &json!(200)));
    assert!(told["responseBody"].as_str().is_some_and(|body| body.contains("player_7")));
    assert_eq!(told["headers"]["x-api-key"], "[redacted]");
    for wrong in ["0", "2", "x"] {
        client.get(&format!("/__emulator/dashboard/requests/{wrong}")).await.refused(404);
    }
    client.get("/__emulator/dashboard/state?area=nothing").await.refused(404);
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let client = Client::start().await;
    client.get("/cloud/v2/users/1").await.ok();
    let from = |name: &str, value: &str| client.request("POST", "/__emulator/reset").header(name, value);
    client.send(from("sec-fetch-site", "cross-site")).await.refused(403);
    client.send(from("origin", "https://evil.example")).await.refused(403);
    client.send(from("origin", "null")).await.refused(403);
    client
        .send(from("origin", "https://evil.example").header("sec-fetch-site", "same-site"))
        .await
        .refused(403);
    assert_eq!(client.emulator.requests().len(), 1);
    let own = client.emulator.base_url().to_owned();
    assert_eq!(client.send(from("origin", &own)).await.status, 204, "an older browser");
    assert_eq!(client.send(from("sec-fetch-site", "same-origin")).await.status, 204);
    assert!(client.emulator.requests().is_empty());
}

/// A page that has its own name lead to this machine is for a browser on the emulator's site (DNS rebinding).
#[tokio::test]
async fn under_a_name_that_anybody_can_register_nothing_responds() {
    let client = Client::start().await;
    let named = |target: &str, name: &str| client.request("GET", target).header("host", name);
    for target in ["/__emulator/", "/__emulator/state", "/cloud/v2/users/1"] {
        let message = client.send(named(target, "evil.example:8080")).await.refused(403);
        assert!(message.contains("evil.example:8080"), "{message}");
        for name in ["localhost:8080", "emulator", "host.docker.internal:8080", "apis.roblox.com"] {
            assert_eq!(client.send(named(target, name)).await.status, 200, "{target} at {name}");
        }
    }
}
