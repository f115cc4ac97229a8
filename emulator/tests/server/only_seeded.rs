//! An emulator that makes nobody up, and faults that no request has matched.

use bytes::Bytes;
use opencloud_emulator::{Emulator, Seed};
use serde_json::{Value, json};

const SEED: &str = r#"{
  "users": [{ "id": 7, "name": "builder" }],
  "inventory": [{ "user": 8, "type": "BADGE", "id": 5 }],
  "groups": [{ "id": 4001, "members": { "9": "Member" } }],
  "universes": [{ "id": 2001, "places": [{ "id": 3001 }] }],
  "requests": [{ "method": "GET", "path": "/cloud/v2/users/7" }]
}"#;

async fn emulator(only: bool) -> Emulator {
    let seed: Seed = SEED.parse().expect("a seed");
    Emulator::builder().seed(seed).only_seeded(only).start().await.expect("started")
}

async fn send(emulator: &Emulator, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = http::Request::builder().method(method).uri(path).header("x-api-key", "key");
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = request.header("content-type", "application/json").header("content-length", body.len());
    let response = emulator.respond(request.body(body).expect("a request")).await.expect("a response");
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

#[tokio::test]
async fn who_is_not_in_the_seed_is_not_found() {
    let (only, usual) = (emulator(true).await, emulator(false).await);
    for path in ["/cloud/v2/users/", "/cloud/v2/groups/", "/cloud/v2/universes/"] {
        let path = format!("{path}123");
        let (status, body) = send(&only, "GET", &path, Value::Null).await;
        assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")), "{path}: {body}");
        assert_eq!(send(&usual, "GET", &path, Value::Null).await.0, 200, "{path}");
    }
    // Whatever is asked of them, and however often.
    for path in [
        "/cloud/v2/users/123/inventory-items",
        "/cloud/v2/groups/123/memberships",
        "/cloud/v2/universes/123/user-restrictions",
        "/cloud/v2/universes/2001/user-restrictions/123",
        "/cloud/v2/groups/123",
    ] {
        assert_eq!(send(&only, "GET", path, Value::Null).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn who_is_in_the_seed_is_there() {
    let only = emulator(true).await;
    for path in [
        "/cloud/v2/users/7",
        "/cloud/v2/users/8",
        "/cloud/v2/users/9",
        "/cloud/v2/groups/4001",
        "/cloud/v2/universes/2001",
        "/cloud/v2/universes/2001/places/3001",
        "/cloud/v2/universes/2001/user-restrictions/7",
    ] {
        assert_eq!(send(&only, "GET", path, Value::Null).await.0, 200, "{path}");
    }
}

/// Public look-ups name users in their bodies.
#[tokio::test]
async fn look_ups_find_only_who_is_in_the_seed() {
    let (only, usual) = (emulator(true).await, emulator(false).await);
    for (path, body, of_seed, made_up) in [
        ("/v1/usernames/users", json!({ "usernames": ["Builder", "player_123"] }), 1, 2),
        ("/v1/users", json!({ "userIds": [7, 8, 9, 123] }), 3, 4),
    ] {
        for (emulator, count) in [(&only, of_seed), (&usual, made_up)] {
            let (status, found) = send(emulator, "POST", path, body.clone()).await;
            assert_eq!((status, found["data"].as_array().map(Vec::len)), (200, Some(count)), "{found}");
        }
    }
    assert_eq!(send(&only, "GET", "/v1/universes/123/places", Value::Null).await.0, 404);
    let (_, places) = send(&only, "GET", "/v1/universes/2001/places", Value::Null).await;
    assert_eq!(places["data"][0]["id"], 3001);
}

#[tokio::test]
async fn a_fault_that_no_request_has_matched_is_named() {
    let emulator = emulator(false).await;
    emulator.fault("users.get=503,skip=5").expect("a fault");
    emulator.fault("groups.get=503").expect("a fault");
    assert_eq!(emulator.unmatched_faults().len(), 2);
    send(&emulator, "GET", "/cloud/v2/users/7", Value::Null).await;
    assert_eq!(emulator.unmatched_faults(), ["groups.get=503"]);
    emulator.clear_faults();
    assert!(emulator.unmatched_faults().is_empty());
}

#[tokio::test]
async fn the_clock_takes_minutes() {
    let emulator = emulator(false).await;
    for (by, status) in [("16m", 200), ("1h 30m", 200), ("2d", 200), ("soon", 400), ("-5s", 400)] {
        let body = json!({ "advance": by });
        assert_eq!(send(&emulator, "POST", "/__emulator/clock", body).await.0, status, "{by}");
    }
}
