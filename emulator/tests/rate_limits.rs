//! Rate limits on the emulator's clock, which stands still here unless it is moved.

mod common;

use std::time::Duration;

use common::{Client, start_time};
use opencloud_emulator::{ApiKey, Builder, Emulator};
use serde_json::json;

fn builder() -> Builder {
    Emulator::builder().frozen_at(start_time()).rate_limits(true)
}

async fn start() -> Client {
    Client::of(builder().start().await.expect("started"))
}

#[tokio::test]
async fn without_limits_there_are_no_headers() {
    let client = Client::start().await;
    let answer = client.get("/cloud/v2/users/1").await;
    assert_eq!(answer.header("x-ratelimit-limit"), "");
}

/// The document allows 100 requests a minute to a key's owner for this list, and 300 to a universe's lists.
#[tokio::test]
async fn a_key_has_the_limit_of_the_document() {
    let client = start().await;
    let groups = "/cloud/v2/groups/4001/roles";
    let first = client.get(groups).await;
    let limit: u32 = first.header("x-ratelimit-remaining").parse().expect("a number");
    assert_eq!(first.header("x-ratelimit-limit"), format!("{0}, {0};w=60", limit + 1));
    assert_eq!(first.header("x-ratelimit-reset"), "60");
    for _ in 0..limit {
        client.get(groups).await.ok();
    }
    client.emulator.advance(Duration::from_millis(40_500));
    let answer = client.get(groups).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "20");
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
    assert_eq!(answer.json()["code"], "RESOURCE_EXHAUSTED");
    // Another key, another operation, and another minute.
    let other = client.request("GET", groups).header("x-api-key", "other");
    let request = other.build().expect("a request");
    assert_eq!(request.headers().get_all("x-api-key").iter().count(), 2, "the first one counts");
    let url = format!("{}{groups}", client.emulator.base_url());
    let other = common::http().get(url).header("x-api-key", "other");
    assert_eq!(other.send().await.expect("an answer").status(), 200);
    client.get("/cloud/v2/groups/4001").await.ok();
    client.emulator.advance(Duration::from_secs(20));
    client.get(groups).await.ok();
}

/// A token of OAuth 2.0 may ask for a user ten times a minute, a key a thousand times.
#[tokio::test]
async fn a_token_has_a_limit_of_its_own() {
    let client = start().await;
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let http = common::http();
    let token = client.emulator.access_token(1001, ["openid"]).expect("a token");
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let answer = http.get(&url).bearer_auth(&token).send().await.expect("an answer");
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [[200; 10].as_slice(), &[429]].concat());
    client.get("/cloud/v2/users/1").await.ok();
}

/// A universe's standard data stores take 300 writes a minute, whoever writes; reads are counted for themselves.
#[tokio::test]
async fn a_universe_has_limits_for_its_data_stores() {
    let client = start().await;
    let entry = "/cloud/v2/universes/2001/data-stores/points/entries/total";
    for number in 0..300 {
        let answer = client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.text);
    }
    let answer = client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "60"));
    assert_eq!(client.get(entry).await.ok()["value"], 300);
    let elsewhere = "/cloud/v2/universes/2002/data-stores/points/entries/total:increment";
    client.post(elsewhere, &json!({ "amount": 1 })).await.ok();
    client.emulator.advance(Duration::from_secs(60));
    client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await.ok();
}

/// In the v1 API the limit's own name is in the answer.
#[tokio::test]
async fn the_v1_data_stores_name_what_throttles() {
    let client = start().await;
    let entry = "/datastores/v1/universes/2001/standard-datastores/datastore/entries/entry/increment\
                 ?datastoreName=points&entryKey=total&incrementBy=1";
    let mut last = None;
    for _ in 0..301 {
        let request = client.request("POST", entry).header("content-length", "0");
        last = Some(client.send(request).await);
    }
    let last = last.expect("sent");
    assert_eq!(last.status, 429, "{}", last.text);
    assert_eq!(last.json()["errorDetails"][0]["datastoreErrorCode"], "DatastoreThrottled");
}

/// One key of a data store takes 4 MB a minute, each write rounded up to whole KB.
#[tokio::test]
async fn a_key_of_a_data_store_has_a_throughput() {
    let client = start().await;
    let entry =
        |key: &str| format!("/cloud/v2/universes/2001/data-stores/big/entries/{key}?allowMissing=true");
    let body = json!({ "value": "x".repeat(3 * 1024 * 1024) });
    client.patch(&entry("a"), &body).await.ok();
    client.patch(&entry("a"), &body).await.refused(429);
    client.patch(&entry("b"), &body).await.ok();
    client.emulator.advance(Duration::from_secs(60));
    client.patch(&entry("a"), &body).await.ok();
}

/// A universe nobody plays in has 1,000 units a minute for its memory stores; a list costs one for each of its items.
#[tokio::test]
async fn a_list_of_a_memory_store_costs_as_many_units_as_it_has_items() {
    let client = start().await;
    let items = "/cloud/v2/universes/2002/memory-store/sorted-maps/scores/items";
    for number in 0..100 {
        client.post(&format!("{items}?id=player-{number}"), &json!({ "value": number })).await.ok();
    }
    let list = format!("{items}?maxPageSize=100");
    for _ in 0..9 {
        let page = client.get(&list).await.ok();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(100));
    }
    let answer = client.get(&format!("{items}/player-1")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "60"));
    assert!(answer.text.contains("memory store request units"), "{}", answer.text);
    client.get("/cloud/v2/universes/2003/memory-store/sorted-maps/scores/items").await.ok();
    client.emulator.advance(Duration::from_secs(60));
    client.get(&format!("{items}/player-1")).await.ok();
}

/// 600 translations a minute for a game that nobody plays.
#[tokio::test]
async fn a_universe_has_a_limit_for_its_translations() {
    let client = start().await;
    let target = "/cloud/v2/universes/2001:translateText";
    let text = json!({ "text": "hello", "targetLanguageCodes": ["de-de"] });
    for _ in 0..600 {
        client.post(target, &text).await.ok();
    }
    client.post(target, &text).await.refused(429);
    client.post("/cloud/v2/universes/2002:translateText", &text).await.ok();
}

/// A universe may change the restriction of one user twice a minute.
#[tokio::test]
async fn the_restriction_of_one_user_is_changed_twice_a_minute() {
    let client = start().await;
    let restriction = |user: u32| format!("/cloud/v2/universes/2001/user-restrictions/{user}");
    let body = json!({ "gameJoinRestriction": { "active": true } });
    client.patch(&restriction(7), &body).await.ok();
    client.patch(&restriction(7), &body).await.ok();
    client.patch(&restriction(7), &body).await.refused(429);
    client.patch(&restriction(8), &body).await.ok();
    let in_place = "/cloud/v2/universes/2001/places/3001/user-restrictions/7";
    client.patch(in_place, &body).await.refused(429);
}

/// "API key limits are summed over all keys of one owner".
#[tokio::test]
async fn the_keys_of_one_owner_share_its_limits() {
    let key = |key: &str, user: u64| ApiKey::new(key).user(user);
    let builder = Emulator::builder().frozen_at(start_time()).rate_limits(true);
    let builder = builder.api_key(key("one", 7)).api_key(key("two", 7)).api_key(key("other", 8));
    let emulator = builder.start().await.expect("started");
    let url = format!("{}/cloud/v2/groups/4001/roles", emulator.base_url());
    let remaining = async |key: &str| {
        let answer = common::http().get(&url).header("x-api-key", key).send().await.expect("an answer");
        answer.headers()["x-ratelimit-remaining"].to_str().expect("text").to_owned()
    };
    assert_eq!(remaining("one").await, "299");
    assert_eq!(remaining("two").await, "298");
    assert_eq!(remaining("other").await, "299");
}

#[tokio::test]
async fn on_a_fast_clock_the_waiting_is_short() {
    let builder = Emulator::builder().rate_limits(true).speed(20);
    let client = Client::of(builder.start().await.expect("started"));
    let reset = client.get("/cloud/v2/users/1").await;
    assert_eq!(reset.header("x-ratelimit-reset"), "3", "real seconds");
}
