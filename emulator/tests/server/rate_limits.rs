//! Rate limits on the emulator's clock, which stands still here unless it is moved.

use std::time::Duration;

use crate::common::{Client, start_time};
use opencloud_emulator::{ApiKey, Builder, Emulator, Shapes};
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
    let response = client.get("/cloud/v2/users/1").await;
    assert_eq!(response.header("x-ratelimit-limit"), "");
}

/// The document allows 100 requests a minute to a key's owner for this list, and 300 to a universe's lists.
#[tokio::test]
async fn a_key_has_the_limit_of_the_document() {
    let client = start().await;
    let groups = "/cloud/v2/groups/4001/roles";
    let first = client.get(groups).await;
    let limit: u32 = first.header("x-ratelimit-remaining").parse().expect("a number");
    assert_eq!(first.header("x-ratelimit-limit"), format!("{0}, {0};w=60, {0};w=60", limit + 1));
    // RL-09: the window ends at the full minute, 55 s from here.
    assert_eq!(first.header("x-ratelimit-reset"), "55");
    for _ in 0..limit {
        client.get(groups).await.ok();
    }
    client.emulator.advance(Duration::from_millis(33_500));
    let response = client.get(groups).await;
    assert_eq!(response.status, 429);
    // RL-01, RL-02, RL-12
    assert_eq!(response.header("x-ratelimit-remaining"), format!("0, {}", limit + 1));
    assert_eq!(response.header("x-ratelimit-reset"), "22, 0");
    assert_eq!(response.header("retry-after"), "5", "too short");
    assert_eq!(response.header("x-envoy-ratelimited"), "true");
    assert_eq!(response.json(), json!({ "errors": [{ "code": 0, "message": "" }] }));
    let recorded = client.emulator.requests();
    let note = recorded.last().expect("recorded").notes[0].to_string();
    assert!(note.contains("groups.list_roles is limited to"), "{note}");
    // Another key, another operation, and another minute.
    let other = client.request("GET", groups).header("x-api-key", "other");
    let request = other.build().expect("a request");
    assert_eq!(request.headers().get_all("x-api-key").iter().count(), 2, "the first one counts");
    let url = format!("{}{groups}", client.emulator.base_url());
    let other = crate::common::http().get(url).header("x-api-key", "other");
    assert_eq!(other.send().await.expect("a response").status(), 200);
    client.get("/cloud/v2/groups/4001").await.ok();
    client.emulator.advance(Duration::from_secs(22));
    client.get(groups).await.ok();
}

/// As Roblox's document has it: one number each, and a `retry-after` that is long enough.
#[tokio::test]
async fn in_the_documents_shape_there_is_one_number_each() {
    let client = Client::of(builder().shapes(Shapes::Document).start().await.expect("started"));
    let groups = "/cloud/v2/groups/4001/roles";
    for _ in 0..300 {
        client.get(groups).await.ok();
    }
    let response = client.get(groups).await;
    assert_eq!((response.status, response.header("x-ratelimit-limit")), (429, "300, 300;w=60"));
    assert_eq!((response.header("x-ratelimit-reset"), response.header("retry-after")), ("55", "55"));
    assert_eq!(response.json()["code"], "RESOURCE_EXHAUSTED");
}

/// RL-03
#[tokio::test]
async fn refusals_have_headers_and_what_is_not_there_has_none() {
    let key = ApiKey::new("test").scope("user.social:read");
    let client = Client::of(builder().api_key(key).start().await.expect("started"));
    let forbidden = client.get("/cloud/v2/groups/4001/join-requests").await;
    assert_eq!(forbidden.status, 403);
    assert_ne!(forbidden.header("x-ratelimit-remaining"), "");
    let missing = client.get("/cloud/v2/users/9999999999999").await;
    assert_eq!((missing.status, missing.header("x-ratelimit-limit")), (404, ""));
    let document = Client::of(builder().shapes(Shapes::Document).start().await.expect("started"));
    let missing = document.get("/cloud/v2/users/9999999999999").await;
    assert_ne!(missing.header("x-ratelimit-limit"), "");
}

/// RL-05: a day that is used up says single numbers and nothing of when to come back.
#[tokio::test]
async fn an_operation_can_have_a_limit_for_the_day() {
    let builder = Emulator::builder().frozen_at(start_time()).daily_limit("users.get", 2);
    let client = Client::of(builder.expect("an operation").start().await.expect("started"));
    assert!(Emulator::builder().daily_limit("users.got", 2).is_err());
    assert!(Emulator::builder().daily_limit("*", 2).is_err());
    client.get("/cloud/v2/users/1").await.ok();
    client.get("/cloud/v2/users/1").await.ok();
    let response = client.get("/cloud/v2/users/1").await;
    assert_eq!(response.status, 429);
    assert_eq!(response.header("x-ratelimit-limit"), "2, 2;w=86400, 2;w=86400");
    assert_eq!(response.header("x-ratelimit-remaining"), "998", "of something else");
    // 2026-01-02T03:04:05Z to midnight.
    assert_eq!(response.header("x-ratelimit-reset"), "75355");
    assert_eq!(response.header("retry-after"), "");
    client.emulator.advance(Duration::from_secs(75_355));
    client.get("/cloud/v2/users/1").await.ok();
}

/// RL-06, RL-10, RL-11: each operation counts for itself, and some write their limits in their own way.
#[tokio::test]
async fn each_operation_has_its_own_window_and_form() {
    let client = start().await;
    let places = "/cloud/v2/universes/2001/places/3001";
    let create = |path: &str| format!("{places}{path}/luau-execution-session-tasks");
    let script = json!({ "script": "return 1" });
    let newest = client.post(&create(""), &script).await;
    assert_eq!(newest.header("x-ratelimit-limit"), "5, 5;w=60, 5;w=60", "five a minute (LX-15)");
    assert_eq!(newest.header("x-ratelimit-remaining"), "4");
    assert_eq!(newest.header("x-ratelimit-reset"), "55", "it counts down on a success as well");
    let pinned = client.post(&create("/versions/1"), &script).await;
    assert_eq!(pinned.header("x-ratelimit-limit"), "5, 5;w=60, 5;w=60");
    assert_eq!(pinned.header("x-ratelimit-remaining"), "4");
    let inputs = "/cloud/v2/universes/2001/luau-execution-session-task-binary-inputs";
    let limit = client.post(inputs, &json!({ "size": 4 })).await.header("x-ratelimit-limit").to_owned();
    assert!(limit.ends_with(";w=60, 70000"), "{limit}");
    let task = newest.ok()["path"].as_str().expect("a path").to_owned();
    let read = client.get(&format!("/cloud/v2/{task}")).await;
    assert!(read.header("x-ratelimit-limit").starts_with("200;w=60"), "{}", read.header("x-ratelimit-limit"));
    assert_eq!(read.header("x-ratelimit-limit").matches(',').count(), 0);
}

/// RL-08
#[tokio::test]
async fn an_upload_is_asked_for_every_three_seconds_at_most() {
    let client = start().await;
    let operation = "/assets/v1/operations/sample";
    client.get(operation).await.ok();
    client.get(operation).await.refused(429);
    client.emulator.advance(Duration::from_secs(3));
    client.get(operation).await.ok();
}

/// A token of OAuth 2.0 may ask for a user ten times a minute, a key a thousand times.
#[tokio::test]
async fn a_token_has_a_limit_of_its_own() {
    let client = start().await;
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let http = crate::common::http();
    let token = client.emulator.access_token(1001, ["openid"]).expect("a token");
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let response = http.get(&url).bearer_auth(&token).send().await.expect("a response");
        statuses.push(response.status().as_u16());
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
        let response = client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await;
        assert_eq!(response.status, 200, "{number}: {}", response.text);
    }
    let response = client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await;
    assert_eq!((response.status, response.header("retry-after")), (429, "5"));
    assert_eq!(response.json()["code"], "RESOURCE_EXHAUSTED", "the service refuses, not the gateway");
    assert_eq!(client.get(entry).await.ok()["value"], 300);
    let elsewhere = "/cloud/v2/universes/2002/data-stores/points/entries/total:increment";
    client.post(elsewhere, &json!({ "amount": 1 })).await.ok();
    client.emulator.advance(Duration::from_secs(60));
    client.post(&format!("{entry}:increment"), &json!({ "amount": 1 })).await.ok();
}

/// In the v1 API the limit's own name is in the response.
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
    let response = client.get(&format!("{items}/player-1")).await;
    assert_eq!((response.status, response.header("retry-after")), (429, "5"));
    assert!(response.text.contains("memory store request units"), "{}", response.text);
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

/// UR-04: a universe may change the restriction of one user once a minute, although the document says twice.
#[tokio::test]
async fn the_restriction_of_one_user_is_changed_once_a_minute() {
    for (shapes, writes) in [(Shapes::Live, 1), (Shapes::Document, 2)] {
        changed(shapes, writes).await;
    }
}

async fn changed(shapes: Shapes, writes: usize) {
    let client = Client::of(builder().shapes(shapes).start().await.expect("started"));
    let restriction = |user: u32| format!("/cloud/v2/universes/2001/user-restrictions/{user}");
    let body = json!({ "gameJoinRestriction": { "active": true } });
    for _ in 0..writes {
        client.patch(&restriction(7), &body).await.ok();
    }
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
        let response =
            crate::common::http().get(&url).header("x-api-key", key).send().await.expect("a response");
        response.headers()["x-ratelimit-remaining"].to_str().expect("text").to_owned()
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
    let seconds: u32 = reset.header("x-ratelimit-reset").parse().expect("a number");
    assert!((1..=3).contains(&seconds), "{seconds} real seconds");
}

/// MS-20
#[tokio::test]
async fn reads_of_items_of_maps_have_two_limits() {
    let client = start().await;
    let item = "/cloud/v2/universes/2001/memory-store/sorted-maps/sample/items/sample";
    let read = client.get(item).await;
    assert_eq!(read.header("x-ratelimit-limit"), "1000, 1000;w=60, 1000000;w=60");
    assert_eq!(read.header("x-ratelimit-remaining"), "999");
}

/// LX-12, LX-15
#[tokio::test]
async fn tasks_of_the_newest_and_of_a_given_version_are_counted_apart() {
    let client = start().await;
    let place = "/cloud/v2/universes/2001/places/3001";
    let newest = format!("{place}/luau-execution-session-tasks");
    let pinned = format!("{place}/versions/3/luau-execution-session-tasks");
    let script = json!({ "script": "return" });
    for target in [&newest, &pinned] {
        for left in (0..5).rev() {
            let created = client.post(target, &script).await;
            assert_eq!(created.header("x-ratelimit-remaining"), left.to_string());
            let path = created.ok()["path"].as_str().expect("a path").to_owned();
            // A place takes no more than ten at a time.
            let read = client.get(&format!("/cloud/v2/{path}")).await;
            assert_eq!(read.header("x-ratelimit-limit"), "200;w=60");
        }
        // The quota, which is the gateway's (LX-16): the window ends with the minute of the clock.
        let refused = client.post(target, &script).await;
        assert_eq!((refused.status, refused.header("x-envoy-ratelimited")), (429, "true"));
        assert_eq!(refused.json(), json!({ "errors": [{ "code": 0, "message": "" }] }));
    }
    client.emulator.advance(Duration::from_secs(55));
    // All ten are unfinished still: that is another refusal.
    let full = client.post(&newest, &script).await;
    assert_eq!(
        (full.json()["code"].as_str(), full.header("x-envoy-ratelimited")),
        (Some("RESOURCE_EXHAUSTED"), "")
    );
    full.refused(429);
}
