//! What a call costs beside the same call written by hand with reqwest: one user is read, over a real
//! socket, in turns, so that whatever else the machine does happens to both.
//!
//! `cargo bench --bench overhead`. The figure to look at is the ratio; the times are this machine's.

use axum::Router;
use axum::routing::get;
use opencloud::Client;
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const KEY: &str = "local";
const ROUNDS: usize = 60;
const CALLS: u32 = 500;
const USER: &str = r#"{"path":"users/156","createTime":"2006-02-27T21:06:40.3Z","id":"156","name":"builderman",
    "displayName":"builderman","about":"Hello","locale":"en_us","premium":true,"idVerified":true,
    "socialNetworkProfiles":{"facebook":"","twitter":"","youtube":"","twitch":"","guilded":"","visibility":"EVERYONE"}}"#;

/// What whoever writes the call by hand declares.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[allow(dead_code, reason = "read for the sake of reading")]
    create_time: jiff::Timestamp,
    #[allow(dead_code, reason = "read for the sake of reading")]
    id: String,
    display_name: String,
}

/// The answer of the service, from a thread of its own.
fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    listener.set_nonblocking(true).expect("a listener for tokio");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let answer = || async { ([("content-type", "application/json")], USER) };
            let routes = Router::new().route("/cloud/v2/users/{id}", get(answer));
            let listener = TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, routes).await.expect("a server");
        });
    });
    format!("http://{address}")
}

async fn by_hand(client: &reqwest::Client, base: &str) {
    let request = client.get(format!("{base}/cloud/v2/users/{}", 156)).header("x-api-key", KEY);
    let answer = request.send().await.expect("an answer").error_for_status().expect("a success");
    let user: User = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a user");
    assert_eq!(user.display_name, "builderman");
}

async fn by_sdk(client: &Client) {
    let user = client.users().get(156).await.expect("a user");
    assert_eq!(user.display_name.as_deref(), Some("builderman"));
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6 / f64::from(CALLS)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let base = serve();
    rustls::crypto::ring::default_provider().install_default().expect("no provider before this one");
    let hand = reqwest::Client::new();
    let client = Client::builder().api_key(KEY).base_url(&base).build().expect("a client");

    let (mut hand_times, mut sdk_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            by_hand(&hand, &base).await;
        }
        let by_hand = start.elapsed();
        let start = Instant::now();
        for _ in 0..CALLS {
            by_sdk(&client).await;
        }
        let by_sdk = start.elapsed();
        // The first round opens the connections.
        if round > 0 {
            ratios.push(by_sdk.as_secs_f64() / by_hand.as_secs_f64());
            hand_times.push(by_hand);
            sdk_times.push(by_sdk);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("reqwest by hand {:>7.1} µs a call", median(hand_times));
    println!("opencloud       {:>7.1} µs a call", median(sdk_times));
    println!(
        "ratio           {:>7.2} (median of {ROUNDS} pairs; the middle half from {:.2} to {:.2})",
        ratios[ROUNDS / 2],
        ratios[ROUNDS / 4],
        ratios[ROUNDS * 3 / 4]
    );
}
